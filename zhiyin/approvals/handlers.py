"""News from below: who left, or may not decide any more, is not waited for."""

import uuid

from zhiyin.approvals.actions import replace_member
from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor


@outbox.handles("accounts.member_deactivated", "accounts.member_changed")
def ask_others(event: outbox.Delivered) -> None:
    """Where somebody is asked who cannot answer, ask who is above him. Hand-over by hand may have come before."""
    replace_member(
        actor=Actor.system(event.tenant_id),
        member_id=uuid.UUID(event.data["member_id"]),
        now=event.occurred_at,
    )
