"""What an action leaves behind beside its rows: an audit entry and an event, in the same transaction."""

import datetime
import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder

from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import planned_cursor
from zhiyin.platform.keys import uuid7

Changes = Mapping[str, list[Any] | tuple[Any, Any]]
# every write waits for this: one statement, planned once a connection
_ENTRY = """
WITH entry AS (
    INSERT INTO platform_auditentry (id, occurred_at, action, actor_kind, actor_id, actor_name, subject_kind,
                                     subject_id, changes, request_id)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s) RETURNING id
)
INSERT INTO platform_auditpending (id) SELECT id FROM entry
"""


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
    write_entry(event.name, actor=actor, now=now, subject=subject, changes=changes)
    outbox.publish(event, actor_name=actor.name, now=now, subject=subject)


def record_read(
    action: str,
    *,
    actor: Actor,
    now: datetime.datetime,
    subject: outbox.Subject | None = None,
    read: Mapping[str, Any],
) -> None:
    """Write the audit entry of something sensitive that was only read, in the current transaction.

    ``action`` names it as events are named, such as ``customers.export_written``; ``read`` says what was seen: which
    fields, by which filter, how many rows; never the values themselves.
    """
    seen = {name: [None, value] for name, value in read.items()}
    write_entry(action, actor=actor, now=now, subject=subject, changes=seen)
    outbox.wake()


def write_entry(
    action: str,
    *,
    actor: Actor,
    now: datetime.datetime,
    subject: outbox.Subject | None = None,
    changes: Changes | None = None,
) -> None:
    """The audit entry alone, which waits for its place in the log."""
    kind, subject_id = subject or ("", None)
    values = (
        uuid7(),
        now,
        action,
        actor.kind,
        actor.member_id,
        actor.name,
        kind,
        subject_id,
        json.dumps(dict(changes or {}), cls=DjangoJSONEncoder),
        structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    with planned_cursor() as cursor:
        cursor.execute(_ENTRY, values)
