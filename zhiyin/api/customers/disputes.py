"""Operations on disputes about whose a customer is."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access, actions, queries
from zhiyin.customers.models import Dispute

routes = Routes("customers")
LINES = r"^[^\x00]*$"


Short = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=LINES)]
Long = Annotated[str, StringConstraints(max_length=5000, pattern=LINES)]


class DisputeIn(Schema):
    """A customer that one sees by ``customer_id``; any other by ``asked``."""

    model_config = ConfigDict(extra="forbid")

    customer_id: uuid.UUID | None = None
    asked: Short = Field("", description="The whole code, telephone number or e-mail address.")
    reason: Said
    evidence: Long = ""


class DisputeAnswerIn(Schema):
    model_config = ConfigDict(extra="forbid")

    answer: Long


class RulingIn(Schema):
    model_config = ConfigDict(extra="forbid")

    ruling: Literal["kept", "moved", "shared"]
    reason: Said


class DisputeOut(Schema):
    id: uuid.UUID
    customer_id: uuid.UUID
    claimant_id: uuid.UUID
    owner_id: uuid.UUID | None
    asked: str
    reason: str
    evidence: str
    answer: str
    answered_at: datetime.datetime | None
    ruling: str
    ruling_reason: str
    ruled_by_id: uuid.UUID | None
    ruled_at: datetime.datetime | None
    created_at: datetime.datetime


class DisputeFilter(BaseModel):
    decided: bool = False
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


@routes.get("/disputes/", permission="customers.edit", response=PageOut[DisputeOut])
def list_disputes(request: Request, where: Query[DisputeFilter]) -> dict[str, Any]:
    """Those to which one is a party or that one may decide, the newest first."""
    return page_out(queries.disputes(request.actor, decided=where.decided, after=where.after))


@routes.get("/disputes/{uuid:dispute_id}/", permission="customers.edit", response=DisputeOut)
def get_dispute(request: Request, dispute_id: uuid.UUID) -> Dispute:
    return access.dispute(request.actor, dispute_id)


@routes.post("/disputes/", permission="customers.edit", response=DisputeOut, status=201)
def open_dispute(request: Request, body: DisputeIn) -> Dispute:
    """Say that another's customer is one's own."""
    return actions.open_dispute(actor=request.actor, **body.dict(), now=now())


@routes.post("/disputes/{uuid:dispute_id}/answer/", permission="customers.edit", response=DisputeOut)
def answer_dispute(request: Request, dispute_id: uuid.UUID, body: DisputeAnswerIn) -> Dispute:
    """What the owner says to it."""
    return actions.answer_dispute(actor=request.actor, dispute_id=dispute_id, answer=body.answer, now=now())


@routes.post("/disputes/{uuid:dispute_id}/withdraw/", permission="customers.edit", response=DisputeOut)
def withdraw_dispute(request: Request, dispute_id: uuid.UUID) -> Dispute:
    """The claimant lets it be."""
    return actions.withdraw_dispute(actor=request.actor, dispute_id=dispute_id, now=now())


@routes.post("/disputes/{uuid:dispute_id}/decide/", permission="pools.manage", response=DisputeOut)
def decide_dispute(request: Request, dispute_id: uuid.UUID, body: RulingIn) -> Dispute:
    """Leave the customer with its owner, move it to the claimant or share it with him."""
    return actions.decide_dispute(
        actor=request.actor, dispute_id=dispute_id, ruling=body.ruling, reason=body.reason, now=now()
    )
