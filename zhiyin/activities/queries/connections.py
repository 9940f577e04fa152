"""What a member sees of the calendar that he connected."""

import datetime
from dataclasses import dataclass

from zhiyin.activities.models import CalendarConnection, CalendarObject
from zhiyin.platform.actors import Actor

MOST_LEFT = 50


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something that cannot be the same on both sides, and why."""

    title: str
    problem: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection with how many appointments it keeps the same and those that it cannot."""

    connection: CalendarConnection
    is_waiting: bool
    kept: int
    left: list[LeftAlone]


def connected(actor: Actor, now: datetime.datetime) -> Connected | None:
    """The actor's own connection. Three SQL statements."""
    row = CalendarConnection.objects.filter(member=actor.member_id, ended_at=None).first()
    if row is None or actor.member_id is None:
        return None
    there = CalendarObject.objects.filter(connection=row)
    bad = there.exclude(problem="").select_related("appointment").order_by("pk")[:MOST_LEFT]
    left = [
        LeftAlone(each.appointment.title if each.appointment else each.href.rpartition("/")[2], each.problem)
        for each in bad
    ]
    kept = there.filter(appointment__isnull=False, problem="").count()
    running = row.running_until is not None and row.running_until > now
    waiting = running or (row.next_at is not None and row.next_at <= now)
    return Connected(row, waiting, kept, left)
