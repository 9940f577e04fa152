"""Tasks: written, changed, done, cancelled, opened again."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.activities import access
from zhiyin.activities.choices import Priority, TaskState
from zhiyin.activities.events import TaskChanged
from zhiyin.activities.models import Task
from zhiyin.customers import access as customers
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import Changes, record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

LONGEST = 200
FIELDS = ("title", "details", "customer_id", "assignee_id", "due_on", "remind_at", "priority")


def create_task(
    *,
    actor: Actor,
    title: str,
    details: str = "",
    customer_id: uuid.UUID | None = None,
    assignee_id: uuid.UUID | None = None,
    due_on: datetime.date | None = None,
    remind_at: datetime.datetime | None = None,
    priority: int = Priority.NORMAL,
    now: datetime.datetime,
) -> Task:
    """Write a task, one's own where nobody is named."""
    actor.require("activities.edit")
    given = {
        "title": title,
        "details": details,
        "customer_id": customer_id,
        "due_on": due_on,
        "remind_at": remind_at,
        "priority": priority,
    }
    values = _checked(actor, {**given, "assignee_id": assignee_id or actor.member_id})
    task = Task.objects.create(author_id=actor.member_id, created_at=now, **values)
    _tell(actor, task, "added", {"task": [None, task.title]}, now)
    _tell_assignee(actor, task, now)
    return task


def change_task(
    *,
    actor: Actor,
    task_id: uuid.UUID,
    changes: Mapping[str, Any],
    version: str | None = None,
    now: datetime.datetime,
) -> Task:
    """Change some of ``FIELDS``. Raises ``Conflict`` when it is not of ``version`` any more."""
    actor.require("activities.edit")
    task = access.task(actor, task_id, lock=True)
    require_seen(version, task.version, task.title)
    different = {name: value for name, value in changes.items() if getattr(task, name) != value}
    values = _checked(actor, different)
    before = {name: getattr(task, name) for name in values}
    if not values:
        return task
    for name, value in values.items():
        setattr(task, name, value)
    task.save(update_fields=list(values))
    _tell(actor, task, "changed", {_word(name): [before[name], values[name]] for name in values}, now)
    if "assignee_id" in values:
        _tell_assignee(actor, task, now)
    return access.task(actor, task_id) if _still_seen(actor, task) else task


def set_task_state(
    *, actor: Actor, task_id: uuid.UUID, state: str, version: str | None = None, now: datetime.datetime
) -> Task:
    """Mark a task done or cancelled, or open it again. What it is already stays as it was."""
    actor.require("activities.edit")
    if state not in TaskState.values:
        raise Invalid(_("This is not one of the choices."), field="state")
    task = access.task(actor, task_id, lock=True)
    require_seen(version, task.version, task.title)
    if task.state == state:
        return task
    before, task.state = task.state, state
    task.closed_at = None if state == TaskState.OPEN else now
    task.save(update_fields=["state", "closed_at"])
    _tell(actor, task, state, {"task_state": [before, state]}, now)
    return task


def _still_seen(actor: Actor, task: Task) -> bool:
    return access.tasks(actor).filter(pk=task.pk).exists()


def _checked(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    if unknown := values.keys() - set(FIELDS):
        raise Invalid(_("This is not one of the choices."), field=min(unknown))
    if "title" in values:
        values["title"] = checked(values["title"], "title", LONGEST, needed=True)
    if "details" in values:
        values["details"] = checked(values["details"], "details", 10_000)
    if "priority" in values and values["priority"] not in Priority.values:
        raise Invalid(_("This is not one of the choices."), field="priority")
    if values.get("customer_id"):
        try:
            customers.customer(actor, values["customer_id"], need="write")
        except NotFound as error:
            raise Invalid(_("There is no such customer."), field="customer_id") from error
        customers.hold(values["customer_id"])
    if "assignee_id" in values:
        _check_assignee(actor, values["assignee_id"])
    return values


def _check_assignee(actor: Actor, member_id: uuid.UUID | None) -> None:
    if not (member_id and takers(actor).filter(pk=member_id).exists()):
        raise Invalid(_("Choose somebody you may give tasks to."), field="assignee_id")


def _tell_assignee(actor: Actor, task: Task, now: datetime.datetime) -> None:
    notifications.tell(
        members=[task.assignee_id],
        code="activities.task_given",
        data={"who": actor.name, "title": task.title, "task": str(task.pk)},
        actor=actor,
        now=now,
    )


def _word(name: str) -> str:
    return {"title": "task", "customer_id": "customer", "assignee_id": "assignee"}.get(name, name)


def _tell(actor: Actor, task: Task, what: str, changes: Changes, now: datetime.datetime) -> None:
    record(TaskChanged(task.pk, what), actor=actor, now=now, subject=("task", task.pk), changes=changes)
