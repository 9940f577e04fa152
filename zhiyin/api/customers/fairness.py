"""Operations on how fairly customers are spread."""

import datetime
import uuid
from typing import Any

from ninja import Query, Schema
from pydantic import BaseModel, Field

from zhiyin.api.customers.protection import StartedOut
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import actions, queries

routes = Routes("customers")


class Period(BaseModel):
    days: int = Field(90, ge=1, le=3650, description="The last so many days.")


class DroppedFilter(Period):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


class TallyOut(Schema):
    """Customers owned now, looked after in the period, never looked after; claimed in it, and of these dropped."""

    owned: int
    touched: int
    never: int
    claimed: int
    dropped: int


class FairLine(TallyOut):
    member_id: uuid.UUID
    unit_id: uuid.UUID
    hoards: bool
    drops: bool


class DroppedOut(Schema):
    customer_id: uuid.UUID
    pool_id: uuid.UUID
    claimed_at: datetime.datetime = Field(alias="moved_at")
    left_at: datetime.datetime


@routes.get("/fairness/", permission="pools.manage", response=list[FairLine])
def list_fairness(request: Request, asked: Query[Period]) -> list[dict[str, Any]]:
    """By member within one's record scope, as it was worked out last night; the most untouched first."""
    found = queries.fairness(request.actor, days=asked.days, now=now())
    return [
        {
            "member_id": each.member.pk,
            "unit_id": each.member.unit_id,
            "hoards": each.hoards,
            "drops": each.drops,
            **TallyOut.from_orm(each.tally).dict(),
        }
        for each in found.lines
    ]


@routes.get("/fairness/{uuid:member_id}/dropped/", permission="pools.manage", response=PageOut[DroppedOut])
def list_dropped(request: Request, member_id: uuid.UUID, asked: Query[DroppedFilter]) -> dict[str, Any]:
    """What a member claimed and let go without any touch, the newest first."""
    return page_out(queries.dropped(request.actor, member_id, days=asked.days, now=now(), after=asked.after))


@routes.post("/fairness/work-out/", permission="pools.manage", response=StartedOut)
def work_out_holdings(request: Request) -> dict[str, uuid.UUID]:
    """Work it out anew, as a job."""
    return {"job_id": actions.work_out_holdings(actor=request.actor, now=now()).pk}
