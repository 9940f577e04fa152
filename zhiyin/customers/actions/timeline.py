"""The timeline, one for every app above: a touch is written in the action that is the touch."""

import datetime
import uuid
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


def make_timeline_months(now: datetime.datetime, *, months: int) -> None:
    """Make the partitions of this month and some after it, where they are missing.

    Raises ``OperationalError`` rather than wait behind a long import, since all others would wait behind it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute("SELECT timeline_partitions(%s, %s + %s * interval '1 month')", [now, now, months])
