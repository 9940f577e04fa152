"""Operations on leads."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.sales.schemas import TEXT, DealAmount, DealName, Details, Line100, Line200
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Deal
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.queries import LeadFilter, LeadSort

routes = Routes("sales")


class LeadPaging(BaseModel):
    sort: LeadSort = "-created"
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class LeadOut(Schema):
    id: uuid.UUID
    name: str
    company: str
    phone: str = Field(description="Empty for who does not see telephone numbers of customers.")
    email: str = Field(description="Empty for who does not see e-mail addresses of customers.")
    city: str
    origin: LeadOrigin
    source: str
    campaign: str
    details: str
    consent: str = Field(description="What they agreed to in the form that they filled in.")
    state: LeadState
    reason: str
    owner_id: uuid.UUID | None
    owner: str | None = Field(None, alias="owner__name")
    answer_by: datetime.datetime | None = Field(description="Until when a rule wants it to be taken up.")
    answered_at: datetime.datetime | None = Field(description="When somebody first took it up.")
    customer_id: uuid.UUID | None = Field(description="What it became, within your reach.")
    opportunity_id: uuid.UUID | None
    converted_at: datetime.datetime | None
    created_at: datetime.datetime
    version: int


class _LeadValues(Schema):
    model_config = ConfigDict(extra="forbid")

    company: Line200 | None = None
    phone: Line100 | None = None
    email: Line100 | None = None
    city: Line100 | None = None
    origin: LeadOrigin | None = None
    source: Line100 | None = None
    campaign: Line100 | None = None
    details: Details | None = None
    owner_id: uuid.UUID | None = None


class LeadIn(_LeadValues):
    """Without ``origin`` it came by the API. Without ``owner_id`` the rules say whose it is, else it is one's own."""

    name: DealName

    def values(self) -> dict[str, Any]:
        return {"origin": LeadOrigin.API} | self.model_dump(exclude_none=True)


class LeadPatch(_LeadValues):
    """Only what is given is changed. ``version`` is the one that was read; an older one answers 409."""

    version: int = Field(ge=1, le=2_147_483_647)
    name: DealName | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True, exclude={"version"})
        return {name: value for name, value in given.items() if value is not None or name == "owner_id"}


class LeadStateIn(Schema):
    """Any state but converted; ``reason`` is asked for with ``unfit``."""

    model_config = ConfigDict(extra="forbid")

    state: LeadState
    reason: Annotated[str, StringConstraints(max_length=500, pattern=TEXT)] = ""
    version: int | None = Field(None, ge=1, le=2_147_483_647)


class LeadConversionIn(Schema):
    """Into ``customer_id``, or a new customer; with an opportunity where ``opportunity`` names one."""

    model_config = ConfigDict(extra="forbid")

    customer_id: uuid.UUID | None = None
    opportunity: Line200 = ""
    amount: DealAmount | None = None
    version: int | None = Field(None, ge=1, le=2_147_483_647)


@routes.get("/leads/", permission="sales.view", response=PageOut[LeadOut])
def list_leads(request: Request, where: Query[LeadFilter], paging: Query[LeadPaging]) -> dict[str, Any]:
    """A page of the leads that a filter lets through."""
    return page_out(
        queries.list_leads(request.actor, where, sort=paging.sort, after=paging.after, limit=paging.limit)
    )


@routes.post("/leads/", permission="sales.edit", response=LeadOut, status=201)
def create_lead(request: Request, body: LeadIn) -> dict[str, Any]:
    made = actions.create_lead(actor=request.actor, now=now(), **body.values())
    return queries.made_lead_row(request.actor, made)


@routes.get("/leads/{uuid:lead_id}/", permission="sales.view", response=LeadOut)
def read_lead(request: Request, lead_id: uuid.UUID) -> dict[str, Any]:
    return queries.lead_row(request.actor, lead_id)


@routes.patch("/leads/{uuid:lead_id}/", permission="sales.edit", response=None, status=204)
def update_lead(request: Request, lead_id: uuid.UUID, body: LeadPatch) -> None:
    """Who gives a lead away may not see it afterwards, so nothing is answered."""
    actions.update_lead(
        actor=request.actor, lead_id=lead_id, changes=body.changes(), version=body.version, now=now()
    )


@routes.put("/leads/{uuid:lead_id}/state/", permission="sales.edit", response=LeadOut)
def set_lead_state(request: Request, lead_id: uuid.UUID, body: LeadStateIn) -> dict[str, Any]:
    actions.set_lead_state(actor=request.actor, lead_id=lead_id, now=now(), **body.model_dump())
    return queries.lead_row(request.actor, lead_id)


@routes.post("/leads/{uuid:lead_id}/convert/", permission="sales.edit", response=LeadOut)
def convert_lead(request: Request, lead_id: uuid.UUID, body: LeadConversionIn) -> dict[str, Any]:
    """Make it a customer; a second time answers 409."""
    actions.convert_lead(
        actor=request.actor,
        lead_id=lead_id,
        customer_id=body.customer_id,
        deal=Deal(body.opportunity, body.amount) if body.opportunity else None,
        version=body.version,
        now=now(),
    )
    return queries.lead_row(request.actor, lead_id)


@routes.delete("/leads/{uuid:lead_id}/", permission="sales.edit", status=204)
def remove_lead(request: Request, lead_id: uuid.UUID) -> None:
    """Out of every list; it can be restored."""
    actions.remove_lead(actor=request.actor, lead_id=lead_id, now=now())


@routes.post("/leads/{uuid:lead_id}/restore/", permission="sales.edit", response=LeadOut)
def restore_lead(request: Request, lead_id: uuid.UUID) -> dict[str, Any]:
    actions.restore_lead(actor=request.actor, lead_id=lead_id, now=now())
    return queries.lead_row(request.actor, lead_id)
