"""What filters can ask about how an owner keeps a customer."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.choices import Ruling
from zhiyin.customers.filters.core import within
from zhiyin.customers.filters.options import member_options, named
from zhiyin.customers.filters.terms import Asking, Make, Term
from zhiyin.customers.filters.values import FilterType, keys
from zhiyin.customers.models import Dispute, Holding
from zhiyin.platform.actors import Actor

OWNING = _("Owning")


def holding_terms(_actor: Actor) -> Iterable[Term]:
    return _TERMS


def _moment(column: str) -> Make:
    def make(_asking: Asking, op: str, value: Any) -> Q:
        filled = Holding.objects.exclude(**{column: None})
        if op == "filled":
            return Q(pk__in=filled.values("customer"))
        if op == "empty":
            return Q(~Exists(filled.filter(customer=OuterRef("pk"))))
        return Q(pk__in=Holding.objects.filter(within(column, value)).values("customer"))

    return make


def _disputed(_asking: Asking, _op: str, value: Any) -> Q:
    found = Q(pk__in=Dispute.objects.filter(ruling=Ruling.OPEN).values("customer"))
    return found if value else ~found


def _in_team(_asking: Asking, op: str, value: Any) -> Q:
    team = access.team_shares()
    if op in ("in", "not_in"):
        team = team.filter(member__in=keys(value))
    found = Q(pk__in=team.values("customer"))
    return found if op in ("in", "filled") else ~found


_TERMS = (
    Term(
        "team",
        _("In the team"),
        FilterType.CHOICE,
        OWNING,
        _in_team,
        options=member_options,
        names=named(Member),
        slow=frozenset({"not_in", "empty"}),
    ),
    Term("protected", _("Protected until"), FilterType.DATE, OWNING, _moment("until")),
    Term("touched", _("Last looked after by the owner"), FilterType.DATE, OWNING, _moment("touched_at")),
    Term("disputed", _("In dispute"), FilterType.YES_NO, OWNING, _disputed),
)
