"""Operations on retention: its rules, what they would clear, clearing, legal holds."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import RetentionRules
from zhiyin.customers.filters import Filter, Group
from zhiyin.customers.models import LegalHold, RetentionRule

routes = Routes("customers")
Since = Literal["contact", "order", "end", "creation"]


class RetentionRuleIn(Schema):
    """What is cleared so many days after something; a new rule rests until it is switched on."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
    areas: list[Annotated[str, StringConstraints(max_length=80, pattern=TEXT)]] = Field(
        min_length=1, max_length=200, description="Codes of what may be cleared."
    )
    since: Since = Field(description="From when on the days count.")
    days: int = Field(ge=1, le=36_500)
    purpose_id: uuid.UUID | None = Field(None, description="What it is kept for until then.")
    filter: Filter = Field(Group(), description="Of whom; no condition: of all.")

    def rules(self) -> RetentionRules:
        values = {name: getattr(self, name) for name in RetentionRuleIn.model_fields}
        return RetentionRules(**{**values, "areas": tuple(self.areas)})


class RetentionRuleChange(RetentionRuleIn):
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class RetentionSwitchIn(Schema):
    model_config = ConfigDict(extra="forbid")

    on: bool = Field(description="Whether it clears each night.")
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class RetentionRuleOut(Schema):
    id: uuid.UUID
    version: int
    name: str
    areas: list[str]
    since: str
    days: int
    purpose_id: uuid.UUID | None
    filter: dict[str, Any]
    is_on: bool
    archived_at: datetime.datetime | None


class RetentionAreaOut(Schema):
    code: str
    label: str
    group: str


class RetentionPartOut(Schema):
    code: str
    values: int
    customers: int


class RetentionPreviewOut(Schema):
    """What would be cleared now; without ``parts`` counting took too long."""

    customers: int
    values: int
    parts: list[RetentionPartOut] | None


class RetentionJobOut(Schema):
    job_id: uuid.UUID


class LegalHoldIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT)]


class LegalHoldOut(Schema):
    id: uuid.UUID
    customer_id: uuid.UUID
    reason: str
    set_by: str
    set_at: datetime.datetime
    ended_by: str
    ended_at: datetime.datetime | None


class LegalHoldPage(Schema):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


@routes.get("/retention-areas/", permission="settings.manage", response=list[RetentionAreaOut])
def list_retention_areas(request: Request) -> list[dict[str, str]]:
    """What a rule may clear."""
    groups = queries.grouped_areas()
    return [{"code": code, "label": label, "group": group} for group, some in groups for code, label in some]


@routes.get("/retention-rules/", permission="settings.manage", response=list[RetentionRuleOut])
def list_retention_rules(request: Request) -> list[RetentionRule]:
    """By name, archived ones aside."""
    return queries.retention_rules()


@routes.post("/retention-rules/", permission="settings.manage", response=RetentionRuleOut, status=201)
def create_retention_rule(request: Request, body: RetentionRuleIn) -> RetentionRule:
    return actions.create_retention_rule(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/retention-rules/{uuid:rule_id}/", permission="settings.manage", response=RetentionRuleOut)
def change_retention_rule(request: Request, rule_id: uuid.UUID, body: RetentionRuleChange) -> RetentionRule:
    """Whatever clears something else than before rests until it is switched on again."""
    version = None if body.version is None else str(body.version)
    return actions.change_retention_rule(
        actor=request.actor, rule_id=rule_id, rules=body.rules(), version=version, now=now()
    )


@routes.get(
    "/retention-rules/{uuid:rule_id}/preview/", permission="settings.manage", response=RetentionPreviewOut
)
def preview_retention(request: Request, rule_id: uuid.UUID) -> dict[str, Any]:
    """What a rule would clear now."""
    told = queries.overdue(request.actor, access.retention_rule(rule_id), patient=True, now=now())
    parts = [
        {"code": each.area.code, "values": each.values, "customers": each.customers}
        for each in told.parts or ()
    ]
    return {
        "customers": told.customers,
        "values": told.values,
        "parts": None if told.parts is None else parts,
    }


@routes.post(
    "/retention-rules/{uuid:rule_id}/switch/", permission="settings.manage", response=RetentionRuleOut
)
def switch_retention_rule(request: Request, rule_id: uuid.UUID, body: RetentionSwitchIn) -> RetentionRule:
    version = None if body.version is None else str(body.version)
    return actions.switch_retention_rule(
        actor=request.actor, rule_id=rule_id, on=body.on, version=version, now=now()
    )


@routes.post(
    "/retention-rules/{uuid:rule_id}/archive/", permission="settings.manage", response=RetentionRuleOut
)
def archive_retention_rule(request: Request, rule_id: uuid.UUID) -> RetentionRule:
    """It clears nothing any more."""
    return actions.set_retention_archived(actor=request.actor, rule_id=rule_id, archived=True, now=now())


@routes.post(
    "/retention-rules/{uuid:rule_id}/restore/", permission="settings.manage", response=RetentionRuleOut
)
def restore_retention_rule(request: Request, rule_id: uuid.UUID) -> RetentionRule:
    """It rests until it is switched on."""
    return actions.set_retention_archived(actor=request.actor, rule_id=rule_id, archived=False, now=now())


@routes.post("/retention/clear/", permission="settings.manage", response=RetentionJobOut)
def clear_overdue(request: Request) -> dict[str, uuid.UUID]:
    """Clear by all rules that are switched on, as a job; as happens each night."""
    return {"job_id": actions.clear_overdue(actor=request.actor, now=now()).pk}


@routes.get("/legal-holds/", permission="customers.hold", response=PageOut[LegalHoldOut])
def list_legal_holds(request: Request, where: Query[LegalHoldPage]) -> dict[str, Any]:
    """Those that last, of customers within reach, the newest first."""
    return page_out(queries.legal_holds(request.actor, after=where.after))


@routes.post(
    "/customers/{uuid:customer_id}/legal-holds/",
    permission="customers.hold",
    response=LegalHoldOut,
    status=201,
)
def set_legal_hold(request: Request, customer_id: uuid.UUID, body: LegalHoldIn) -> LegalHold:
    """Nothing of the customer is cleared or purged until the hold is ended."""
    return actions.set_legal_hold(actor=request.actor, customer_id=customer_id, reason=body.reason, now=now())


@routes.post(
    "/customers/{uuid:customer_id}/legal-holds/{uuid:hold_id}/end/",
    permission="customers.hold",
    response=LegalHoldOut,
)
def end_legal_hold(request: Request, customer_id: uuid.UUID, hold_id: uuid.UUID) -> LegalHold:
    return actions.end_legal_hold(actor=request.actor, customer_id=customer_id, hold_id=hold_id, now=now())
