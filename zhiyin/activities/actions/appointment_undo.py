"""A change of appointments is taken back as long as nobody changed them after it."""

import datetime
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.core import serializers
from django.utils.translation import gettext_lazy as _

from zhiyin.activities import access
from zhiyin.activities.actions import appointment_news as news
from zhiyin.activities.events import AppointmentChanged
from zhiyin.activities.models import Appointment, AppointmentUndo, Participant
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.record import record

KEPT = datetime.timedelta(days=30)


def snapshot(rows: Iterable[Appointment]) -> list[dict[str, Any]]:
    """Appointments with their participants as they are now."""
    rows = list(rows)
    people = Participant.objects.filter(appointment__in=[row.pk for row in rows])
    found: list[dict[str, Any]] = json.loads(serializers.serialize("json", [*rows, *people]))
    return found


def kept_undo(
    actor: Actor, before: list[dict[str, Any]], after: Iterable[Appointment], now: datetime.datetime
) -> uuid.UUID | None:
    """Remember what takes a change back, for a while."""
    if actor.member_id is None:
        return None
    keys = {row.pk for row in after}
    revisions = Appointment.objects.filter(pk__in=keys).values_list("pk", "revision")
    AppointmentUndo.objects.filter(member=actor.member_id, made_at__lt=now - KEPT).delete()
    made = AppointmentUndo.objects.create(
        member_id=actor.member_id,
        before=before,
        revisions={str(key): revision for key, revision in revisions},
        made_at=now,
    )
    return made.pk


def undo_appointment(*, actor: Actor, undo_id: uuid.UUID, now: datetime.datetime) -> None:
    """Put appointments back as they were. Raises ``Conflict`` when somebody changed them meanwhile."""
    actor.require("activities.edit")
    undo = AppointmentUndo.objects.select_for_update().filter(pk=undo_id, member=actor.member_id).first()
    if undo is None or undo.used_at:
        raise NotFound
    rows = {row.pk: row for row in Appointment.objects.select_for_update().filter(pk__in=undo.revisions)}
    if {str(key): row.revision for key, row in rows.items()} != undo.revisions:
        raise Conflict(_("It was changed after this, so it cannot be taken back."))
    _check_reach(actor, rows)
    kept = [each.object for each in serializers.deserialize("json", json.dumps(undo.before))]
    before = {each.pk: each for each in kept if isinstance(each, Appointment)}
    made = [row for key, row in rows.items() if key not in before]
    Participant.objects.filter(appointment__in=before).delete()
    # what differs from a series goes back to it before the series that was made for it ends
    for each in before.values():
        each.revision, each.changed_at = rows[each.pk].revision + 1, now
        each.save(force_update=True)
    Participant.objects.bulk_create(each for each in kept if isinstance(each, Participant))
    for row in made:
        _unmake(row, now)
    undo.used_at = now
    undo.save(update_fields=["used_at"])
    for row in before.values():
        news.set_reminder(row, now)
        row.save(update_fields=["remind_at"])
    for row in [each for each in (*before.values(), *made) if not each.series_id]:
        record(
            AppointmentChanged(row.pk, "restored"),
            actor=actor,
            now=now,
            subject=("appointment", row.pk),
            changes={"appointment": [row.title, row.title]},
        )
        news.tell_customers(actor, row, "called off" if row.removed_at else "arranged", now)


def _check_reach(actor: Actor, rows: dict[uuid.UUID, Appointment]) -> None:
    owners = {row.owner_id for row in rows.values()} - {actor.member_id}
    within = access.appointments(actor, need="write").filter(pk__in=rows)
    there = sum(row.removed_at is None for row in rows.values())
    if owners and within.count() != there:
        raise NotFound


def _unmake(row: Appointment, now: datetime.datetime) -> None:
    if row.series_id:
        row.delete()
    else:
        row.removed_at, row.changed_at, row.remind_at = now, now, None
        row.revision += 1
        row.save()
