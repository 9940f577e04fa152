"""Of what a member hands over: open tasks, and appointments to come."""

import datetime
import uuid
from collections.abc import Collection, Mapping

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.handover import (
    Back,
    Belongs,
    Destined,
    Found,
    Handing,
    Part,
    by_taker,
    counted,
    kept,
    register,
)
from zhiyin.accounts.models import Member
from zhiyin.activities import access
from zhiyin.activities.choices import TaskState
from zhiyin.activities.events import AppointmentChanged, TaskChanged
from zhiyin.activities.models import Appointment, Participant, Task
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import write_each

Moment = datetime.datetime
Counted = Mapping[uuid.UUID, int]


# --- open tasks ---


def _open(actor: Actor) -> QuerySet[Task]:
    return access.tasks(actor).filter(state=TaskState.OPEN)


def _held_tasks(actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Counted:
    return counted(_open(actor).filter(assignee__in=members), "assignee_id")


def _tasks(handing: Handing) -> Found:
    rows = _open(handing.actor).filter(assignee=handing.giver_id).select_related("customer").order_by("pk")
    if handing.writes:
        rows = rows.select_for_update(no_key=True, of=("self",))
    return Found(
        {
            each.pk: Belongs(each.customer_id, each.customer.owner_id if each.customer else None)
            for each in rows
        }
    )


def _give_tasks(handing: Handing, to: Destined) -> dict[str, str]:
    _move_tasks(handing.actor, to, handing.now)
    return kept(to)


def _tasks_back(back: Back) -> int:
    given = back.kept
    rows = Task.objects.select_for_update().filter(pk__among=given, state=TaskState.OPEN)
    same = [key for key, who in rows.values_list("pk", "assignee_id") if who == given[key]]
    _move_tasks(back.actor, dict.fromkeys(same, back.giver_id), back.now)
    return len(same)


def _move_tasks(actor: Actor, to: Destined, now: Moment) -> None:
    names = dict(Member.objects.values_list("pk", "name"))
    before = dict(Task.objects.filter(pk__among=to).values_list("pk", "assignee__name"))
    for member, keys in by_taker(to).items():
        Task.objects.filter(pk__among=keys).update(assignee=member)
    each = {key: {"assignee": [before[key], names[member]]} for key, member in to.items() if member}
    write_each(TaskChanged.name, actor=actor, now=now, kind="task", changes=each)


# --- appointments to come ---


def _to_come(rows: QuerySet[Appointment], now: Moment) -> QuerySet[Appointment]:
    """Those that are not over, and series that go on; what differs from a series goes with it."""
    return rows.filter(Q(last_at=None) | Q(last_at__gte=now), series=None, removed_at=None)


def _held_appointments(actor: Actor, members: Collection[uuid.UUID], now: Moment) -> Counted:
    rows = _to_come(access.appointments(actor, need="write"), now)
    return counted(rows.filter(owner__in=members), "owner_id")


def _appointments(handing: Handing) -> Found:
    his = Q(owner=handing.giver_id)
    within = access.appointments(handing.actor, need="write").filter(his)
    rows = _to_come(within, handing.now).order_by("pk")
    if handing.writes:
        rows = rows.select_for_update(no_key=True, of=("self",))
    keys = list(rows.values_list("pk", flat=True))
    private = _to_come(Appointment.objects.filter(his), handing.now).count() - len(keys)
    return Found(_with_customers(keys), {"private": private} if private else {})


def _with_customers(keys: list[uuid.UUID]) -> dict[uuid.UUID, Belongs]:
    found = dict.fromkeys(keys, Belongs())
    met = Participant.objects.filter(appointment__among=keys, customer__isnull=False).order_by("-pk")
    for key, customer, owner in met.values_list("appointment", "customer", "customer__owner"):
        found[key] = Belongs(customer, owner)
    return found


def _give_appointments(handing: Handing, to: Destined) -> dict[str, dict[str, str]]:
    _move_appointments(handing.actor, to, handing.now)
    rows = Appointment.objects.filter(pk__among=to).values_list("pk", "revision")
    return {"to": kept(to), "revisions": {str(key): str(revision) for key, revision in rows}}


def _appointments_back(back: Back) -> int:
    revisions = back.undo["revisions"]
    rows = Appointment.objects.select_for_update().filter(pk__in=list(revisions), removed_at=None)
    same = [key for key, now in rows.values_list("pk", "revision") if revisions[str(key)] == str(now)]
    _move_appointments(back.actor, dict.fromkeys(same, back.giver_id), back.now)
    return len(same)


def _move_appointments(actor: Actor, to: Destined, now: Moment) -> None:
    """Into other calendars, with all that differs from a series. Whoever owns one takes no part besides."""
    names = dict(Member.objects.values_list("pk", "name"))
    before = dict(Appointment.objects.filter(pk__among=to).values_list("pk", "owner__name"))
    for member, keys in by_taker(to).items():
        rows = Appointment.objects.filter(Q(pk__among=keys) | Q(series__among=keys))
        Participant.objects.filter(appointment__in=rows.values("pk"), member=member).delete()
        rows.update(owner=member, revision=F("revision") + 1, changed_at=now)
    each = {key: {"owner": [before[key], names[member]]} for key, member in to.items() if member}
    write_each(AppointmentChanged.name, actor=actor, now=now, kind="appointment", changes=each)


register(
    Part(
        "open_tasks", _("Open tasks"), "activities.edit", _held_tasks, _tasks, _give_tasks, _tasks_back,
        position=10,
    )
)  # fmt: skip
register(
    Part(
        "appointments", _("Appointments to come"), "activities.edit", _held_appointments, _appointments,
        _give_appointments, _appointments_back, position=20,
    ),
    {"private": _("private, or beyond your reach")},
)  # fmt: skip
