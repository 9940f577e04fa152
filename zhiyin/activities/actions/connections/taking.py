"""What another server has is taken into the calendar here, as changes of the member whose calendar it is."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from zhiyin.activities.actions.appointment_answers import answer_appointment
from zhiyin.activities.actions.appointments import (
    change_appointment,
    create_appointment,
    remove_appointment,
)
from zhiyin.activities.actions.connections import objects
from zhiyin.activities.actions.connections.meeting import (
    Lost,
    Moment,
    State,
    Values,
    agreed_of,
    is_changed,
    met,
)
from zhiyin.activities.choices import Answer, Which
from zhiyin.activities.events import AppointmentChanged
from zhiyin.activities.models import Appointment, CalendarObject, Participant
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.record import record

PAST = datetime.timedelta(days=30)


def take(actor: Actor, known: CalendarObject, there: objects.Read, zone: str, now: Moment) -> None:
    """Make what is there and what is here one; ``known`` is set, not saved. Raises ``DomainError``."""
    row = known.appointment or _same(actor, known, there.uid)
    if row is None:
        if objects.is_over(there.state, now - PAST):
            return
        row = _created(actor, there, zone, now)
    elif row.owner_id != actor.member_id:
        # only its owner changes it: what is there is written over
        known.appointment, known.agreed = row, {}
        return
    elif row.removed_at:
        _restored(actor, row, now)
        _apply(actor, row, there.state, now)
    else:
        result, lost = met(known.agreed, objects.state_of(row), there.state, _newer(row, there.state))
        _apply(actor, row, result, now)
        _tell(actor, row, lost, now)
    known.appointment = row
    known.agreed = agreed_of(_filled(there.state, objects.state_of(_again(row))))


def take_away(actor: Actor, known: CalendarObject, now: Moment) -> None:
    """What is there no more is called off here, or declined, unless it was changed here meanwhile."""
    row = known.appointment
    known.delete()
    if row is None or row.removed_at:
        return
    if row.owner_id == actor.member_id:
        if not is_changed(known.agreed, objects.state_of(row)):
            remove_appointment(actor=actor, appointment_id=row.pk, now=now)
    elif row.participants.filter(member=actor.member_id).exists():
        answer_appointment(actor=actor, appointment_id=row.pk, answer=Answer.DECLINED, now=now)


def _same(actor: Actor, known: CalendarObject, uid: str) -> Appointment | None:
    """What already is here under the same name, when a calendar is connected again."""
    taking = Participant.objects.filter(member=actor.member_id).exclude(answer=Answer.DECLINED)
    his = Q(owner=actor.member_id) | Q(pk__in=taking.values("appointment"))
    rows = Appointment.objects.filter(his, uid=uid, series=None, removed_at=None) if uid else None
    if rows is None:
        return None
    linked = CalendarObject.objects.filter(connection=known.connection_id, appointment__isnull=False)
    return rows.exclude(pk__in=linked.values("appointment")).order_by("pk").first()


def _created(actor: Actor, there: objects.Read, zone: str, now: Moment) -> Appointment:
    values = {"zone": zone, **there.state.values}
    values["zone"] = values["zone"] or zone
    row = create_appointment(actor=actor, uid=there.uid, now=now, **values).appointment
    _apply(actor, row, there.state, now)
    return row


def _restored(actor: Actor, row: Appointment, now: Moment) -> None:
    row.exceptions.all().delete()
    row.removed_at, row.skipped, row.changed_at = None, [], now
    row.revision += 1
    row.save()
    record(
        AppointmentChanged(row.pk, "restored"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"appointment": [row.title, row.title]},
    )


def _apply(actor: Actor, row: Appointment, wanted: State, now: Moment) -> None:
    """Change the series, then what is left out of it, then what differs from it."""
    _change(actor, row.pk, objects.state_of(_again(row)).values, wanted.values, now)
    here = objects.state_of(_again(row))
    _put_back(actor, row, (here.skipped | here.others.keys()) - wanted.skipped - wanted.others.keys(), now)
    for start in sorted(wanted.skipped - here.skipped):
        _leave_out(actor, row, start, now)
    _put_back(actor, row, here.skipped & wanted.others.keys(), now)
    for start, values in sorted(wanted.others.items()):
        exception = row.exceptions.filter(original_start=start, removed_at=None).first()
        if exception:
            _change(actor, exception.pk, here.others[start], values, now)
            continue
        changes = {
            name: value for name, value in values.items() if name != "rule" and (name, value) != ("zone", "")
        }
        change_appointment(
            actor=actor,
            appointment_id=row.pk,
            changes=changes,
            which=Which.ONE,
            original_start=start,
            now=now,
        )


def _change(actor: Actor, key: uuid.UUID, here: Values, wanted: Values, now: Moment) -> None:
    changes = {name: value for name, value in wanted.items() if value != here[name]}
    if not changes.get("zone", True):
        del changes["zone"]
    if {"starts_at", "ends_at"} & changes.keys():
        changes |= {name: wanted[name] for name in ("starts_at", "ends_at")}
    if "starts_at" in changes:
        changes["rule"] = wanted["rule"]
    if changes:
        change_appointment(actor=actor, appointment_id=key, changes=changes, now=now)


def _leave_out(actor: Actor, row: Appointment, start: Moment, now: Moment) -> None:
    exception = row.exceptions.filter(original_start=start, removed_at=None).first()
    try:
        if exception:
            remove_appointment(actor=actor, appointment_id=exception.pk, now=now)
        else:
            remove_appointment(
                actor=actor, appointment_id=row.pk, which=Which.ONE, original_start=start, now=now
            )
    except NotFound:
        # the series does not come then
        fresh = _again(row)
        fresh.skipped = sorted({*fresh.skipped, start})
        fresh.save(update_fields=["skipped"])


def _put_back(actor: Actor, row: Appointment, starts: set[Moment], now: Moment) -> None:
    """Let a series come again where one was left out of it or differed."""
    if not starts:
        return
    fresh = _again(row)
    fresh.exceptions.filter(original_start__in=starts).delete()
    fresh.skipped = [each for each in fresh.skipped if each not in starts]
    fresh.revision += 1
    fresh.changed_at = now
    fresh.save(update_fields=["skipped", "revision", "changed_at"])
    record(
        AppointmentChanged(row.pk, "changed"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"appointment": [None, row.title], "occurrence": [None, min(starts)]},
    )


def _again(row: Appointment) -> Appointment:
    return Appointment.objects.get(pk=row.pk)


def _filled(theirs: State, ours: State) -> State:
    """What they have, with what they do not tell as it is here."""
    others = {start: {**ours.others.get(start, {}), **values} for start, values in theirs.others.items()}
    return State({**ours.values, **theirs.values}, theirs.skipped, others)


def _newer(row: Appointment, theirs: State) -> Any:
    """Whether a part was changed here later than there, by the audit log."""

    def newer(start: Moment | None, part: str) -> bool:
        here = row.exceptions.filter(original_start=start).first() if start else row
        if here is None:
            return False
        entries = AuditEntry.objects.filter(subject_id=here.pk, action=AppointmentChanged.name)
        last = (
            entries.filter(changes__has_key=part)
            .order_by("-id")
            .values_list("occurred_at", flat=True)
            .first()
        )
        there = theirs.changed.get(start) or theirs.changed.get(None)
        return there is None or (last or here.created_at) > there

    return newer


def _tell(actor: Actor, row: Appointment, lost: Sequence[Lost], now: Moment) -> None:
    """What both sides changed: the audit log keeps what was given up, and the member hears of it."""
    for start in {each.start for each in lost}:
        record(
            AppointmentChanged(row.pk, "met"),
            actor=actor,
            now=now,
            subject=("appointment", row.pk),
            changes={
                "appointment": [None, row.title],
                **({"occurrence": [start, start]} if start else {}),
                **{each.name: [each.lost, each.kept] for each in lost if each.start == start},
            },
        )
    if lost and actor.member_id:
        first = lost[0]
        data = {
            "title": row.title,
            "appointment": str(row.pk),
            "kept": _words(first.kept, row.zone),
            "lost": _words(first.lost, row.zone),
        }
        notifications.tell(
            members=[actor.member_id],
            code="activities.appointment_met",
            data=data,
            actor=Actor.system(actor.tenant_id),
            now=now,
        )


def _words(value: Any, zone: str) -> str:
    if isinstance(value, Moment):
        return f"{value.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return "–" if value in {None, ""} else str(value)[:100]
