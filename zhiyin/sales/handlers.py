"""News of one's own: a deal that was changed after somebody said yes to it."""

import uuid

from zhiyin.approvals.actions import note_changed
from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor
from zhiyin.sales.approvals import CODES


@outbox.handles("sales.opportunity_changed")
def look_at_approvals(event: outbox.Delivered) -> None:
    """What was approved, or waits for it, lapses once it is not the same any more."""
    actor = Actor.system(event.tenant_id, event.actor_name)
    key = uuid.UUID(event.data["opportunity_id"])
    for code in CODES:
        note_changed(actor=actor, subject=code, subject_id=key, now=event.occurred_at)
