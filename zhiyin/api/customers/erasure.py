"""Erasing persons."""

import datetime
import uuid
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import ErasureBasis

routes = Routes("customers")


class ErasureIn(Schema):
    basis: ErasureBasis
    reference: str = Field(
        "", max_length=100, pattern=TEXT, description="Where the reasons are kept; not who it is."
    )
    code: str = Field(
        max_length=64, pattern=TEXT, description="The customer's code, once more: this is for good."
    )


class ErasureOut(Schema):
    """What was erased of a person, and not who it was."""

    id: uuid.UUID
    number: str
    basis: str
    reference: str
    customer_ids: list[uuid.UUID]
    asked_by: str
    asked_at: datetime.datetime
    job_id: uuid.UUID | None
    done_at: datetime.datetime | None = Field(description="Nothing while the job runs.")
    parts: dict[str, int] = Field(description="Rows by what they were.")
    suppressed: int = Field(description="Contact points and codes by which the person is known again.")
    redacted: int = Field(description="Entries of the audit log that lost what they said.")
    log_size: int
    log_root: str = Field(description="Of the audit log right after, in hexadecimal.")


class ErasureQuery(Schema):
    text: str = Field("", max_length=100, pattern=TEXT, description="A part of reference or of who asked.")
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


class SuppressionQuery(Schema):
    kind: str = Field(description="``code``, or the kind of a contact point.", max_length=20, pattern=TEXT)
    value: str = Field(max_length=400, pattern=TEXT)


class LiftIn(SuppressionQuery):
    reason: str = Field(max_length=200, pattern=TEXT)


class SuppressionOut(Schema):
    since: datetime.datetime | None = Field(description="Nothing where it is not blocked.")


@routes.post(
    "/customers/{customer_id}/erasure/", permission="customers.erase", response=ErasureOut, status=202
)
def erase_customer(request: Request, customer_id: uuid.UUID, body: ErasureIn) -> Any:
    """Take a customer out of sight at once, and erase him as a job."""
    asked = body.model_dump() | {"basis": str(body.basis)}
    return actions.ask_erasure(actor=request.actor, customer_id=customer_id, now=now(), **asked)


@routes.get("/erasures/", permission="customers.erase", response=PageOut[ErasureOut])
def list_erasures(request: Request, asked: Query[ErasureQuery]) -> dict[str, Any]:
    """Erasures, the newest first."""
    return page_out(queries.erasures(request.actor, **asked.model_dump()))


@routes.get("/erasures/{erasure_id}/", permission="customers.erase", response=ErasureOut)
def get_erasure(request: Request, erasure_id: uuid.UUID) -> Any:
    """The certificate of one erasure."""
    return queries.erasure(request.actor, erasure_id)


@routes.get("/suppressions/", permission="customers.erase", response=SuppressionOut)
def get_suppression(request: Request, asked: Query[SuppressionQuery]) -> dict[str, Any]:
    """Whether something is blocked, because it belonged to a person who was erased."""
    return {"since": queries.suppressed_since(request.actor, asked.kind, asked.value)}


@routes.post("/suppressions/lift/", permission="customers.erase", response=None, status=204)
def lift_suppression(request: Request, body: LiftIn) -> None:
    """Let somebody who was erased be entered again."""
    actions.lift_suppression(actor=request.actor, now=now(), **body.model_dump())
