"""Operations on rules of who gets which leads."""

import datetime
import uuid

from ninja import Schema
from pydantic import ConfigDict, Field

from zhiyin.api.http import Request, Routes, now
from zhiyin.api.sales.schemas import Line100
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import LeadRules
from zhiyin.sales.choices import LeadOrigin
from zhiyin.sales.models import LeadRule

routes = Routes("sales")


class LeadRuleOut(Schema):
    """The first rule that fits a lead holds; an empty list fits all."""

    id: uuid.UUID
    name: str
    position: int
    origins: list[LeadOrigin]
    sources: list[str]
    campaigns: list[str]
    people: list[uuid.UUID] = Field(description="Members, who take turns.")
    turn: int = Field(description="The place in ``people`` of whose turn it is.")
    answer_minutes: int | None
    escalate_to_id: uuid.UUID | None
    version: int
    created_at: datetime.datetime
    archived_at: datetime.datetime | None


class LeadRuleIn(Schema):
    """It names people, ``answer_minutes``, or both."""

    model_config = ConfigDict(extra="forbid")

    name: Line100
    position: int = Field(0, ge=0, le=100, description="Lower ones are asked first.")
    origins: list[LeadOrigin] = []
    sources: list[Line100] = Field([], max_length=100)
    campaigns: list[Line100] = Field([], max_length=100)
    people: list[uuid.UUID] = Field([], max_length=100)
    answer_minutes: int | None = Field(None, ge=1, le=43_200)
    escalate_to_id: uuid.UUID | None = None

    def rules(self) -> LeadRules:
        lists = ("origins", "sources", "campaigns", "people")
        given = self.model_dump(exclude={"version"})
        return LeadRules(**given | {name: tuple(given[name]) for name in lists})


class LeadRuleChangeIn(LeadRuleIn):
    """``version`` is the one that was read; an older one answers 409."""

    version: int | None = Field(None, ge=1, le=2_147_483_647)


@routes.get("/lead-rules/", permission="sales.manage", response=list[LeadRuleOut])
def list_lead_rules(request: Request) -> list[LeadRule]:
    """Those that hold in the order in which they are asked, then archived ones."""
    del request
    return queries.lead_rules()


@routes.post("/lead-rules/", permission="sales.manage", response=LeadRuleOut, status=201)
def create_lead_rule(request: Request, body: LeadRuleIn) -> LeadRule:
    return actions.create_lead_rule(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/lead-rules/{uuid:rule_id}/", permission="sales.manage", response=LeadRuleOut)
def change_lead_rule(request: Request, rule_id: uuid.UUID, body: LeadRuleChangeIn) -> LeadRule:
    return actions.change_lead_rule(
        actor=request.actor, rule_id=rule_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.post("/lead-rules/{uuid:rule_id}/archive/", permission="sales.manage", response=LeadRuleOut)
def archive_lead_rule(request: Request, rule_id: uuid.UUID) -> LeadRule:
    """It holds of no lead that comes; clocks that run go on."""
    actions.set_lead_rule_archived(actor=request.actor, rule_id=rule_id, archived=True, now=now())
    return access.lead_rule(rule_id)


@routes.post("/lead-rules/{uuid:rule_id}/restore/", permission="sales.manage", response=LeadRuleOut)
def restore_lead_rule(request: Request, rule_id: uuid.UUID) -> LeadRule:
    actions.set_lead_rule_archived(actor=request.actor, rule_id=rule_id, archived=False, now=now())
    return access.lead_rule(rule_id)
