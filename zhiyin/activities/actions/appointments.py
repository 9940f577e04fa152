"""Arranging, changing and calling off; of a series one, this and all following, or all."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.activities import access, recurrence
from zhiyin.activities.actions import appointment_news as news
from zhiyin.activities.actions import appointment_undo as undoing
from zhiyin.activities.actions.appointment_checks import (
    FIELDS,
    check_names,
    checked_customers,
    checked_members,
    put,
)
from zhiyin.activities.choices import Which
from zhiyin.activities.events import AppointmentChanged
from zhiyin.activities.models import Appointment, Participant
from zhiyin.activities.queries.appointments import occurrence_at
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.keys import uuid7
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

Values = Mapping[str, Any]
FARTHEST = 3660  # days


@dataclass(frozen=True, slots=True)
class Done:
    """The appointment as it is now and what takes the change back."""

    appointment: Appointment
    undo_id: uuid.UUID | None = None


def create_appointment(
    *,
    actor: Actor,
    title: str,
    starts_at: datetime.datetime,
    ends_at: datetime.datetime,
    zone: str,
    all_day: bool = False,
    place: str = "",
    details: str = "",
    rule: str = "",
    is_private: bool = False,
    remind_minutes: int | None = None,
    members: Sequence[uuid.UUID] = (),
    customers: Sequence[uuid.UUID] = (),
    uid: str = "",
    now: datetime.datetime,
) -> Done:
    """Arrange something in the actor's own calendar. Whole days are given as midnights in UTC."""
    actor.require("activities.edit")
    if actor.member_id is None:
        raise PermissionDenied
    row = Appointment(owner_id=actor.member_id, author_id=actor.member_id, created_at=now, changed_at=now)
    row.uid = uid or f"{uuid7()}@zhiyin"
    put(
        row,
        {
            "title": title, "starts_at": starts_at, "ends_at": ends_at, "zone": zone, "all_day": all_day,
            "place": place, "details": details, "rule": rule, "is_private": is_private,
            "remind_minutes": remind_minutes,
        },
    )  # fmt: skip
    taking, met = checked_members(members, row.owner_id), checked_customers(actor, customers)
    news.set_reminder(row, now)
    row.save(force_insert=True)
    news.set_people(row, taking, met)
    record(
        AppointmentChanged(row.pk, "added"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"appointment": [None, row.title]},
    )
    news.tell_customers(actor, row, "arranged", now)
    news.invite(actor, row, taking, now)
    return Done(row, undoing.kept_undo(actor, [], [row], now))


def change_appointment(
    *,
    actor: Actor,
    appointment_id: uuid.UUID,
    changes: Values,
    which: str = Which.ALL,
    original_start: datetime.datetime | None = None,
    version: str | None = None,
    now: datetime.datetime,
) -> Done:
    """Change or move. Of a series, times are those of the occurrence at ``original_start``, the first without one.

    Raises ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("activities.edit")
    check_names(changes)
    row, start = _found(actor, appointment_id, which, original_start, version)
    people = _people(actor, row, changes)
    touched = [row, *(row.exceptions.all() if row.rule else ())]
    before = undoing.snapshot(touched)
    part = _part(row, start, which, now)
    old = {name: getattr(part, name) for name in FIELDS}
    _put_moved(part, changes, start if part is row else part.starts_at)
    different = {
        name: [old[name], getattr(part, name)] for name in FIELDS if old[name] != getattr(part, name)
    }
    new = news.set_people(part, *people) if part.pk and not part._state.adding else set()
    if not different and not new and part is row and not {"members", "customers"} & changes.keys():
        return Done(row)
    _save(part, now)
    if part is not row:
        _copy_people(row, part)
        new = news.set_people(part, *people)
        _move_exceptions(row, part, start, part.starts_at - start, which)
    elif "starts_at" in different and row.rule:
        _shift(row, row, row.starts_at - old["starts_at"])
    _tell_change(actor, part, different, new, now)
    return Done(part, undoing.kept_undo(actor, before, [*touched, part, *part.exceptions.all()], now))


def remove_appointment(
    *,
    actor: Actor,
    appointment_id: uuid.UUID,
    which: str = Which.ALL,
    original_start: datetime.datetime | None = None,
    version: str | None = None,
    now: datetime.datetime,
) -> Done:
    """Call off; of a series what ``which`` says."""
    actor.require("activities.edit")
    row, start = _found(actor, appointment_id, which, original_start, version)
    touched = [row, *(row.exceptions.all() if row.rule else ())]
    before = undoing.snapshot(touched)
    if row.rule and which == Which.ONE:
        row.skipped = [*row.skipped, start]
    elif row.rule and which == Which.FOLLOWING and start > row.starts_at:
        row.rule, _after = recurrence.cut(row.rule, row.starts_at, row.wall, start)
        put(row, {})
        row.exceptions.filter(original_start__gte=start).update(removed_at=now)
    else:
        row.removed_at = now
        row.exceptions.update(removed_at=now)
    _save(row, now)
    record(
        AppointmentChanged(row.pk, "removed"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"appointment": [row.title, None], "occurrence": [start, None]},
    )
    news.tell_customers(actor, row, "called off", now)
    news.tell_members(actor, row, "removed", now)
    return Done(row, undoing.kept_undo(actor, before, touched, now))


def _found(
    actor: Actor,
    appointment_id: uuid.UUID,
    which: str,
    original_start: datetime.datetime | None,
    version: str | None,
) -> tuple[Appointment, datetime.datetime]:
    if which not in Which.values:
        raise Invalid(_("This is not one of the choices."), field="which")
    access.appointment(actor, appointment_id)
    row = access.appointment(actor, appointment_id, need="write", lock=True)
    require_seen(version, row.version, row.title)
    return row, occurrence_at(row, original_start)


def _people(
    actor: Actor, row: Appointment, changes: Values
) -> tuple[list[uuid.UUID] | None, list[uuid.UUID] | None]:
    members = checked_members(changes["members"], row.owner_id) if "members" in changes else None
    if "customers" not in changes:
        return members, None
    known = set(row.participants.exclude(customer=None).values_list("customer_id", flat=True))
    wanted = set(changes["customers"])
    return members, sorted(wanted & known) + checked_customers(actor, wanted - known)


def _part(row: Appointment, start: datetime.datetime, which: str, now: datetime.datetime) -> Appointment:
    """The row that the change is for: the appointment itself, one taken out of it, or what follows cut off."""
    if not row.rule or which == Which.ALL or (which == Which.FOLLOWING and start <= row.starts_at):
        return row
    length = row.ends_at - row.starts_at
    part = Appointment(
        owner_id=row.owner_id, author_id=row.author_id, created_at=now,
        starts_at=start, ends_at=start + length, uid=row.uid, rule="",
        **{name: getattr(row, name) for name in FIELDS if name not in {"starts_at", "ends_at", "rule"}},
    )  # fmt: skip
    if which == Which.ONE:
        part.series, part.original_start = row, start
        row.revision += 1
        row.changed_at = now
        row.save(update_fields=["revision", "changed_at"])
        return part
    part.uid = f"{uuid7()}@zhiyin"
    row.rule, part.rule = recurrence.cut(row.rule, row.starts_at, row.wall, start)
    put(row, {})
    _save(row, now)
    return part


def _put_moved(part: Appointment, changes: Values, shown: datetime.datetime) -> None:
    """Put the changes; times are those of the occurrence ``shown``, and the series moves as far as it did."""
    values = dict(changes)
    old_wall, length = part.wall, part.ends_at - part.starts_at
    if "starts_at" in values and part.rule:
        if "ends_at" in values:
            length = values["ends_at"] - values["starts_at"]
        was, will = (each.astimezone(old_wall).replace(tzinfo=None) for each in (shown, values["starts_at"]))
        first = part.starts_at.astimezone(old_wall).replace(tzinfo=None) + (will - was)
        values["starts_at"] = first.replace(tzinfo=old_wall).astimezone(datetime.UTC)
        values["ends_at"] = values["starts_at"] + length
        if "rule" not in values:
            values["rule"] = recurrence.turned(part.rule, (will.date() - was.date()).days)
    elif "starts_at" in values and "ends_at" not in values:
        values["ends_at"] = values["starts_at"] + length
    put(part, values)


def _save(row: Appointment, now: datetime.datetime) -> None:
    news.set_reminder(row, now)
    row.changed_at = now
    if row._state.adding:
        row.save(force_insert=True)
    else:
        row.revision += 1
        row.save()


def _copy_people(row: Appointment, part: Appointment) -> None:
    Participant.objects.bulk_create(
        Participant(
            appointment=part, member_id=each.member_id, customer_id=each.customer_id, answer=each.answer
        )
        for each in row.participants.all()
    )


def _move_exceptions(
    row: Appointment, part: Appointment, start: datetime.datetime, by: datetime.timedelta, which: str
) -> None:
    """What differed from a series after the cut differs from the new one."""
    if which != Which.FOLLOWING:
        return
    row.exceptions.filter(original_start__gte=start).update(series=part, uid=part.uid)
    part.skipped = [each for each in row.skipped if each >= start]
    row.skipped = [each for each in row.skipped if each < start]
    part.save(update_fields=["skipped"])
    row.save(update_fields=["skipped"])
    _shift(part, part, by)


def _shift(row: Appointment, series: Appointment, by: datetime.timedelta) -> None:
    """Exceptions and left out ones follow their series."""
    if not by:
        return
    row.skipped = [each + by for each in row.skipped]
    row.save(update_fields=["skipped"])
    for each in series.exceptions.order_by(
        "original_start" if by < datetime.timedelta(0) else "-original_start"
    ):
        if each.original_start:
            each.original_start += by
            each.revision += 1
            each.save(update_fields=["original_start", "revision"])


def _tell_change(
    actor: Actor,
    row: Appointment,
    different: dict[str, list[Any]],
    new: set[uuid.UUID],
    now: datetime.datetime,
) -> None:
    record(
        AppointmentChanged(row.pk, "changed"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"appointment": [None, row.title], **different},
    )
    moved = bool({"starts_at", "ends_at", "all_day", "rule"} & different.keys())
    met = set(row.participants.exclude(customer=None).values_list("customer_id", flat=True))
    news.tell_customers(actor, row, "arranged", now, only=sorted(met & new))
    if moved:
        news.tell_customers(actor, row, "moved", now, only=sorted(met - new))
    if moved or "place" in different:
        news.tell_members(actor, row, "changed", now)
    news.invite(actor, row, sorted(new - met), now)


def move_appointment(
    *,
    actor: Actor,
    appointment_id: uuid.UUID,
    days: int = 0,
    minutes: int = 0,
    which: str = Which.ONE,
    original_start: datetime.datetime | None = None,
    version: str | None = None,
    now: datetime.datetime,
) -> Done:
    """Reschedule by days and minutes of the wall clock; a time that clocks leave out is as much later as they go."""
    actor.require("activities.edit")
    if max(abs(days), abs(minutes) // 1440) > FARTHEST:
        raise Invalid(_("Choose a year from 1900 to 2200."), field="days")
    row = access.appointment(actor, appointment_id)
    start = occurrence_at(row, original_start).astimezone(row.wall).replace(tzinfo=None)
    moved = start + datetime.timedelta(days=days, minutes=0 if row.all_day else minutes)
    return change_appointment(
        actor=actor,
        appointment_id=appointment_id,
        changes={"starts_at": moved.replace(tzinfo=row.wall).astimezone(datetime.UTC)},
        which=which,
        original_start=original_start,
        version=version,
        now=now,
    )
