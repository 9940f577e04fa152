"""Reads of tasks and follow-ups, each with a fixed number of SQL statements."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Literal

from django.db.models import OuterRef, QuerySet, Subquery
from pydantic import BaseModel, Field

from zhiyin.activities import access
from zhiyin.activities.choices import TaskState
from zhiyin.activities.models import FollowUp, Task
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset

Row = Mapping[str, object]
TaskSort = Literal["due", "-due"]
COLUMNS = (
    "id", "title", "details", "customer_id", "customer_name", "author_id", "assignee_id", "assignee__name",
    "assignee__is_active", "due_on", "remind_at", "priority", "state", "created_at", "closed_at",
)  # fmt: skip


class TaskFilter(BaseModel):
    """Which tasks a list shows. Fields narrow each other."""

    state: TaskState | None = None
    assignee: uuid.UUID | None = None
    customer: uuid.UUID | None = None
    due_from: datetime.date | None = None
    due_to: datetime.date | None = None
    left_behind: bool | None = Field(None, description="Whether its assignee has left the company.")


def list_tasks(
    actor: Actor, where: TaskFilter, *, sort: TaskSort = "due", after: str = "", limit: int = 50
) -> Page[Row]:
    """One page of tasks, those without a day last. One SQL statement.

    ``customer_name`` is ``None`` for a customer beyond the actor's reach.
    """
    found = access.tasks(actor)
    if where.state:
        found = found.filter(state=where.state)
    if where.assignee:
        found = found.filter(assignee=where.assignee)
    if where.customer:
        found = found.filter(customer=where.customer)
    if where.due_from:
        found = found.filter(due_on__gte=where.due_from)
    if where.due_to:
        found = found.filter(due_on__lte=where.due_to)
    if where.left_behind is not None:
        found = found.filter(assignee__is_active=not where.left_behind)
    rows: QuerySet[Task, Row] = _named(actor, found).values(*COLUMNS)
    return keyset(rows, order=["-due_on" if sort == "-due" else "due_on"], after=after, limit=limit)


def task_row(actor: Actor, task_id: uuid.UUID) -> Row:
    """One task as the lists show it. Two SQL statements. Raises ``NotFound``."""
    access.task(actor, task_id)
    row: Row = _named(actor, Task.objects.filter(pk=task_id)).values(*COLUMNS)[0]
    return row


def _named(actor: Actor, tasks: QuerySet[Task]) -> QuerySet[Task]:
    names = customers.customers(actor).filter(pk=OuterRef("customer")).values("name")
    if not actor.may("customers.view"):
        names = names.none()
    return tasks.annotate(customer_name=Subquery(names[:1]))


def due_tasks(actor: Actor, today: datetime.date, *, limit: int) -> list[Row]:
    """The actor's own open tasks that are due or overdue, the oldest first. One SQL statement."""
    if actor.member_id is None:
        return []
    where = TaskFilter(state=TaskState.OPEN, assignee=actor.member_id, due_to=today)
    return list_tasks(actor, where, limit=limit).rows


def follow_ups(actor: Actor, customer_id: uuid.UUID, *, after: str = "", limit: int = 20) -> Page[FollowUp]:
    """What was said to a customer, the latest first. Two SQL statements. Raises ``NotFound``.

    Of the next step only what its author, its assignee and those above them see is there.
    """
    customers.customer(actor, customer_id)
    seen = access.tasks(actor).filter(pk=OuterRef("task")).values("title")
    rows = FollowUp.objects.filter(customer=customer_id).select_related("author")
    rows = rows.annotate(next_step=Subquery(seen[:1]), next_on=Subquery(seen.values("due_on")[:1]))
    return keyset(rows, order=["-created_at"], after=after, limit=limit)
