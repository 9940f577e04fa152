"""Operations on protection: its rules, whose ends soon, prolonging, reclaiming."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.pools import Ids
from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import ProtectionRules, Selection
from zhiyin.customers.filters import Filter, Group
from zhiyin.customers.models import ProtectionRule

routes = Routes("customers")
Said = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]


class ProtectionRuleIn(Schema):
    """Of several rules whose filter takes a customer the one with the lowest position holds."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
    days: int = Field(
        ge=1, le=3650, description="Counted from getting the customer, a follow-up or an order."
    )
    filter: Filter = Field(Group(), description="Of whom it holds; no condition: all.")
    position: int = Field(100, ge=0, le=1_000_000)
    warn_days: int = Field(7, ge=0, le=365, description="How long before the owner is told.")
    most_owned: int | None = Field(
        None, ge=1, le=10_000_000, description="Who has so many of these customers claims no more."
    )

    def rules(self) -> ProtectionRules:
        values = {name: getattr(self, name) for name in ProtectionRuleIn.model_fields}
        return ProtectionRules(**values)


class ProtectionRuleChange(ProtectionRuleIn):
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class ProtectionRuleOut(Schema):
    id: uuid.UUID
    version: int
    name: str
    days: int
    filter: dict[str, Any]
    position: int
    warn_days: int
    most_owned: int | None
    archived_at: datetime.datetime | None


class LapsingOut(Schema):
    id: uuid.UUID
    name: str
    owner_id: uuid.UUID
    protected_until: datetime.datetime = Field(alias="holding.until")
    counted_from: str = Field(alias="holding.cause", description="``owned``, ``fixed`` or a kind of fact.")


class LapsingFilter(BaseModel):
    days: int = Field(30, ge=1, le=3650)
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


class ProlongIn(Schema):
    model_config = ConfigDict(extra="forbid")

    customer_ids: Ids
    until: datetime.date | None = Field(description="To the end of this day; null: by the rules again.")
    reason: Said


class AffectedOut(Schema):
    count: int


class StartedOut(Schema):
    job_id: uuid.UUID


@routes.get("/protection-rules/", permission="pools.manage", response=list[ProtectionRuleOut])
def list_protection_rules(request: Request) -> list[ProtectionRule]:
    """In the order in which they are asked, archived ones aside."""
    return queries.protection_rules()


@routes.post("/protection-rules/", permission="pools.manage", response=ProtectionRuleOut, status=201)
def create_protection_rule(request: Request, body: ProtectionRuleIn) -> ProtectionRule:
    return actions.create_protection_rule(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/protection-rules/{uuid:rule_id}/", permission="pools.manage", response=ProtectionRuleOut)
def change_protection_rule(
    request: Request, rule_id: uuid.UUID, body: ProtectionRuleChange
) -> ProtectionRule:
    version = None if body.version is None else str(body.version)
    return actions.change_protection_rule(
        actor=request.actor, rule_id=rule_id, rules=body.rules(), version=version, now=now()
    )


@routes.post(
    "/protection-rules/{uuid:rule_id}/archive/", permission="pools.manage", response=ProtectionRuleOut
)
def archive_protection_rule(request: Request, rule_id: uuid.UUID) -> ProtectionRule:
    """It holds of nobody any more."""
    return actions.set_rule_archived(actor=request.actor, rule_id=rule_id, archived=True, now=now())


@routes.post(
    "/protection-rules/{uuid:rule_id}/restore/", permission="pools.manage", response=ProtectionRuleOut
)
def restore_protection_rule(request: Request, rule_id: uuid.UUID) -> ProtectionRule:
    return actions.set_rule_archived(actor=request.actor, rule_id=rule_id, archived=False, now=now())


@routes.get("/protection/ending/", permission="customers.view", response=PageOut[LapsingOut])
def list_lapsing(request: Request, where: Query[LapsingFilter]) -> dict[str, Any]:
    """Whose protection ends within so many days, of those within one's record scope."""
    found = queries.lapsing(request.actor, days=where.days, now=now(), after=where.after)
    return page_out(found.page)


@routes.post("/protection/prolong/", permission="pools.manage", response=AffectedOut)
def prolong_protection(request: Request, body: ProlongIn) -> dict[str, int]:
    """Let owners keep customers until a day, whatever the rules say."""
    done = actions.prolong_protection(
        actor=request.actor,
        selection=Selection(tuple(body.customer_ids)),
        until=body.until,
        reason=body.reason,
        now=now(),
    )
    return {"count": done.count}


@routes.post("/protection/reclaim/", permission="pools.manage", response=StartedOut)
def reclaim_lapsed(request: Request) -> dict[str, uuid.UUID]:
    """Put all whose protection lapsed into pools, as a job; for who reaches all records."""
    return {"job_id": actions.reclaim_lapsed(actor=request.actor, now=now()).pk}
