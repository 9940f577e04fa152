"""Who may be contacted for what, by the consent ledger."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiyin.customers import access
from zhiyin.customers.choices import (
    AGAINST,
    EVERY_CHANNEL,
    ConsentAnswer,
    ConsentChannel,
    LegalBasis,
    StandardPurpose,
)
from zhiyin.customers.models import Consent, Purpose, Restriction
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.paging import Page, keyset

Key = tuple[uuid.UUID | None, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a customer may be contacted for one purpose by one channel, and the entry that says so.

    Without an entry the purpose's legal basis decides, or a restriction.
    """

    purpose: Purpose
    channel: str
    allowed: bool
    because: Consent | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of a customer's ledger now, by purpose and channel."""

    latest: Mapping[Key, Consent]
    restriction: Restriction | None = None

    @property
    def barred(self) -> list[Consent]:
        """The entries that bar contact whatever it is for."""
        return [
            each for (purpose, _), each in self.latest.items() if purpose is None and each.answer in AGAINST
        ]

    @property
    def is_barred(self) -> bool:
        """Whether nobody may contact the customer at all."""
        return any(each.channel == EVERY_CHANNEL for each in self.barred)

    def verdict(self, purpose: Purpose, channel: str) -> Verdict:
        """The rule: a restriction, a bar of contact, then the later of what was said for this channel and for all."""
        if self.restriction:
            return Verdict(purpose, channel, allowed=False, because=None)
        bar = next((each for each in self.barred if each.channel in (EVERY_CHANNEL, channel)), None)
        if bar:
            return Verdict(purpose, channel, allowed=False, because=bar)
        said = [
            self.latest[key]
            for key in ((purpose.pk, EVERY_CHANNEL), (purpose.pk, channel))
            if key in self.latest
        ]
        if not said:
            return Verdict(purpose, channel, allowed=purpose.basis != LegalBasis.CONSENT, because=None)
        entry = max(said, key=_when)
        return Verdict(purpose, channel, allowed=entry.answer == ConsentAnswer.GIVEN, because=entry)

    def table(self, purposes: Sequence[Purpose]) -> list[tuple[Purpose, list[Verdict]]]:
        """A verdict for each purpose and channel."""
        return [
            (purpose, [self.verdict(purpose, each) for each in ConsentChannel.values]) for purpose in purposes
        ]


def _when(entry: Consent) -> tuple[datetime.datetime, uuid.UUID]:
    return entry.answered_at, entry.pk


_latest: Planned[Consent] = Planned(
    lambda customer: (
        Consent.objects.filter(customer=customer)
        .order_by("purpose", "channel", "-answered_at", "-id")
        .distinct("purpose", "channel")
    )
)


_restricted: Planned[Restriction] = Planned(
    lambda customer: access.restricted().filter(customer=customer).order_by("set_at")[:1]
)


def standing(customer_id: uuid.UUID) -> Standing:
    """What holds of the ledger of a customer whom the caller has reached. Two SQL statements."""
    latest = {(each.purpose_id, each.channel): each for each in _latest(customer_id)}
    return Standing(latest, next(iter(_restricted(customer_id)), None))


def consents(actor: Actor, customer_id: uuid.UUID, *, after: str = "", limit: int = 50) -> Page[Consent]:
    """The ledger of a customer, the newest entry first. Raises ``NotFound``."""
    access.customer(actor, customer_id)
    rows = Consent.objects.select_related("purpose").filter(customer=customer_id)
    return keyset(rows, order=["-answered_at", "-id"], after=after, limit=limit)


def purposes() -> list[Purpose]:
    """All purposes, the standard ones first. One SQL statement."""
    standard = list(StandardPurpose)
    every = Purpose.objects.order_by("name", "id")
    return sorted(
        every, key=lambda each: standard.index(StandardPurpose(each.code)) if each.code else len(standard)
    )
