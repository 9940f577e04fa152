"""Operations on consent: purposes, what customers answered, and what follows from it."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.accounts.audit import Paging
from zhiyin.api.customers.schemas import TEXT, Seen
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Answer, PurposeRules
from zhiyin.customers.choices import ConsentAnswer, ConsentChannel, ConsentSource, LegalBasis
from zhiyin.customers.models import Consent, Purpose
from zhiyin.customers.queries import Verdict

routes = Routes("customers")
Text500 = Annotated[str, StringConstraints(max_length=500, pattern=TEXT)]
Text4000 = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]


class PurposeOut(Schema):
    """What personal data is used for."""

    id: uuid.UUID
    version: str
    code: str = Field(description="Of a standard purpose; empty for the company's own.")
    name: str
    basis: LegalBasis
    wording: str
    archived: bool

    @staticmethod
    def resolve_name(purpose: Purpose) -> str:
        return str(purpose.label)

    @staticmethod
    def resolve_archived(purpose: Purpose) -> bool:
        return purpose.archived_at is not None


class PurposeIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=60, pattern=TEXT)]
    basis: LegalBasis = Field(
        description="With consent nobody may be contacted who did not say yes; else whoever did not say no may."
    )
    wording: Text4000 = Field("", description="What people are asked; kept with each answer.")

    def rules(self) -> PurposeRules:
        return PurposeRules(**self.model_dump(exclude={"version"}))


class PurposeChange(PurposeIn):
    version: Seen = None


class ConsentIn(Schema):
    model_config = ConfigDict(extra="forbid")

    purpose_id: uuid.UUID | None = Field(
        None, description="Without one it is about any contact at all: refused then means do not contact."
    )
    answer: ConsentAnswer
    source: ConsentSource
    channels: list[ConsentChannel] = Field([], description="None: by every way.", max_length=20)
    answered_on: datetime.date | None = None
    wording: Text4000 = Field("", description="Empty: as the purpose has it.")
    proof: Text500 = Field("", description="Where the evidence is kept.")

    def said(self) -> Answer:
        return Answer(**self.model_dump(exclude={"purpose_id"}))


class ConsentOut(Schema):
    """One entry of the ledger."""

    id: uuid.UUID
    purpose_id: uuid.UUID | None
    channel: str = Field(description="Empty: every way.")
    answer: ConsentAnswer
    source: ConsentSource
    wording: str
    proof: str
    actor_name: str
    answered_at: datetime.datetime
    recorded_at: datetime.datetime


class VerdictOut(Schema):
    purpose_id: uuid.UUID
    channel: ConsentChannel
    allowed: bool
    because: ConsentOut | None = Field(description="Nothing where the purpose's legal basis decides.")

    @staticmethod
    def resolve_purpose_id(verdict: Verdict) -> uuid.UUID:
        return verdict.purpose.pk


class StandingOut(Schema):
    """Whether a customer may be contacted."""

    barred: list[ConsentOut] = Field(description="What bars contact whatever it is for.")
    verdicts: list[VerdictOut]


@routes.get("/purposes/", permission="customers.view", response=list[PurposeOut])
def list_purposes(request: Request) -> list[Purpose]:
    return queries.purposes()


@routes.post("/purposes/", permission="settings.manage", response=PurposeOut, status=201)
def create_purpose(request: Request, body: PurposeIn) -> Purpose:
    return actions.create_purpose(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/purposes/{uuid:purpose_id}/", permission="settings.manage", response=PurposeOut)
def change_purpose(request: Request, purpose_id: uuid.UUID, body: PurposeChange) -> Purpose:
    return actions.change_purpose(
        actor=request.actor, purpose_id=purpose_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.post("/purposes/{uuid:purpose_id}/archive/", permission="settings.manage", response=PurposeOut)
def archive_purpose(request: Request, purpose_id: uuid.UUID) -> Purpose:
    """Ask for it no more; the answers stay."""
    return actions.archive_purpose(actor=request.actor, purpose_id=purpose_id, now=now())


@routes.post("/purposes/{uuid:purpose_id}/restore/", permission="settings.manage", response=PurposeOut)
def restore_purpose(request: Request, purpose_id: uuid.UUID) -> Purpose:
    return actions.restore_purpose(actor=request.actor, purpose_id=purpose_id, now=now())


@routes.get(
    "/customers/{uuid:customer_id}/consents/", permission="customers.view", response=PageOut[ConsentOut]
)
def list_consents(request: Request, customer_id: uuid.UUID, paging: Query[Paging]) -> dict[str, Any]:
    """The ledger of a customer, the newest answer first."""
    return page_out(queries.consents(request.actor, customer_id, after=paging.after, limit=paging.limit))


@routes.post(
    "/customers/{uuid:customer_id}/consents/",
    permission="customers.edit",
    response=list[ConsentOut],
    status=201,
)
def record_consent(request: Request, customer_id: uuid.UUID, body: ConsentIn) -> list[Consent]:
    """Write an answer; an entry for each channel. Entries are never changed."""
    return actions.record_consent(
        actor=request.actor,
        customer_id=customer_id,
        purpose_id=body.purpose_id,
        answer=body.said(),
        now=now(),
    )


@routes.get(
    "/customers/{uuid:customer_id}/consents/standing/", permission="customers.view", response=StandingOut
)
def read_standing(request: Request, customer_id: uuid.UUID) -> dict[str, Any]:
    """Whether a customer may be contacted, for each purpose and channel."""
    standing = queries.standing(access.customer(request.actor, customer_id).pk)
    asked = [each for each in queries.purposes() if not each.archived_at]
    verdicts = [verdict for _purpose, found in standing.table(asked) for verdict in found]
    return {"barred": standing.barred, "verdicts": verdicts}
