"""What can be asked of contact points beside their values: who shares one, what was verified, what is over."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.filters.core import REACHED
from zhiyin.customers.filters.terms import Asking, Term, among
from zhiyin.customers.filters.values import FilterType
from zhiyin.customers.models import ContactPoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied

_WITHOUT = frozenset({"all", "empty", "filled"})


def contact_terms(_actor: Actor) -> Iterable[Term]:
    yield _term("shares", gettext_lazy("Shares with another customer"), _shared)
    yield _term("verified", gettext_lazy("Verified"), _verified)
    yield _term("ended", gettext_lazy("Has one that ended"), _ended)


def _term(name: str, label: Any, points: Any) -> Term:
    def make(asking: Asking, op: str, value: Any) -> Q:
        found = Q(pk__in=points(asking).filter(kind__in=_kinds(asking.actor, value)).values("customer"))
        return found if op == "in" else ~found

    return Term(
        name,
        label,
        FilterType.CHOICES,
        REACHED,
        make,
        options=among(ContactKind),
        without=_WITHOUT,
        slow=frozenset({"in", "not_in"}),
    )


def _kinds(actor: Actor, value: Any) -> list[str]:
    if not set(value) <= set(ContactKind.values):
        raise Invalid
    if set(value) & access.closed(actor):
        raise PermissionDenied
    return list(value)


def _shared(_asking: Asking) -> QuerySet[ContactPoint]:
    same = ContactPoint.objects.filter(kind=OuterRef("kind"), value_key=OuterRef("value_key"))
    # by the name, so that the customer's table is joined and those who are gone are left out
    others = same.exclude(customer=OuterRef("customer")).filter(customer__name_key__gte="")
    return ContactPoint.objects.filter(Exists(others))


def _verified(_asking: Asking) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.exclude(verified_on=None)


def _ended(asking: Asking) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.filter(valid_until__lt=asking.today)
