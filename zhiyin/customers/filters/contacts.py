"""What can be asked of contact points beside their values: who shares one, what was verified, what is over."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.filters.core import REACHED, compare
from zhiyin.customers.filters.terms import Asking, Make, Term, among
from zhiyin.customers.filters.values import OPERATORS, FilterType
from zhiyin.customers.models import ContactPoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied

_WITHOUT = frozenset({"all", "empty", "filled"})
# what a sales territory is made of, as its name is written in an address; the city is a field of its own
_DIVISIONS = {
    "province": gettext_lazy("Province of an address"),
    "district": gettext_lazy("County or district of an address"),
    "township": gettext_lazy("Township or street office of an address"),
}


def contact_terms(_actor: Actor) -> Iterable[Term]:
    yield _term("shares", gettext_lazy("Shares with another customer"), _shared)
    yield _term("verified", gettext_lazy("Verified"), _verified)
    yield _term("ended", gettext_lazy("Has one that ended"), _ended)
    for part, label in _DIVISIONS.items():
        every = frozenset(OPERATORS[FilterType.TEXT])
        yield Term(part, label, FilterType.TEXT, REACHED, _within(part), slow=every)


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


def _within(part: str) -> Make:
    """Whether one of a customer's addresses lies there."""

    def make(asking: Asking, op: str, value: Any) -> Q:
        if ContactKind.ADDRESS in access.closed(asking.actor):
            raise PermissionDenied
        addresses = ContactPoint.objects.filter(customer=OuterRef("pk"), kind=ContactKind.ADDRESS)
        path = f"parts__{part}"
        if op in ("empty", "filled"):
            there = Q(Exists(addresses.filter(**{f"{path}__gt": ""})))
            return ~there if op == "empty" else there
        found = Q(Exists(addresses.filter(compare(path, "in" if op == "not_in" else op, value))))
        return ~found if op == "not_in" else found

    return make


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
