"""Operations on customers who may be one."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import Verdict
from zhiyin.customers.models import DuplicateRules
from zhiyin.platform import jobs

routes = Routes("customers")
Text = Annotated[str, StringConstraints(max_length=400, pattern=TEXT)]


class Asked(BaseModel):
    verdict: Verdict = Verdict.OPEN
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class SuspectOut(Schema):
    id: uuid.UUID
    one_id: uuid.UUID
    other_id: uuid.UUID
    probability: float
    evidence: dict[str, str] = Field(description="Of each field that both have, how it agrees.")
    verdict: Verdict
    found_at: datetime.datetime
    decided_at: datetime.datetime | None
    decided_by: str


class LikelyIn(BaseModel):
    name: Text = ""
    phone: Text = ""
    email: Text = ""


class LikelyRowOut(Schema):
    id: uuid.UUID
    code: str
    name: str
    same: list[str]


class LikelyOut(Schema):
    items: list[LikelyRowOut]
    others: bool = Field(description="A colleague has such a customer; whom is not told.")


class DecisionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    pairs: list[uuid.UUID] = Field(min_length=1, max_length=1000)
    verdict: Literal["open", "later", "different"]


class DecidedOut(Schema):
    count: int


class DuplicateRulesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    automatic: bool = Field(description="Merge pairs without review once that has proved right often enough.")
    precision: Annotated[float, Field(ge=0.9, lt=1, description="Share of the merges that shall be right.")]
    tell_others: bool = Field(description="Say at entry that a colleague has somebody like this.")


class RulesOut(DuplicateRulesIn):
    model_config = ConfigDict(extra="ignore", from_attributes=True)


@routes.get("/duplicates/", permission="customers.view", response=PageOut[SuspectOut])
def list_duplicates(request: Request, asked: Query[Asked]) -> dict[str, Any]:
    """Pairs of customers who may be one, the likeliest first."""
    found = queries.suspects(request.actor, verdict=asked.verdict, after=asked.after, limit=asked.limit)
    return page_out(found)


@routes.get("/duplicates/likely/", permission="customers.edit", response=LikelyOut)
def find_likely(request: Request, asked: Query[LikelyIn]) -> dict[str, Any]:
    """Who is there already like somebody about to be entered: by telephone number, e-mail address, or name."""
    found = queries.likely(request.actor, **asked.model_dump())
    items = [{"id": each.pk, "code": each.code, "name": each.name, "same": same} for each, same in found.seen]
    return {"items": items, "others": found.others}


@routes.post("/duplicates/search/", permission="customers.edit", response=JobOut, status=202)
def find_duplicates(request: Request) -> jobs.Job:
    """Compare all customers, as a job; for who reaches them all."""
    return actions.find_duplicates(actor=request.actor, now=now())


@routes.post("/duplicates/decide/", permission="customers.edit", response=DecidedOut)
def decide_duplicates(request: Request, body: DecisionIn) -> dict[str, int]:
    """Say of pairs that they are not the same, or to be looked at later; ``merge_customers`` says that they are."""
    count = actions.decide_duplicates(
        actor=request.actor, suspect_ids=body.pairs, verdict=body.verdict, now=now()
    )
    return {"count": count}


@routes.get("/duplicates/rules/", permission="settings.manage", response=RulesOut)
def read_duplicate_rules(request: Request) -> DuplicateRules:
    return queries.duplicate_rules()


@routes.put("/duplicates/rules/", permission="settings.manage", response=RulesOut)
def change_duplicate_rules(request: Request, body: DuplicateRulesIn) -> DuplicateRules:
    return actions.change_duplicate_rules(actor=request.actor, now=now(), **body.model_dump())
