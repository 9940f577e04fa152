"""Operations on targets."""

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from zhiyin.accounts.models import Tenant
from zhiyin.api.http import Request, Routes, now
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Goal
from zhiyin.sales.choices import Measure
from zhiyin.sales.periods import Period
from zhiyin.sales.queries import Board, Standing, TargetFilter

routes = Routes("sales")
Wanted = Annotated[Decimal, Field(max_digits=19, decimal_places=4, gt=0, allow_inf_nan=False)]
Written = Annotated[str, Field(max_length=7, description="`2026`, `2026-Q4` or `2026-11`.")]


class TargetOut(Schema):
    """A member's, a unit's, or without both the company's; shares run from 0."""

    id: uuid.UUID
    member_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    product_id: uuid.UUID | None
    customer_id: uuid.UUID | None
    measure: Measure
    value: Decimal
    attained: Decimal
    share: float
    pace: float | None = Field(description="What it comes to at this pace, as a share of the target.")
    rank: int | None


class TargetsOut(Schema):
    period: str
    start: datetime.date
    end: datetime.date
    currency: str
    gone: float = Field(description="Share of the working days that are gone.")
    without_rate: list[str]
    targets: list[TargetOut]


class GoalIn(Schema):
    model_config = ConfigDict(extra="forbid")

    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    product_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    measure: Measure = Measure.AMOUNT
    value: Wanted | None = Field(description="Null takes the target away.")
    seen: Wanted | None = Field(
        None, description="What was read before; where it is another by now the answer is 409."
    )

    def goal(self) -> Goal:
        return Goal(**self.model_dump(), is_seen="seen" in self.model_fields_set)


class TargetsIn(Schema):
    model_config = ConfigDict(extra="forbid")

    period: Written
    goals: list[GoalIn] = Field(max_length=2000)


class TargetsCopyIn(Schema):
    model_config = ConfigDict(extra="forbid")

    since: Written
    to: Written
    growth: Decimal = Field(Decimal(0), gt=-100, le=1000, description="In per cent.")


class TargetsChangedOut(Schema):
    changed: int


@routes.get("/targets/", permission="sales.view", response=TargetsOut)
def list_targets(request: Request, where: Query[TargetFilter]) -> dict[str, Any]:
    """The targets of a period within one's reach, with what they have come to."""
    currency = Tenant.objects.get(pk=request.actor.tenant_id).currency
    return _out(queries.targets(request.actor, where, currency=currency, today=timezone.localdate()))


@routes.put("/targets/", permission="sales.manage", response=TargetsChangedOut)
def set_targets(request: Request, body: TargetsIn) -> dict[str, int]:
    """Set, change and take away targets of a period, all or none."""
    goals = [each.goal() for each in body.goals]
    period = Period.parse(body.period)
    return {"changed": actions.set_targets(actor=request.actor, period=period, goals=goals, now=now())}


@routes.post("/targets/copy/", permission="sales.manage", response=TargetsChangedOut)
def copy_targets(request: Request, body: TargetsCopyIn) -> dict[str, int]:
    """Set the targets of a period as those of another, where there are none yet."""
    since, to = Period.parse(body.since), Period.parse(body.to)
    count = actions.copy_targets(actor=request.actor, since=since, to=to, growth=body.growth, now=now())
    return {"changed": count}


@routes.delete("/targets/{uuid:target_id}/", permission="sales.manage")
def remove_target(request: Request, target_id: uuid.UUID) -> None:
    actions.remove_target(actor=request.actor, target_id=target_id, now=now())


def _out(board: Board) -> dict[str, Any]:
    return {
        "period": str(board.period),
        "start": board.period.start,
        "end": board.period.end,
        "currency": board.rates.currency,
        "gone": board.gone,
        "without_rate": board.rates.missing,
        "targets": [_target(each) for each in board.standings],
    }


def _target(standing: Standing) -> dict[str, Any]:
    target = standing.target
    names = ("id", "member_id", "unit_id", "product_id", "customer_id", "measure", "value")
    return {
        **{name: getattr(target, name) for name in names},
        "attained": round(standing.attained, 4),
        "share": standing.share,
        "pace": standing.pace,
        "rank": standing.rank,
    }
