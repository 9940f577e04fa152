"""The only way to reach a task: what this actor may see. Missing and forbidden look alike."""

import uuid

from django.db.models import Q, QuerySet

from zhiyin.activities.models import Task
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound


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
    rows = tasks(actor).select_related("assignee", "author")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=task_id).first()
    if found is None:
        raise NotFound
    return found
