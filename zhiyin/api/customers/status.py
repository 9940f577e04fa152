"""Moves between statuses, of all customers and of one."""

import datetime
import uuid
from typing import Any

from django.utils import timezone
from ninja import Schema

from zhiyin.api.http import Request, Routes
from zhiyin.customers import access, queries
from zhiyin.customers.choices import Status

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
    """``referred`` is how many customers this one has referred."""

    since: datetime.datetime | None
    times_lost: int
    times_won_back: int
    referred: int
    moves: list[ChangeOut]


@routes.get("/status-flow/", permission="insight.company", response=FlowOut)
def read_status_flow(request: Request, months: int = 12) -> dict[str, Any]:
    """How all customers moved in the last months, this one included; 120 at most."""
    found = queries.status_flow(request.actor, months=min(max(months, 1), 120), today=timezone.localdate())
    moves = [
        {"previous": old, "status": new, "customers": count} for (old, new), count in found.moves.items()
    ]
    return {"repeat_rate": found.repeat_rate, "moves": moves, "months": found.months}


@routes.get(
    "/customers/{uuid:customer_id}/relationship/", permission="customers.view", response=RelationshipOut
)
def read_relationship(request: Request, customer_id: uuid.UUID) -> queries.Relationship:
    """One customer's changes of status and what follows from them."""
    access.customer(request.actor, customer_id)
    return queries.relationship(customer_id)
