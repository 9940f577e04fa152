"""Operations on handing over what a member has."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.accounts import access, handover, queries
from zhiyin.accounts.actions import handover as actions
from zhiyin.accounts.handover import MOST_PEOPLE, PERMISSION, Plan, Taker
from zhiyin.accounts.models import Handover
from zhiyin.api.accounts.audit import Paging
from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers.filters import Filter, Group

routes = Routes("accounts")


class TakerIn(Schema):
    model_config = ConfigDict(extra="forbid")

    member_id: uuid.UUID
    weight: int = Field(1, ge=1, le=100, description="Of weights 2 and 1 the first gets two thirds.")


class HandoverIn(Schema):
    """Customers go to people, into a unit or into a pool; all else needs people."""

    model_config = ConfigDict(extra="forbid")

    parts: list[Annotated[str, StringConstraints(max_length=40)]] = Field(
        max_length=50, description="What goes, by the codes that `count_holdings` tells."
    )
    people: list[TakerIn] = Field([], max_length=MOST_PEOPLE)
    unit_id: uuid.UUID | None = None
    into_pool: bool = Field(
        False, description="Into `pool_id`, or the pool whose filter takes each customer."
    )
    pool_id: uuid.UUID | None = None
    filter: Filter = Field(Group(), description="Which customers; no condition: all.")
    reason: Annotated[str, StringConstraints(max_length=200, pattern=TEXT)] = ""

    def plan(self) -> Plan:
        return Plan(
            parts=tuple(self.parts),
            people=tuple(Taker(member_id=each.member_id, weight=each.weight) for each in self.people),
            unit_id=self.unit_id,
            into_pool=self.into_pool,
            pool_id=self.pool_id,
            filter=self.filter.model_dump(mode="json", exclude_defaults=True) if self.filter.of else {},
            reason=self.reason,
        )


class HoldingsOut(Schema):
    """How many of each part somebody has, as far as the caller reaches them."""

    member_id: uuid.UUID
    counts: dict[str, int]


class HandedOut(Schema):
    """Of one part: how many go, how many each member gets (none: a unit or pool), and how many stay, by why."""

    part: str
    count: int
    to: dict[str, int]
    stays: dict[str, int]
    restored: int | None = None


class HandoverOut(Schema):
    id: uuid.UUID
    giver_id: uuid.UUID
    made_by_id: uuid.UUID | None
    reason: str
    job_id: uuid.UUID | None
    undo_job_id: uuid.UUID | None
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    undone_at: datetime.datetime | None
    done: list[HandedOut]

    @staticmethod
    def resolve_done(made: Handover) -> list[dict[str, Any]]:
        kept = ("count", "to", "stays", "restored")
        return [
            {"part": code, **{name: each[name] for name in kept if name in each}}
            for code, each in made.parts.items()
        ]


@routes.get("/members/{uuid:member_id}/holdings/", permission=PERMISSION, response=HoldingsOut)
def count_holdings(request: Request, member_id: uuid.UUID) -> dict[str, Any]:
    """What a member has that could be handed over: customers, open tasks, appointments, shares."""
    found = queries.holder(request.actor, member_id, now())
    return {"member_id": member_id, "counts": found.counts}


@routes.post("/members/{uuid:member_id}/handover/preview/", permission=PERMISSION, response=list[HandedOut])
def preview_hand_over(request: Request, member_id: uuid.UUID, body: HandoverIn) -> list[dict[str, Any]]:
    """What would go to whom; nothing is written."""
    previews = handover.preview(actor=request.actor, giver_id=member_id, plan=body.plan(), now=now())
    return [
        {
            "part": each.part.code,
            "count": each.count,
            "to": {str(key) if key else "": count for key, count in each.to.items()},
            "stays": each.stays,
        }
        for each in previews
    ]


@routes.post("/members/{uuid:member_id}/handover/", permission=PERMISSION, response=HandoverOut, status=201)
def hand_over(request: Request, member_id: uuid.UUID, body: HandoverIn) -> Handover:
    """Begin to hand over; the job moves each part at once."""
    return actions.hand_over(actor=request.actor, giver_id=member_id, plan=body.plan(), now=now())


@routes.get("/handovers/", permission=PERMISSION, response=PageOut[HandoverOut])
def list_handovers(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """What was handed over by the caller, or of members within reach, the newest first."""
    return page_out(queries.made_handovers(request.actor, after=paging.after, limit=paging.limit))


@routes.get("/handovers/{uuid:handover_id}/", permission=PERMISSION, response=HandoverOut)
def get_handover(request: Request, handover_id: uuid.UUID) -> Handover:
    return access.handover(request.actor, handover_id)


@routes.post("/handovers/{uuid:handover_id}/undo/", permission=PERMISSION, response=HandoverOut)
def undo_hand_over(request: Request, handover_id: uuid.UUID) -> Handover:
    """Begin to take back what nobody changed since, within 7 days."""
    return actions.undo_hand_over(actor=request.actor, handover_id=handover_id, now=now())
