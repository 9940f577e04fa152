"""Operations on shares: with whom a customer is shared, what is shared with me, why somebody sees one."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from zhiyin.accounts.choices import RecordScope
from zhiyin.accounts.handover import PERMISSION
from zhiyin.api.accounts.audit import Paging
from zhiyin.api.customers.schemas import TEXT, BulkOut, KeptOut, SelectionIn
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import Sharing
from zhiyin.customers.models import Share, Undo
from zhiyin.customers.queries import Explanation

routes = Routes("customers")
Text60 = Annotated[str, StringConstraints(max_length=60, pattern=TEXT)]
Text200 = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]


class SharingIn(Schema):
    model_config = ConfigDict(extra="forbid")

    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = Field(None, description="All of a unit and of those below it.")
    may_write: bool = Field(False, description="To edit too; never to give away, share on or delete.")
    until: datetime.date | None = Field(None, description="The last day; without one it holds until ended.")
    reason: Text200 = ""
    part: Text60 = Field(
        "", description="What a member does in the customer's team; without one he is not of it."
    )

    @model_validator(mode="after")
    def _one_recipient(self) -> "SharingIn":
        if (self.member_id is None) == (self.unit_id is None):
            raise ValueError("exactly one of member_id and unit_id")
        return self

    def sharing(self) -> Sharing:
        return Sharing(**self.model_dump(include=set(SharingIn.model_fields)))


class ShareManyIn(SharingIn, SelectionIn):
    pass


class ShareOut(Schema):
    id: uuid.UUID
    customer_id: uuid.UUID
    member_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    with_name: str
    may_write: bool
    until: datetime.date | None
    part: str
    reason: str
    shared_by_id: uuid.UUID | None
    created_at: datetime.datetime

    @staticmethod
    def resolve_with_name(share: Share) -> str:
        return str(share.member or share.unit)


class SharedOut(ShareOut):
    customer_name: str

    @staticmethod
    def resolve_customer_name(share: Share) -> str:
        return share.customer.name


class LeftShareOut(SharedOut):
    shared_by_name: str = Field(alias="shared_by.name")


class LeftSharesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    share_ids: list[uuid.UUID] = Field(min_length=1, max_length=5_000)


class UnshareIn(SelectionIn):
    """Shares with everybody, or with one member or unit."""

    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None

    def sharing(self) -> Sharing | None:
        named = self.member_id or self.unit_id
        return Sharing(member_id=self.member_id, unit_id=self.unit_id) if named else None


class GroundOut(Schema):
    reason: Literal["all", "owner", "unit", "team", "share", "pool"] = Field(
        description="The role reaches all records; owner; the customer's unit is within the role's; a share, as one of "
        "the team or else; "
        "a pool to claim it from, and nothing to see before."
    )
    may_write: bool
    unit_id: uuid.UUID | None = Field(None, alias="unit.pk")
    share: ShareOut | None
    pool_id: uuid.UUID | None = Field(None, alias="pool.pk")


class ExplanationOut(Schema):
    may_read: bool
    may_write: bool
    lacks: Literal["", "active", "permission"] = Field(
        description="What stands against it whatever the reasons: a deactivated member, a role that sees no customers."
    )
    scope: RecordScope = Field(description="Which records the member's role reaches.")
    grounds: list[GroundOut]


@routes.get("/customers/{uuid:customer_id}/shares/", permission="customers.view", response=list[ShareOut])
def list_shares(request: Request, customer_id: uuid.UUID) -> list[Share]:
    """With whom a customer is shared at this moment, the newest first."""
    return queries.shares_of(request.actor, customer_id, now())


@routes.post("/customers/{uuid:customer_id}/shares/", permission="customers.edit", response=BulkOut)
def share_customer(request: Request, customer_id: uuid.UUID, body: SharingIn) -> dict[str, Any]:
    """Share a customer within one's own record scope; with the same recipient again, the terms are these."""
    done = actions.share_customer(
        actor=request.actor, customer_id=customer_id, sharing=body.sharing(), now=now()
    )
    return {"count": done.count, "job_id": None, "undo_id": done.undo_id}


@routes.delete(
    "/customers/{uuid:customer_id}/shares/{uuid:share_id}/",
    permission="customers.edit",
    response=KeptOut,
    status=200,
)
def end_share(request: Request, customer_id: uuid.UUID, share_id: uuid.UUID) -> Undo:
    """End a share at once."""
    return actions.end_share(actor=request.actor, customer_id=customer_id, share_id=share_id, now=now())


@routes.get("/shares/left/", permission=PERMISSION, response=PageOut[LeftShareOut])
def list_left_shares(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """Shares whose giver left, the newest first."""
    return page_out(queries.left_shares(request.actor, after=paging.after, limit=paging.limit))


@routes.post("/shares/left/end/", permission=PERMISSION, response=BulkOut)
def end_left_shares(request: Request, body: LeftSharesIn) -> dict[str, Any]:
    """End some of them."""
    done = actions.end_left_shares(actor=request.actor, share_ids=body.share_ids, now=now())
    return {"count": done.count, "job_id": None, "undo_id": done.undo_id}


@routes.post("/shares/left/take-over/", permission=PERMISSION, response=BulkOut)
def take_over_shares(request: Request, body: LeftSharesIn) -> dict[str, Any]:
    """Make some of them the caller's own; they hold as before."""
    done = actions.take_over_shares(actor=request.actor, share_ids=body.share_ids, now=now())
    return {"count": done.count, "job_id": None, "undo_id": done.undo_id}


@routes.get("/shares/", permission="customers.view", response=PageOut[SharedOut])
def list_shared_with_me(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """What is shared with oneself, one's unit or a unit that one's role covers, the newest first."""
    return page_out(queries.shared_with_me(request.actor, after=paging.after, limit=paging.limit))


@routes.get(
    "/customers/{uuid:customer_id}/access/{uuid:member_id}/",
    permission="customers.view",
    response=ExplanationOut,
)
def explain_access(request: Request, customer_id: uuid.UUID, member_id: uuid.UUID) -> Explanation:
    """Why a member sees a customer, or why not; for those whose role reaches more than their own records."""
    return queries.explain_access(request.actor, customer_id, member_id)
