"""The timeline, one for every app above: a touch is written in the action that is the touch."""

import datetime
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import TimelineEvent
from zhiyin.platform.actors import Actor


def add_to_timeline(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    kind: TimelineKind,
    occurred_at: datetime.datetime,
    object_id: uuid.UUID | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one touch; its month's partition is made when it is missing.

    The caller has checked the permission and records the change that this touch is part of.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT timeline_partitions(%s, %s)", [occurred_at, occurred_at])
    TimelineEvent.objects.create(
        customer_id=customer_id,
        kind=kind,
        occurred_at=occurred_at,
        actor_name=actor.name,
        object_id=object_id,
        data=data or {},
    )


def each_on_timeline(
    actor: Actor, kind: TimelineKind, each: Mapping[uuid.UUID, Mapping[str, Any]], now: datetime.datetime
) -> None:
    """Write one touch with each of many customers, with its data."""
    if not each:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT timeline_partitions(%s, %s)", [now, now])
        cursor.execute(
            "INSERT INTO customers_timelineevent (occurred_at, customer_id, kind, actor_name, data)"
            " SELECT %s, customer, %s, %s, data FROM unnest(%s::uuid[], %s::jsonb[]) AS touched (customer, data)",
            [now, kind, actor.name, list(each), [json.dumps(data) for data in each.values()]],
        )


def make_timeline_months(now: datetime.datetime, *, months: int) -> None:
    """Make the partitions of this month and some after it, where they are missing.

    Raises ``OperationalError`` rather than wait behind a long import, since all others would wait behind it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute("SELECT timeline_partitions(%s, %s + %s * interval '1 month')", [now, now, months])
