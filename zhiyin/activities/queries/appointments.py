"""Calendars: what happens in a stretch of time, series unrolled."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.activities import access, recurrence
from zhiyin.activities.choices import Answer
from zhiyin.activities.models import Appointment, CalendarFeed, Participant
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound

LONGEST = datetime.timedelta(days=400)
MOST = 10_000
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an appointment. Of one that the reader may not see only its time is there: ``title`` is ``None``."""

    appointment_id: uuid.UUID | None
    original_start: datetime.datetime | None
    title: str | None
    place: str
    all_day: bool
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    zone: str
    repeats: bool
    owner_id: uuid.UUID
    owner_name: str
    revision: int
    may_edit: bool
    answer: str | None = None


def occurrences(
    actor: Actor,
    begin: datetime.datetime,
    end: datetime.datetime,
    *,
    members: Collection[uuid.UUID] = (),
    customer_id: uuid.UUID | None = None,
) -> list[Occurrence]:
    """What touches ``[begin, end)`` in the calendars of ``members`` (one's own where none is named), in order.

    Whole days touch by their dates, so a day more on either side is given. Four SQL statements.
    """
    if not begin < end or end - begin > LONGEST:
        raise Invalid(_("Ask for at most 400 days, which end after they begin."), field="end")
    rows = _in_time(begin, end)
    if customer_id:
        rows = rows.filter(pk__in=access.appointments(actor), participants__customer=customer_id)
    else:
        chosen = list(members) or [actor.member_id] if actor.member_id else list(members)
        taking = Participant.objects.filter(member__in=chosen).exclude(answer=Answer.DECLINED)
        rows = rows.filter(Q(owner__in=chosen) | Q(pk__in=taking.values("appointment")))
    found = list(rows.select_related("owner")[:MOST])
    seen = _among(access.appointments(actor), found)
    own = _among(access.appointments(actor, need="write"), found) if actor.may("activities.edit") else set()
    answers = dict(
        Participant.objects.filter(
            appointment__in=[each.pk for each in found], member=actor.member_id
        ).values_list("appointment", "answer")
    )
    shown = (
        _shown(each, start, seen=each.pk in seen, own=each.pk in own, answer=answers.get(each.pk))
        for each, start in unrolled(found, begin, end)
    )
    return sorted(shown, key=lambda each: (not each.all_day, each.starts_at, each.title or ""))


def unrolled(
    rows: Iterable[Appointment], begin: datetime.datetime, end: datetime.datetime
) -> Iterable[tuple[Appointment, datetime.datetime]]:
    """Each appointment with each of its starts that touches the time. One SQL statement."""
    rows = list(rows)
    left_out = _left_out([row.pk for row in rows if row.rule])
    for row in rows:
        length = row.ends_at - row.starts_at
        if not row.rule:
            yield row, row.starts_at
            continue
        gone = left_out[row.pk] | set(row.skipped)
        for start in recurrence.starts(row.rule, row.starts_at, row.wall, begin - length, end):
            if start not in gone and (start + length > begin or start >= begin):
                yield row, start


def occurrence_at(row: Appointment, original: datetime.datetime | None) -> datetime.datetime:
    """The start of one of a series, checked to be one; the first where none is named. Raises ``NotFound``."""
    if original is None or not row.rule:
        return row.starts_at
    for _each, start in unrolled([row], original, original + datetime.timedelta(seconds=1)):
        if start == original:
            return start
    raise NotFound


def appointment_row(actor: Actor, appointment_id: uuid.UUID) -> dict[str, Any]:
    """One appointment with its participants; customers beyond the actor's reach have no name. Three SQL statements."""
    row = access.appointment(actor, appointment_id)
    names: dict[uuid.UUID, str] = {}
    people = list(row.participants.select_related("member").order_by("pk"))
    keys = [each.customer_id for each in people if each.customer_id]
    if keys and actor.may("customers.view"):
        names = dict(customers.customers(actor).filter(pk__in=keys).values_list("pk", "name"))
    told = [
        {
            "member_id": each.member_id,
            "customer_id": each.customer_id,
            "name": each.member.name
            if each.member
            else names.get(each.customer_id)
            if each.customer_id
            else None,
            "answer": each.answer,
        }
        for each in people
    ]
    return {"appointment": row, "participants": told}


def colleagues() -> list[dict[str, Any]]:
    """Everybody with a calendar to look into, at least for when they are free. One SQL statement."""
    rows = Member.objects.filter(is_active=True).order_by("name", "pk").values_list("id", "name")
    return [{"id": key, "name": name} for key, name in rows]


def own_appointments(member_id: uuid.UUID, since: datetime.datetime) -> QuerySet[Appointment]:
    """What a member has planned or takes part in, from a time on, ``MOST`` at most, with what differs from series."""
    taking = Participant.objects.filter(member=member_id).exclude(answer=Answer.DECLINED)
    rows = Appointment.objects.filter(Q(owner=member_id) | Q(pk__in=taking.values("appointment")))
    rows = rows.filter(Q(last_at=None) | Q(last_at__gte=since), removed_at=None).select_related("series")
    return rows.prefetch_related("exceptions").order_by("starts_at", "pk")[:MOST]


def good_feed(actor: Actor) -> CalendarFeed | None:
    """The feed of the actor's own calendar that can be read now."""
    return CalendarFeed.objects.filter(member=actor.member_id, revoked_at=None).first()


def _in_time(begin: datetime.datetime, end: datetime.datetime) -> QuerySet[Appointment]:
    late = Q(last_at=None) | Q(last_at__gte=begin - _DAY)
    return Appointment.objects.filter(late, removed_at=None, starts_at__lt=end + _DAY).order_by(
        "starts_at", "pk"
    )


def _left_out(series: Collection[uuid.UUID]) -> dict[uuid.UUID, set[datetime.datetime]]:
    found: dict[uuid.UUID, set[datetime.datetime]] = defaultdict(set)
    rows = Appointment.objects.filter(series__in=series).values_list("series", "original_start")
    for key, start in rows if series else ():
        if key and start:
            found[key].add(start)
    return found


def _among(rows: QuerySet[Appointment], found: list[Appointment]) -> set[uuid.UUID]:
    return set(rows.filter(pk__in=[each.pk for each in found]).values_list("pk", flat=True))


def _shown(
    row: Appointment, start: datetime.datetime, *, seen: bool, own: bool, answer: str | None
) -> Occurrence:
    return Occurrence(
        appointment_id=row.pk if seen else None,
        original_start=(start if row.rule else row.original_start) if seen else None,
        title=row.title if seen else None,
        place=row.place if seen else "",
        all_day=row.all_day,
        starts_at=start,
        ends_at=start + (row.ends_at - row.starts_at),
        zone=row.zone,
        repeats=bool(row.rule or row.series_id),
        owner_id=row.owner_id,
        owner_name=row.owner.name,
        revision=row.revision if seen else 0,
        may_edit=own,
        answer=answer,
    )
