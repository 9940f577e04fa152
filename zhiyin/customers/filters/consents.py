"""What can be asked of consent: who may be contacted for what, by which way."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, In
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import (
    AGAINST,
    EVERY_CHANNEL,
    ConsentAnswer,
    ConsentChannel,
    LegalBasis,
)
from zhiyin.customers.filters.core import REACHED
from zhiyin.customers.filters.terms import Asking, Option, Term
from zhiyin.customers.filters.values import FilterType
from zhiyin.customers.models import Consent, Purpose
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid


def consent_terms(_actor: Actor) -> Iterable[Term]:
    yield Term("restricted", _("Restricted"), FilterType.YES_NO, REACHED, _restricted)
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
    asked = Purpose.objects.filter(archived_at=None).order_by("-code", "name")
    return [
        (f"{purpose.pk}:{channel}", f"{purpose.label} · {label}")
        for purpose in asked
        for channel, label in ConsentChannel.choices
    ]


def _contactable(_asking: Asking, op: str, value: Any) -> Q:
    known = {str(each.pk): each for each in Purpose.objects.all()}
    found = Q()
    for pair in value:
        purpose, _colon, channel = str(pair).partition(":")
        if purpose not in known or channel not in ConsentChannel.values:
            raise Invalid
        found |= contactable(known[purpose], channel)
    return found if op == "in" else ~found


def _restricted(_asking: Asking, _op: str, value: Any) -> Q:
    found = Q(pk__in=access.restricted().values("customer"))
    return found if value else ~found


def contactable(purpose: Purpose, channel: str) -> Q:
    """The condition that a customer may be contacted, as ``queries.Standing.verdict`` has it, for sets of any size."""
    against = list(AGAINST)
    only_kept = Q(Exists(access.restricted().filter(customer=OuterRef("pk"))))
    bar = only_kept | Q(In(_said(None, [EVERY_CHANNEL]), against)) | Q(In(_said(None, [channel]), against))
    said = _said(purpose, [EVERY_CHANNEL, channel])
    agreed = Q(Exact(said, ConsentAnswer.GIVEN))
    if purpose.basis != LegalBasis.CONSENT:
        return ~bar & (agreed | Q(Exact(said, "")))
    # few of many agreed: these are found by the index of the purpose
    ever = Consent.objects.filter(purpose=purpose, answer=ConsentAnswer.GIVEN).values("customer")
    return Q(pk__in=ever) & ~bar & agreed


def _said(purpose: Purpose | None, channels: Sequence[str]) -> Coalesce:
    entries = Consent.objects.filter(purpose=purpose, channel__in=channels, customer=OuterRef("pk"))
    latest = entries.order_by("-answered_at", "-id").values("answer")[:1]
    return Coalesce(latest, Value(""), output_field=CharField())
