"""Operations on the connection of one's own calendar with one on another server."""

import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.activities import actions, queries
from zhiyin.activities.choices import ConnectionProblem
from zhiyin.api.activities.routes import TEXT
from zhiyin.api.http import Request, Routes, now
from zhiyin.platform.errors import NotFound

routes = Routes("activities")
Address = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=TEXT)]


class CalendarFoundOut(Schema):
    url: str
    name: str


class LeftAloneOut(Schema):
    title: str
    problem: str


class CalendarConnectionOut(Schema):
    url: str
    username: str
    calendar_url: str = Field(description="Empty until one of ``found`` is chosen.")
    calendar_name: str
    found: list[CalendarFoundOut]
    problem: ConnectionProblem | None
    is_waiting: bool = Field(description="Being synchronised, or about to be.")
    synced_at: datetime.datetime | None
    next_at: datetime.datetime | None = Field(description="Empty while it waits for you.")
    kept: int = Field(description="Appointments that are the same on both sides.")
    left: list[LeftAloneOut]


class ConnectCalendarIn(Schema):
    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT)]
    username: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT)]


class ChooseCalendarIn(Schema):
    model_config = ConfigDict(extra="forbid")

    calendar_url: Address


@routes.get("/calendar-connection/", permission="activities.view", response=CalendarConnectionOut)
def read_connection(request: Request) -> Any:
    return _told(request)


@routes.post(
    "/calendar-connection/", permission="activities.edit", response=CalendarConnectionOut, status=201
)
def connect_calendar(request: Request, body: ConnectCalendarIn) -> Any:
    """In place of the one before; of the same address and user a new password alone is taken."""
    actions.connect_calendar(actor=request.actor, now=now(), **body.model_dump())
    return _told(request)


@routes.put("/calendar-connection/", permission="activities.edit", response=CalendarConnectionOut)
def choose_calendar(request: Request, body: ChooseCalendarIn) -> Any:
    """Choose one of those found."""
    actions.choose_calendar(actor=request.actor, calendar_url=body.calendar_url, now=now())
    return _told(request)


@routes.post("/calendar-connection/sync/", permission="activities.edit", response=CalendarConnectionOut)
def sync_calendar(request: Request) -> Any:
    actions.sync_calendar(actor=request.actor, now=now())
    return _told(request)


@routes.delete("/calendar-connection/", permission="activities.view", response=None, status=204)
def end_connection(request: Request) -> None:
    """Let the calendar go. What is in either of them stays there."""
    actions.end_connection(actor=request.actor, now=now())


def _told(request: Request) -> dict[str, Any]:
    told = queries.connected(request.actor, now())
    if told is None:
        raise NotFound
    row = told.connection
    names = ("url", "username", "calendar_url", "calendar_name", "synced_at", "next_at")
    return {
        **{name: getattr(row, name) for name in names},
        "problem": row.problem or None,
        "found": [{"url": url, "name": name} for url, name in row.found],
        "is_waiting": told.is_waiting,
        "kept": told.kept,
        "left": [{"title": each.title, "problem": each.problem} for each in told.left],
    }
