"""What can be asked of consent: who may be contacted for what, by which way."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import ConsentChannel
from zhiyin.customers.filters.core import REACHED
from zhiyin.customers.filters.terms import Asking, Option, Term
from zhiyin.customers.filters.values import FilterType
from zhiyin.customers.queries.consents import contactable, purposes
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid


def consent_terms(_actor: Actor) -> Iterable[Term]:
    yield Term(
        "contactable",
        _("May be contacted"),
        FilterType.CHOICES,
        REACHED,
        _contactable,
        options=_options,
        closed=True,
        without=frozenset({"all", "empty", "filled"}),
        slow=frozenset({"in", "not_in"}),
    )


def _options(_actor: Actor) -> list[Option]:
    """Each purpose by each way, as ``PURPOSE:CHANNEL``."""
    asked = [each for each in purposes() if not each.archived_at]
    return [
        (f"{purpose.pk}:{channel}", f"{purpose.label} · {label}")
        for purpose in asked
        for channel, label in ConsentChannel.choices
    ]


def _contactable(_asking: Asking, op: str, value: Any) -> Q:
    known = {str(each.pk): each for each in purposes()}
    found = Q()
    for pair in value:
        purpose, _colon, channel = str(pair).partition(":")
        if purpose not in known or channel not in ConsentChannel.values:
            raise Invalid
        found |= contactable(known[purpose], channel)
    return found if op == "in" else ~found
