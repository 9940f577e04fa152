"""Operations on appointments."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from zhiyin.activities import actions, queries
from zhiyin.activities.choices import Answer, Which
from zhiyin.api.activities.routes import TEXT, Details, Title
from zhiyin.api.http import Request, Routes, now

routes = Routes("activities")
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Place = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Rule = Annotated[str, StringConstraints(max_length=500, pattern=TEXT)]
Minutes = Annotated[int, Field(ge=0, le=40_320)]
WHOLE = "Of whole days the midnights in UTC, the end that of the day after the last."


class OccurrenceOut(Schema):
    """One time of an appointment; of one that you may not see only when it is."""

    appointment_id: uuid.UUID | None
    original_start: datetime.datetime | None
    title: str | None
    place: str
    all_day: bool
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    zone: str
    repeats: bool
    owner_id: uuid.UUID
    owner_name: str
    revision: int
    may_edit: bool
    answer: Answer | None


class ParticipantOut(Schema):
    member_id: uuid.UUID | None
    customer_id: uuid.UUID | None
    name: str | None = Field(description="Of a customer within your reach only.")
    answer: Answer


class AppointmentOut(Schema):
    id: uuid.UUID
    owner_id: uuid.UUID
    uid: str
    series_id: uuid.UUID | None
    original_start: datetime.datetime | None
    title: str
    place: str
    details: str
    all_day: bool
    starts_at: datetime.datetime = Field(description=WHOLE)
    ends_at: datetime.datetime
    zone: str
    rule: str = Field(description="RFC 5545, empty for what happens once.")
    is_private: bool
    remind_minutes: int | None
    version: str
    participants: list[ParticipantOut]


class AppointmentIn(Schema):
    model_config = ConfigDict(extra="forbid")

    title: Title
    starts_at: AwareDatetime = Field(description=WHOLE)
    ends_at: AwareDatetime
    zone: Zone
    all_day: bool = False
    place: Place = ""
    details: Details = ""
    rule: Rule = ""
    is_private: bool = False
    remind_minutes: Minutes | None = None
    members: list[uuid.UUID] = Field([], max_length=200)
    customers: list[uuid.UUID] = Field([], max_length=200)


class WhichOne(Schema):
    """Which of a series; ``version`` asks that nobody changed it since."""

    model_config = ConfigDict(extra="forbid")

    which: Which = Which.ALL
    original_start: AwareDatetime | None = None
    version: str | None = Field(None, max_length=20)


class AppointmentPatch(WhichOne):
    """Only what is given is changed."""

    # what is left out is no null
    title: Title = Field(None)  # type: ignore[assignment]
    starts_at: AwareDatetime = Field(None)  # type: ignore[assignment]
    ends_at: AwareDatetime = Field(None)  # type: ignore[assignment]
    zone: Zone = Field(None)  # type: ignore[assignment]
    all_day: bool = Field(None)  # type: ignore[assignment]
    place: Place = Field(None)  # type: ignore[assignment]
    details: Details = Field(None)  # type: ignore[assignment]
    rule: Rule = Field(None)  # type: ignore[assignment]
    is_private: bool = Field(None)  # type: ignore[assignment]
    remind_minutes: Minutes | None = None
    members: list[uuid.UUID] = Field(None, max_length=200)  # type: ignore[arg-type]
    customers: list[uuid.UUID] = Field(None, max_length=200)  # type: ignore[arg-type]


class MoveIn(WhichOne):
    which: Which = Which.ONE
    days: int = Field(0, ge=-3660, le=3660)
    minutes: int = Field(0, ge=-1440, le=1440)


class AnswerIn(Schema):
    """``customer_id`` notes what a customer said; left out, it is one's own answer."""

    model_config = ConfigDict(extra="forbid")

    answer: Answer
    customer_id: uuid.UUID | None = None


class ChangedOut(Schema):
    appointment_id: uuid.UUID
    undo_id: uuid.UUID | None = Field(description="Takes it back, as long as nobody changed it after.")


class CalendarWhere(Schema):
    begin: AwareDatetime
    end: AwareDatetime
    member: uuid.UUID | None = Field(None, description="Whose; one's own when left out.")
    customer: uuid.UUID | None = None


@routes.get("/appointments/", permission="activities.view", response=list[OccurrenceOut])
def list_appointments(request: Request, where: Query[CalendarWhere]) -> Any:
    members = [where.member] if where.member else []
    return queries.occurrences(
        request.actor, where.begin, where.end, members=members, customer_id=where.customer
    )


@routes.post("/appointments/", permission="activities.edit", response=ChangedOut, status=201)
def create_appointment(request: Request, body: AppointmentIn) -> Any:
    return _changed(actions.create_appointment(actor=request.actor, now=now(), **body.model_dump()))


@routes.get("/appointments/{uuid:appointment_id}/", permission="activities.view", response=AppointmentOut)
def read_appointment(request: Request, appointment_id: uuid.UUID) -> Any:
    return _read(request, appointment_id)


@routes.patch("/appointments/{uuid:appointment_id}/", permission="activities.edit", response=ChangedOut)
def change_appointment(request: Request, appointment_id: uuid.UUID, body: AppointmentPatch) -> Any:
    changes = body.model_dump(exclude_unset=True)
    which = {name: changes.pop(name) for name in ("which", "original_start", "version") if name in changes}
    done = actions.change_appointment(
        actor=request.actor, appointment_id=appointment_id, changes=changes, now=now(), **which
    )
    return _changed(done)


@routes.post("/appointments/{uuid:appointment_id}/move/", permission="activities.edit", response=ChangedOut)
def move_appointment(request: Request, appointment_id: uuid.UUID, body: MoveIn) -> Any:
    return _changed(
        actions.move_appointment(
            actor=request.actor, appointment_id=appointment_id, now=now(), **body.model_dump()
        )
    )


@routes.post("/appointments/{uuid:appointment_id}/remove/", permission="activities.edit", response=ChangedOut)
def remove_appointment(request: Request, appointment_id: uuid.UUID, body: WhichOne) -> Any:
    return _changed(
        actions.remove_appointment(
            actor=request.actor, appointment_id=appointment_id, now=now(), **body.model_dump()
        )
    )


@routes.put(
    "/appointments/{uuid:appointment_id}/answer/", permission="activities.edit", response=AppointmentOut
)
def answer_appointment(request: Request, appointment_id: uuid.UUID, body: AnswerIn) -> Any:
    actions.answer_appointment(
        actor=request.actor, appointment_id=appointment_id, now=now(), **body.model_dump()
    )
    return _read(request, appointment_id)


@routes.post(
    "/appointment-changes/{uuid:undo_id}/undo/", permission="activities.edit", response=None, status=204
)
def undo_appointment(request: Request, undo_id: uuid.UUID) -> None:
    actions.undo_appointment(actor=request.actor, undo_id=undo_id, now=now())


class FeedOut(Schema):
    token: str = Field(description="The calendar is at ``/calendar/feed/TOKEN/``; told this once.")


@routes.post("/calendar-feed/", permission="activities.view", response=FeedOut, status=201)
def create_feed(request: Request) -> Any:
    """A new secret address of one's own calendar; the one before ends."""
    return actions.create_feed(actor=request.actor, now=now())


@routes.delete("/calendar-feed/", permission="activities.view", response=None, status=204)
def revoke_feed(request: Request) -> None:
    actions.revoke_feed(actor=request.actor, now=now())


def _changed(done: actions.Done) -> dict[str, Any]:
    return {"appointment_id": done.appointment.pk, "undo_id": done.undo_id}


def _read(request: Request, appointment_id: uuid.UUID) -> dict[str, Any]:
    told = queries.appointment_row(request.actor, appointment_id)
    row = told["appointment"]
    names = [name for name in AppointmentOut.model_fields if name != "participants"]
    return {**{name: getattr(row, name) for name in names}, "participants": told["participants"]}
