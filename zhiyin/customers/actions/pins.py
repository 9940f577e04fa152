"""What of a customer's timeline stays on top."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.events import TouchPinned
from zhiyin.customers.models import TimelineEvent, TimelinePin
from zhiyin.customers.queries.timeline import unseen_kinds
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.record import record

MOST = 20


def pin_touch(
    *, actor: Actor, customer_id: uuid.UUID, event_id: uuid.UUID, pinned: bool, now: datetime.datetime
) -> None:
    """Keep one entry on top for all who see the customer, or let it go. What is so already stays as it was."""
    actor.require("customers.edit")
    access.hold(customer_id)
    access.customer(actor, customer_id, need="write")
    rows = TimelineEvent.objects.filter(customer=customer_id, id=event_id)
    event = rows.exclude(kind__in=unseen_kinds(actor)).first()
    if event is None:
        raise NotFound
    pins = TimelinePin.objects.filter(customer=customer_id)
    there = pins.filter(event_id=event_id)
    if there.exists() == pinned:
        return
    if not pinned:
        there.delete()
    elif pins.count() >= MOST:
        raise Conflict(_("At most 20 stay on top. Let another one go first."))
    else:
        TimelinePin.objects.bulk_create(
            [
                TimelinePin(
                    customer_id=customer_id, event_id=event_id, occurred_at=event.occurred_at, pinned_at=now
                )
            ],
            ignore_conflicts=True,
        )
    record(
        TouchPinned(customer_id, event_id, pinned),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={"pinned": [not pinned, pinned]},
    )
