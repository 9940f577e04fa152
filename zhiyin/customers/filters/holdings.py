"""What filters can ask about how an owner keeps a customer."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import Ruling
from zhiyin.customers.filters.core import within
from zhiyin.customers.filters.terms import Asking, Make, Term
from zhiyin.customers.filters.values import FilterType
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


_TERMS = (
    Term("protected", _("Protected until"), FilterType.DATE, OWNING, _moment("until")),
    Term("touched", _("Last looked after by the owner"), FilterType.DATE, OWNING, _moment("touched_at")),
    Term("disputed", _("In dispute"), FilterType.YES_NO, OWNING, _disputed),
)
