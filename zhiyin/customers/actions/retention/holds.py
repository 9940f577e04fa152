"""Legal holds: nothing of a customer is cleared or purged until they are ended."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.events import LegalHoldChanged
from zhiyin.customers.models import LegalHold
from zhiyin.customers.queries.retention.holds import held
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

MOST = 20


def set_legal_hold(*, actor: Actor, customer_id: uuid.UUID, reason: str, now: datetime.datetime) -> LegalHold:
    """Keep all of a customer until the hold is ended; of several, each for its own reason, the last one counts."""
    actor.require("customers.hold")
    customer = access.customer(actor, customer_id, need="full", lock=True)
    if held().filter(customer=customer).count() >= MOST:
        raise Invalid(_("These are enough legal holds."))
    made = LegalHold.objects.create(
        customer=customer,
        reason=checked(" ".join(reason.split()), "reason", 500, needed=True),
        set_by=actor.name[:100],
        set_at=now,
    )
    _tell(actor, made, [None, made.reason], now)
    return made


def end_legal_hold(
    *, actor: Actor, customer_id: uuid.UUID, hold_id: uuid.UUID, now: datetime.datetime
) -> LegalHold:
    """Ending twice is no error. Raises ``NotFound``."""
    actor.require("customers.hold")
    access.customer(actor, customer_id, need="full", lock=True)
    found = access.legal_hold(actor, customer_id, hold_id)
    if found.ended_at is None:
        found.ended_at, found.ended_by = now, actor.name[:100]
        found.save(update_fields=["ended_at", "ended_by"])
        _tell(actor, found, [found.reason, None], now)
    return found


def _tell(actor: Actor, hold: LegalHold, change: list[str | None], now: datetime.datetime) -> None:
    record(
        LegalHoldChanged(hold.customer_id, hold.pk),
        actor=actor,
        now=now,
        subject=("customer", hold.customer_id),
        changes={"legal_hold": change},
    )
