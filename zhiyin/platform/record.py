"""What an action leaves behind beside its rows: an audit entry and an event, in the same transaction."""

import datetime
from collections.abc import Mapping
from typing import Any

import structlog

from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry, AuditPending

Changes = Mapping[str, list[Any] | tuple[Any, Any]]


def record(
    event: outbox.Event,
    *,
    actor: Actor,
    now: datetime.datetime,
    subject: outbox.Subject | None = None,
    changes: Changes | None = None,
) -> None:
    """Write the audit entry and the outbox event of one change.

    ``subject`` is the kind and id of what was changed, ``changes`` its fields as ``[old, new]``.
    """
    kind, subject_id = subject or ("", None)
    entry = AuditEntry.objects.create(
        occurred_at=now,
        action=event.name,
        actor_kind=actor.kind,
        actor_id=actor.member_id,
        actor_name=actor.name,
        subject_kind=kind,
        subject_id=subject_id,
        changes=dict(changes or {}),
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    AuditPending.objects.create(id=entry.id)
    outbox.publish(event, actor_name=actor.name, now=now, subject=subject)
