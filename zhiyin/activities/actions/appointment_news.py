"""What an appointment leaves behind: audit, event, the customers' timelines, news for who takes part, a reminder."""

import datetime
import uuid
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from zhiyin.activities.choices import Answer
from zhiyin.activities.models import Appointment, Participant
from zhiyin.activities.queries.appointments import unrolled
from zhiyin.customers.actions import add_to_timeline
from zhiyin.customers.choices import TimelineKind
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor

_AHEAD = datetime.timedelta(days=366 * 5)
_NEWS = {"changed": "activities.appointment_moved", "removed": "activities.appointment_off"}


def tell_customers(
    actor: Actor, row: Appointment, what: str, now: datetime.datetime, only: Iterable[uuid.UUID] | None = None
) -> None:
    """On the timeline of each customer that it is with: arranged, moved or called off."""
    keys = (
        only
        if only is not None
        else row.participants.exclude(customer=None).values_list("customer", flat=True)
    )
    for customer_id in keys:
        add_to_timeline(
            actor=actor,
            customer_id=customer_id,
            kind=TimelineKind.APPOINTMENT,
            occurred_at=now,
            object_id=row.pk,
            data={
                "what": what,
                "title": "" if row.is_private else row.title,
                "starts": row.starts_at.isoformat(),
                "all_day": row.all_day,
            },
        )


def tell_members(actor: Actor, row: Appointment, what: str, now: datetime.datetime) -> None:
    """Who takes part, and the owner, hear of it from whoever else did it."""
    taking = row.participants.exclude(member=None).exclude(answer=Answer.DECLINED)
    _notify(actor, row, [row.owner_id, *taking.values_list("member_id", flat=True)], _NEWS[what], now)


def invite(actor: Actor, row: Appointment, members: Iterable[uuid.UUID], now: datetime.datetime) -> None:
    _notify(actor, row, list(members), "activities.invited", now)


def _notify(
    actor: Actor, row: Appointment, members: list[uuid.UUID], code: str, now: datetime.datetime
) -> None:
    data = {"who": actor.name, "title": row.title, "appointment": str(row.pk)}
    notifications.tell(members=members, code=code, data=data, actor=actor, now=now)


def set_people(
    row: Appointment, members: Iterable[uuid.UUID] | None, customers: Iterable[uuid.UUID] | None
) -> set[uuid.UUID]:
    """Make these the participants, where given, and keep the answers of who was one; the keys of the new ones."""
    new: set[uuid.UUID] = set()
    for name, wanted in (("member_id", members), ("customer_id", customers)):
        if wanted is None:
            continue
        there = row.participants.exclude(**{name: None})
        known = set(there.values_list(name, flat=True))
        there.exclude(**{f"{name}__in": list(wanted)}).delete()
        added = [each for each in wanted if each not in known]
        Participant.objects.bulk_create(Participant(appointment=row, **{name: each}) for each in added)
        new |= set(added)
    return new


def set_reminder(row: Appointment, now: datetime.datetime) -> None:
    """When its owner and members are reminded next; a row that is not saved yet."""
    row.remind_at = None
    if row.remind_minutes is None or row.removed_at:
        return
    before = datetime.timedelta(minutes=row.remind_minutes)
    for _each, start in unrolled([row], now, now + _AHEAD):
        moment = begins_at(row, start) - before
        if moment > now:
            row.remind_at = moment
            return


def begins_at(row: Appointment, start: datetime.datetime) -> datetime.datetime:
    """When it begins: whole days with the owner's clock."""
    return start.replace(tzinfo=ZoneInfo(row.zone)).astimezone(datetime.UTC) if row.all_day else start
