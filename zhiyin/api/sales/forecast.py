"""Operations on the forecast."""

import datetime
import uuid
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Literal

from django.utils import timezone
from ninja import Query, Schema
from pydantic import Field

from zhiyin.accounts.models import Tenant
from zhiyin.api.http import Request, Routes, now
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.platform import jobs
from zhiyin.sales import actions, queries
from zhiyin.sales.queries import Branch, Figures, ForecastFilter, Outcome, Point, Told

routes = Routes("sales")


class FiguresOut(Schema):
    """Money in the company's currency. Each open deal counts in one of commit, best case and pipeline; weighted counts them by
    their chances."""

    won: Decimal
    commit: Decimal
    best_case: Decimal
    pipeline: Decimal
    weighted: Decimal
    won_count: int
    open_count: int
    unknown: int = Field(description="Open deals without an amount.")


class ExpectedOut(Schema):
    """What the model expects the whole period to bring, with the bounds that hold it in 80 of 100 cases."""

    mean: float
    low: float
    high: float


class BranchOut(Schema):
    """Null for the id: deals of nobody."""

    kind: Literal["unit", "member"]
    id: uuid.UUID | None
    name: str
    figures: FiguresOut
    expected: ExpectedOut | None


class PointOut(Schema):
    day: datetime.date
    figures: FiguresOut
    expected: ExpectedOut | None


class ForecastRateOut(Schema):
    currency: str
    rate: Decimal
    day: datetime.date


class ForecastOut(Schema):
    period: str
    start: datetime.date
    end: datetime.date
    currency: str
    rates: list[ForecastRateOut]
    without_rate: list[str] = Field(
        description="Currencies whose amounts are not counted, for there is no rate."
    )
    total: FiguresOut
    expected: ExpectedOut | None
    expected_on: datetime.date | None = Field(description="The day of the model.")
    branches: list[BranchOut]
    overdue: int = Field(description="Open deals that were expected to close earlier: not counted.")
    undated: int = Field(description="Open deals without an expected close: not counted.")
    points: list[PointOut] = Field(description="The forecast as it was on earlier days.")


class OutcomeOut(Schema):
    period: str
    moment: Literal["beginning", "middle"]
    came: Decimal
    forecast: PointOut
    held: bool | None = Field(description="Whether what came lay within the model's bounds.")


@routes.get("/forecast/", permission="sales.view", response=ForecastOut)
def read_forecast(request: Request, where: Query[ForecastFilter]) -> dict[str, Any]:
    """What a period is to bring: won so far, promised, likely, and by the model.

    Counted are deals that are one's own, or of the units that one reaches.
    """
    currency = Tenant.objects.get(pk=request.actor.tenant_id).currency
    return _told(queries.forecast(request.actor, where, currency=currency, today=timezone.localdate()))


@routes.get("/forecast/outcomes/", permission="sales.view", response=list[OutcomeOut])
def list_forecast_outcomes(request: Request, where: Query[ForecastFilter]) -> list[dict[str, Any]]:
    """What was forecast of the last periods of this length, at their beginning and in their middle, and what came."""
    currency = Tenant.objects.get(pk=request.actor.tenant_id).currency
    found = queries.forecast_outcomes(request.actor, where, currency=currency, today=timezone.localdate())
    return [_outcome(each) for each in found]


@routes.post("/forecast/take/", permission="sales.manage", response=JobOut, status=202)
def take_forecast(request: Request) -> jobs.Job:
    """Work today's forecast out and keep it, as happens every evening by itself."""
    return actions.take_forecast_soon(actor=request.actor, now=now())


def _told(told: Told) -> dict[str, Any]:
    return {
        "period": str(told.period),
        "start": told.period.start,
        "end": told.period.end,
        "currency": told.rates.currency,
        "rates": [
            {"currency": each.currency, "rate": each.rate, "day": each.day} for each in told.rates.used
        ],
        "without_rate": told.rates.missing,
        "total": _figures(told.total),
        "expected": told.expected and asdict(told.expected),
        "expected_on": told.expected_on,
        "branches": [_branch(each) for each in told.branches],
        "overdue": told.beside.overdue,
        "undated": told.beside.undated,
        "points": [_point(each) for each in told.points],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, Decimal) else value
        for name, value in asdict(figures).items()
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "kind": branch.kind,
        "id": branch.id,
        "name": branch.name,
        "figures": _figures(branch.figures),
        "expected": branch.expected and asdict(branch.expected),
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "day": point.day,
        "figures": _figures(point.figures),
        "expected": point.expected and asdict(point.expected),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "period": str(outcome.period),
        "moment": outcome.moment,
        "came": round(outcome.came, 4),
        "forecast": _point(outcome.point),
        "held": outcome.held,
    }
