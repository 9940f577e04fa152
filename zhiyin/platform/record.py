"""What an action leaves behind beside its rows: an audit entry and an event, in the same transaction."""

import datetime
import itertools
import json
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

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
_ENTRIES = """
WITH entry AS (
    INSERT INTO platform_auditentry (id, occurred_at, action, actor_kind, actor_id, actor_name, subject_kind,
                                     subject_id, changes, request_id)
    SELECT uuid7(), %(at)s, %(action)s, %(actor_kind)s, %(actor_id)s, %(actor_name)s, %(subject_kind)s,
        each.subject_id, each.changes, %(request_id)s
    FROM ({rows}) AS each (subject_id, changes) RETURNING id
)
INSERT INTO platform_auditpending (id) SELECT id FROM entry
"""
_BATCH = 10_000


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


def write_each(
    action: str,
    *,
    actor: Actor,
    now: datetime.datetime,
    kind: str,
    changes: Mapping[uuid.UUID, Changes],
) -> None:
    """Audit entries alone of one change of many records of a ``kind``: one for each of them, by its key.

    So each record has its own trail, and what one entry proves tells nothing of the others.
    """
    left = iter(changes.items())
    while some := list(itertools.islice(left, _BATCH)):
        write_entries(
            action,
            "SELECT * FROM unnest(%(subjects)s::uuid[], %(changes)s::jsonb[])",
            {
                "subjects": [key for key, _each in some],
                "changes": [json.dumps(dict(each), cls=DjangoJSONEncoder) for _key, each in some],
            },
            actor=actor,
            now=now,
            kind=kind,
        )


def write_entries(
    action: str, rows: str, parameters: Mapping[str, Any], *, actor: Actor, now: datetime.datetime, kind: str
) -> int:
    """Audit entries alone, for what ``rows``, a statement, selects: a subject's key and its changes as ``jsonb``.

    The number of entries.
    """
    own = {
        "at": now,
        "action": action,
        "actor_kind": actor.kind,
        "actor_id": actor.member_id,
        "actor_name": actor.name,
        "subject_kind": kind,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES.format(rows=rows), {**parameters, **own})
        return int(cursor.rowcount)
