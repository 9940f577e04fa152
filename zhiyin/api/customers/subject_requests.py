"""Requests of people about the data that is kept of them."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from django.http import FileResponse
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import RequestRules
from zhiyin.customers.models import SubjectRequest
from zhiyin.platform import files
from zhiyin.platform.models import Job

routes = Routes("customers")
LINES = r"^[^\x00]*$"
Kind = Literal["access", "correction", "restriction", "objection", "erasure"]
Short = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Long = Annotated[str, StringConstraints(max_length=5000, pattern=LINES)]
Version = Field(None, description="The ``version`` that was read; another one since is a conflict.")


class SubjectRequestIn(Schema):
    """``purpose_id`` is of an objection only; without it that is against any contact."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    note: Long = ""
    requester: Short = Field("", description="Who asks for the customer; empty when it is himself.")
    received_on: datetime.date | None = Field(None, description="Today when left out.")
    purpose_id: uuid.UUID | None = None
    source: Literal["talk", "phone", "paper", "web", "message"] = "message"


class SubjectRequestHandling(Schema):
    model_config = ConfigDict(extra="forbid")

    handler_id: uuid.UUID | None
    due_on: datetime.date
    note: Long = ""
    version: str | None = Version


class SubjectRequestAnswer(Schema):
    model_config = ConfigDict(extra="forbid")

    state: Literal["done", "refused", "withdrawn"]
    answer: Long = ""
    version: str | None = Version


class SubjectRequestOut(Schema):
    """``customer_id`` is empty once the customer is erased."""

    id: uuid.UUID
    customer_id: uuid.UUID | None
    kind: str
    state: str
    requester: str
    note: str
    purpose_id: uuid.UUID | None
    handler_id: uuid.UUID | None
    received_on: datetime.date
    due_on: datetime.date
    answer: str
    answered_at: datetime.datetime | None
    answered_by: str
    recorded_by: str
    created_at: datetime.datetime
    version: str


class SubjectRequestFilter(BaseModel):
    answered: bool = False
    kind: Kind | Literal[""] = ""
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


@routes.get("/requests/", permission="customers.requests", response=PageOut[SubjectRequestOut])
def list_subject_requests(request: Request, where: Query[SubjectRequestFilter]) -> dict[str, Any]:
    """What waits for its answer by its last day, or what is answered, the newest first."""
    found = queries.subject_requests(
        request.actor, answered=where.answered, kind=where.kind, after=where.after
    )
    return page_out(found)


@routes.get("/requests/{uuid:request_id}/", permission="customers.requests", response=SubjectRequestOut)
def get_subject_request(request: Request, request_id: uuid.UUID) -> SubjectRequest:
    return access.subject_request(request.actor, request_id)


@routes.post(
    "/customers/{uuid:customer_id}/requests/",
    permission="customers.edit",
    response=SubjectRequestOut,
    status=201,
)
def receive_subject_request(
    request: Request, customer_id: uuid.UUID, body: SubjectRequestIn
) -> SubjectRequest:
    """Note what a customer asks; an objection stands in the consent ledger at once."""
    rules = RequestRules(**body.dict())
    return actions.receive_subject_request(
        actor=request.actor, customer_id=customer_id, rules=rules, now=now()
    )


@routes.put("/requests/{uuid:request_id}/", permission="customers.requests", response=SubjectRequestOut)
def change_subject_request(
    request: Request, request_id: uuid.UUID, body: SubjectRequestHandling
) -> SubjectRequest:
    """Who answers it, until when."""
    return actions.change_subject_request(
        actor=request.actor, request_id=request_id, **body.dict(), now=now()
    )


@routes.post(
    "/requests/{uuid:request_id}/answer/", permission="customers.requests", response=SubjectRequestOut
)
def answer_subject_request(
    request: Request, request_id: uuid.UUID, body: SubjectRequestAnswer
) -> SubjectRequest:
    """End it; a refusal needs its reason."""
    return actions.answer_subject_request(
        actor=request.actor, request_id=request_id, **body.dict(), now=now()
    )


@routes.post(
    "/requests/{uuid:request_id}/reopen/", permission="customers.requests", response=SubjectRequestOut
)
def reopen_subject_request(request: Request, request_id: uuid.UUID) -> SubjectRequest:
    """Take an answer back."""
    return actions.reopen_subject_request(actor=request.actor, request_id=request_id, now=now())


@routes.post("/requests/{uuid:request_id}/pack/", permission="customers.export", response=JobOut, status=202)
def pack_subject_request(request: Request, request_id: uuid.UUID) -> Job:
    """Make the copy that somebody asked for, as a job; its result says what the actor's role left out."""
    return actions.pack_subject_request(actor=request.actor, request_id=request_id, now=now())


@routes.get("/requests/{uuid:request_id}/copy/", permission="customers.export", response=str)
def get_subject_package(request: Request, request_id: uuid.UUID) -> FileResponse:
    """The copy, a ZIP, for seven days; each download stands in the audit log."""
    return files.download(actions.open_subject_package(actor=request.actor, request_id=request_id, now=now()))
