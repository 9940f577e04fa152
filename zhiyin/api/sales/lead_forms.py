"""Operations on forms that strangers fill in."""

import datetime
import uuid
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.http import Request, Routes, now
from zhiyin.api.sales.schemas import TEXT, Line100, Line200
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import FormRules
from zhiyin.sales.choices import LeadField
from zhiyin.sales.models import LeadForm

routes = Routes("sales")
Words = Annotated[str, StringConstraints(max_length=2000, pattern=TEXT)]


class LeadFormOut(Schema):
    """``key`` is the last part of the public address ``/f/KEY/``."""

    id: uuid.UUID
    name: str
    key: str
    title: str
    intro: str
    thanks: str
    consent: str
    fields: list[LeadField]
    source: str
    campaign: str
    owner_id: uuid.UUID | None
    came: int
    refused: int = Field(description="Sent by persons who were erased; nothing of it was kept.")
    version: int
    created_at: datetime.datetime
    archived_at: datetime.datetime | None


class LeadFormIn(Schema):
    """At least one of ``phone`` and ``email`` is asked for."""

    model_config = ConfigDict(extra="forbid")

    name: Line100
    title: Line200
    intro: Words = ""
    thanks: Words = ""
    consent: Words = Field("", description="What they must agree to; kept with each lead.")
    fields: list[LeadField] = [LeadField.PHONE]
    source: Line100 = ""
    campaign: Line100 = ""
    owner_id: uuid.UUID | None = None

    def rules(self) -> FormRules:
        given = self.model_dump(exclude={"version", "fields"})
        return FormRules(**given, fields=tuple(self.fields))


class LeadFormChangeIn(LeadFormIn):
    """``version`` is the one that was read; an older one answers 409."""

    version: int | None = Field(None, ge=1, le=2_147_483_647)


@routes.get("/lead-forms/", permission="sales.manage", response=list[LeadFormOut])
def list_lead_forms(request: Request) -> list[LeadForm]:
    del request
    return queries.lead_forms()


@routes.post("/lead-forms/", permission="sales.manage", response=LeadFormOut, status=201)
def create_lead_form(request: Request, body: LeadFormIn) -> LeadForm:
    """A form with an address of its own."""
    return actions.create_lead_form(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/lead-forms/{uuid:form_id}/", permission="sales.manage", response=LeadFormOut)
def change_lead_form(request: Request, form_id: uuid.UUID, body: LeadFormChangeIn) -> LeadForm:
    return actions.change_lead_form(
        actor=request.actor, form_id=form_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.post("/lead-forms/{uuid:form_id}/archive/", permission="sales.manage", response=LeadFormOut)
def archive_lead_form(request: Request, form_id: uuid.UUID) -> LeadForm:
    """Nobody can fill it in any more."""
    actions.set_lead_form_archived(actor=request.actor, form_id=form_id, archived=True, now=now())
    return access.lead_form(form_id)


@routes.post("/lead-forms/{uuid:form_id}/restore/", permission="sales.manage", response=LeadFormOut)
def restore_lead_form(request: Request, form_id: uuid.UUID) -> LeadForm:
    actions.set_lead_form_archived(actor=request.actor, form_id=form_id, archived=False, now=now())
    return access.lead_form(form_id)
