"""Whose data are only kept, neither used for contact, exports and analysis nor for automatic decisions."""

import datetime
import uuid
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.models import Restriction

routes = Routes("customers")
ALL = "/customers/{uuid:customer_id}/restrictions/"


class RestrictionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT)]


class RestrictionOut(Schema):
    id: uuid.UUID
    customer_id: uuid.UUID
    reason: str
    set_by: str
    set_at: datetime.datetime
    ended_by: str
    ended_at: datetime.datetime | None


@routes.get(ALL, permission="customers.requests", response=list[RestrictionOut])
def list_restrictions(request: Request, customer_id: uuid.UUID) -> list[Restriction]:
    """All of a customer, the lasting one first."""
    return queries.restrictions_of(access.customer(request.actor, customer_id).pk)


@routes.post(ALL, permission="customers.requests", response=RestrictionOut, status=201)
def restrict_customer(request: Request, customer_id: uuid.UUID, body: RestrictionIn) -> Restriction:
    """Only keep what is known of a customer; a conflict for one who is restricted already."""
    return actions.restrict_customer(
        actor=request.actor, customer_id=customer_id, reason=body.reason, now=now()
    )


@routes.post(f"{ALL}{{uuid:restriction_id}}/end/", permission="customers.requests", response=RestrictionOut)
def end_restriction(request: Request, customer_id: uuid.UUID, restriction_id: uuid.UUID) -> Restriction:
    return actions.end_restriction(
        actor=request.actor, customer_id=customer_id, restriction_id=restriction_id, now=now()
    )
