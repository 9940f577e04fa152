"""Moves between statuses, of all customers and of one."""

import datetime
import uuid
from typing import Any

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from zhiyin.api.http import Request, Routes
from zhiyin.customers import queries
from zhiyin.customers.choices import Stage, Status
from zhiyin.customers.fields import registry

routes = Routes("customers")


class MoveOut(Schema):
    """How many customers moved from one status to another."""

    previous: Status
    status: Status
    customers: int


class MonthOut(Schema):
    """``kept`` is the share of those who were buyers at the month's begin and were not lost during it."""

    month: datetime.date
    stocks: dict[Status, int]
    active: int
    new: int
    won_back: int
    lost: int
    kept: float | None


class FlowOut(Schema):
    repeat_rate: float | None
    moves: list[MoveOut]
    months: list[MonthOut]


class ChangeOut(Schema):
    status: Status
    reason: str
    note: str
    actor_name: str
    changed_at: datetime.datetime


class RelationshipOut(Schema):
    """``referred`` is how many customers within one's reach this one has referred.

    ``said`` has share of wallet in percent and satisfaction from 0 to 10, as far as they are seen.
    """

    since: datetime.datetime | None
    times_lost: int
    times_won_back: int
    referred: int
    said: dict[str, float | str | None]
    moves: list[ChangeOut]


class AverageOut(Schema):
    mean: float | None
    known: int = Field(description="Of how many customers it is known.")


class BaseMeasuresOut(Schema):
    """``stages`` counts customers by lifecycle stage; ``referred`` customers came through ``referrers`` others."""

    stages: dict[Stage, int]
    said: dict[str, AverageOut]
    referred: int
    referrers: int


@routes.get("/status-flow/", permission="insight.company", response=FlowOut)
def read_status_flow(request: Request, months: int = 12) -> dict[str, Any]:
    """How all customers moved in the last months, this one included; 120 at most."""
    found = queries.status_flow(request.actor, months=min(max(months, 1), 120), today=timezone.localdate())
    moves = [
        {"previous": old, "status": new, "customers": count} for (old, new), count in found.moves.items()
    ]
    return {"repeat_rate": found.repeat_rate, "moves": moves, "months": found.months}


@routes.get("/relationship-measures/", permission="insight.company", response=BaseMeasuresOut)
def read_relationship_measures(request: Request) -> queries.BaseMeasures:
    """Length and depth of the relationships with all customers; breadth is in the status flow."""
    return queries.base_measures(request.actor)


@routes.get(
    "/customers/{uuid:customer_id}/relationship/", permission="customers.view", response=RelationshipOut
)
def read_relationship(request: Request, customer_id: uuid.UUID) -> queries.Relationship:
    """One customer's changes of status and what follows from them, and how deep the relationship is."""
    customer = queries.record_customer(request.actor, customer_id)
    return queries.relationship(request.actor, customer, registry(request.actor))
