"""Operations on tasks and follow-ups."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.activities import actions, queries
from zhiyin.activities.choices import FollowUpKind, Priority, TaskState
from zhiyin.activities.models import FollowUp
from zhiyin.activities.queries import TaskFilter, TaskSort
from zhiyin.api.http import PageOut, Request, Routes, now, page_out

routes = Routes("activities")
TEXT = r"^[^\x00]*$"
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]

Details = Annotated[str, StringConstraints(max_length=10_000, pattern=TEXT)]


class Paging(BaseModel):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class TaskOrder(BaseModel):
    sort: TaskSort = "due"


class TaskOut(Schema):
    id: uuid.UUID
    title: str
    details: str
    customer_id: uuid.UUID | None
    customer_name: str | None = Field(description="Of a customer within your reach only.")
    author_id: uuid.UUID | None
    assignee_id: uuid.UUID
    due_on: datetime.date | None
    remind_at: datetime.datetime | None = Field(description="Empty once its assignee was reminded.")
    priority: Priority
    state: TaskState
    created_at: datetime.datetime
    closed_at: datetime.datetime | None


class TaskIn(Schema):
    """``assignee_id`` left out means oneself."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    details: Details = ""
    customer_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    due_on: datetime.date | None = None
    remind_at: AwareDatetime | None = None
    priority: Priority = Priority.NORMAL


class TaskPatch(Schema):
    """Only what is given is changed."""

    model_config = ConfigDict(extra="forbid")

    # what is left out is no null
    title: Title = Field(None)  # type: ignore[assignment]
    details: Details = Field(None)  # type: ignore[assignment]
    customer_id: uuid.UUID | None = None
    assignee_id: uuid.UUID = Field(None)  # type: ignore[assignment]
    due_on: datetime.date | None = None
    remind_at: AwareDatetime | None = None
    priority: Priority = Field(None)  # type: ignore[assignment]


class TaskStateIn(Schema):
    model_config = ConfigDict(extra="forbid")

    state: TaskState


class FollowUpIn(Schema):
    """``next_step`` becomes a task of the author, due on ``next_on``."""

    model_config = ConfigDict(extra="forbid")

    kind: FollowUpKind
    body: Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=TEXT)]
    outcome: Annotated[str, StringConstraints(max_length=300, pattern=TEXT)] = ""
    next_step: Annotated[str, StringConstraints(max_length=200, pattern=TEXT)] = ""
    next_on: datetime.date | None = None


class FollowUpOut(Schema):
    id: uuid.UUID
    customer_id: uuid.UUID
    author_id: uuid.UUID | None
    kind: FollowUpKind
    body: str
    outcome: str
    task_id: uuid.UUID | None
    created_at: datetime.datetime


@routes.get("/tasks/", permission="activities.view", response=PageOut[TaskOut])
def list_tasks(
    request: Request, where: Query[TaskFilter], order: Query[TaskOrder], paging: Query[Paging]
) -> dict[str, Any]:
    return page_out(
        queries.list_tasks(request.actor, where, sort=order.sort, after=paging.after, limit=paging.limit)
    )


@routes.post("/tasks/", permission="activities.edit", response=TaskOut, status=201)
def create_task(request: Request, body: TaskIn) -> Any:
    made = actions.create_task(actor=request.actor, now=now(), **body.model_dump())
    return queries.task_row(request.actor, made.pk)


@routes.get("/tasks/{uuid:task_id}/", permission="activities.view", response=TaskOut)
def read_task(request: Request, task_id: uuid.UUID) -> Any:
    return queries.task_row(request.actor, task_id)


@routes.patch("/tasks/{uuid:task_id}/", permission="activities.edit", response=None, status=204)
def change_task(request: Request, task_id: uuid.UUID, body: TaskPatch) -> None:
    """Who gives a task away may not see it afterwards, so nothing is answered."""
    changes = body.model_dump(exclude_unset=True)
    actions.change_task(actor=request.actor, task_id=task_id, changes=changes, now=now())


@routes.put("/tasks/{uuid:task_id}/state/", permission="activities.edit", response=TaskOut)
def set_task_state(request: Request, task_id: uuid.UUID, body: TaskStateIn) -> Any:
    actions.set_task_state(actor=request.actor, task_id=task_id, state=body.state, now=now())
    return queries.task_row(request.actor, task_id)


@routes.get(
    "/customers/{uuid:customer_id}/follow-ups/", permission="activities.view", response=PageOut[FollowUpOut]
)
def list_follow_ups(request: Request, customer_id: uuid.UUID, paging: Query[Paging]) -> dict[str, Any]:
    return page_out(queries.follow_ups(request.actor, customer_id, after=paging.after, limit=paging.limit))


@routes.post(
    "/customers/{uuid:customer_id}/follow-ups/",
    permission="activities.edit",
    response=FollowUpOut,
    status=201,
)
def add_follow_up(request: Request, customer_id: uuid.UUID, body: FollowUpIn) -> FollowUp:
    return actions.add_follow_up(actor=request.actor, customer_id=customer_id, now=now(), **body.model_dump())
