"""The only way to reach a task or an appointment: what this actor may see. Missing and forbidden look alike."""

import uuid
from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.activities.models import Appointment, Participant, Task
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound

Need = Literal["read", "write"]


def tasks(actor: Actor) -> QuerySet[Task]:
    """Tasks of one's own, written or to be done, and those of people within the actor's record scope."""
    mine = Q(assignee=actor.member_id) | Q(author=actor.member_id) if actor.member_id else Q(pk__in=[])
    match actor.scope:
        case "all":
            return Task.objects.all()
        case "own":
            return Task.objects.filter(mine)
        case _:
            return Task.objects.filter(mine | Q(assignee__unit__in=actor.unit_ids))


def task(actor: Actor, task_id: uuid.UUID, *, lock: bool = False) -> Task:
    """One task, locked against others' changes when asked. Raises ``NotFound``."""
    if lock:
        # apart: a row whose assignee changes while one waits for it would be lost from a join
        Task.objects.select_for_update(no_key=True).filter(pk=task_id).first()
    found = tasks(actor).select_related("assignee", "author").filter(pk=task_id).first()
    if found is None:
        raise NotFound
    return found


def appointments(actor: Actor, *, need: Need = "read") -> QuerySet[Appointment]:
    """Appointments that are there: the actor's own, those he takes part in, and others' within his record scope.

    A private one is its owner's and its participants'. ``write`` leaves out what he only takes part in.
    """
    there = Appointment.objects.filter(removed_at=None)
    mine = Q(owner=actor.member_id) if actor.member_id else Q(pk__in=[])
    if need == "read" and actor.member_id:
        mine |= Q(Exists(Participant.objects.filter(appointment=OuterRef("pk"), member=actor.member_id)))
    match actor.scope:
        case "all":
            return there.filter(mine | Q(is_private=False))
        case "own":
            return there.filter(mine)
        case _:
            return there.filter(mine | Q(is_private=False, owner__unit__in=actor.unit_ids))


def appointment(
    actor: Actor, appointment_id: uuid.UUID, *, need: Need = "read", lock: bool = False
) -> Appointment:
    """One appointment, locked against others' changes when asked. Raises ``NotFound``."""
    rows = appointments(actor, need=need).select_related("owner", "series")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=appointment_id).first()
    if found is None:
        raise NotFound
    return found
