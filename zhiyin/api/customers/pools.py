"""Operations on public pools."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Done, PoolRules, Selection, Taken
from zhiyin.customers.filters import Filter, Group
from zhiyin.customers.models import Pool

routes = Routes("customers")
WHOLE = r"^[^\x00]*$"
Limit = Annotated[int, Field(ge=1, le=1_000_000)]
Ids = Annotated[list[uuid.UUID], Field(min_length=1, max_length=5_000)]


class PoolIn(Schema):
    """Units (with those below), roles and members name who may claim; none of them: all."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
    units: list[uuid.UUID] = Field([], max_length=1_000)
    roles: list[uuid.UUID] = Field([], max_length=1_000)
    members: list[uuid.UUID] = Field([], max_length=1_000)
    daily_limit: Limit | None = Field(None, description="How many one person claims a day.")
    held_limit: Limit | None = Field(None, description="How many of this pool one person has at one time.")
    cooling_days: int = Field(30, ge=0, le=3650, description="How long the former owner waits.")
    filter: Filter = Field(
        Group(), description="Whom it takes of those returned or reclaimed; no condition: all."
    )
    position: int = Field(
        100, ge=0, le=1_000_000, description="Of several that take a customer, the lowest gets it."
    )

    def rules(self) -> PoolRules:
        return PoolRules(
            name=self.name,
            units=tuple(self.units),
            roles=tuple(self.roles),
            members=tuple(self.members),
            daily_limit=self.daily_limit,
            held_limit=self.held_limit,
            cooling_days=self.cooling_days,
            filter=self.filter,
            position=self.position,
        )


class PoolChange(PoolIn):
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class PoolOut(Schema):
    id: uuid.UUID
    version: int
    name: str
    units: list[uuid.UUID]
    roles: list[uuid.UUID]
    members: list[uuid.UUID]
    daily_limit: int | None
    held_limit: int | None
    cooling_days: int
    filter: dict[str, Any]
    position: int
    archived_at: datetime.datetime | None


class CountedPool(PoolOut):
    customers: int


class PooledOut(Schema):
    """A customer before it is claimed: none of its contact points, notes or own fields."""

    id: uuid.UUID
    code: str
    name: str
    kind: str
    status: str
    country: str
    city: str
    source: str
    created_at: datetime.datetime


class PooledFilter(BaseModel):
    text: str = Field("", max_length=100, pattern=WHOLE, description="Part of a name, or a code.")
    kind: str = Field("", max_length=12, pattern=WHOLE)
    city: str = Field("", max_length=100, pattern=WHOLE)
    source: str = Field("", max_length=64, pattern=WHOLE)
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


class ClaimIn(Schema):
    model_config = ConfigDict(extra="forbid")

    customer_ids: Ids


class AssignIn(ClaimIn):
    owner_id: uuid.UUID


class PoolReturnIn(ClaimIn):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]


class FillIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(max_length=200, pattern=TEXT)] = ""


class FilledOut(Schema):
    job_id: uuid.UUID


class TakenOut(Schema):
    """Who has an owner now, and how many of those asked for were left."""

    ids: list[uuid.UUID]
    left: int


class ReturnedOut(Schema):
    count: int
    undo_id: uuid.UUID | None


@routes.get("/pools/", permission="customers.edit", response=list[CountedPool])
def list_pools(request: Request) -> list[dict[str, Any]]:
    """The pools that one claims from, or all to who manages them."""
    found = queries.pools(request.actor)
    return [{**PoolOut.from_orm(each).dict(), "customers": count} for each, count in found]


@routes.post("/pools/", permission="pools.manage", response=PoolOut, status=201)
def create_pool(request: Request, body: PoolIn) -> Pool:
    return actions.create_pool(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/pools/{uuid:pool_id}/", permission="pools.manage", response=PoolOut)
def change_pool(request: Request, pool_id: uuid.UUID, body: PoolChange) -> Pool:
    version = None if body.version is None else str(body.version)
    return actions.change_pool(
        actor=request.actor, pool_id=pool_id, rules=body.rules(), version=version, now=now()
    )


@routes.post("/pools/{uuid:pool_id}/fill/", permission="pools.manage", response=FilledOut)
def fill_pool(request: Request, pool_id: uuid.UUID, body: FillIn) -> dict[str, uuid.UUID]:
    """Put all customers without an owner whom the filter takes into it, as a job whose result can be undone."""
    job = actions.fill_pool(actor=request.actor, pool_id=pool_id, reason=body.reason, now=now())
    return {"job_id": job.pk}


@routes.post("/pools/return/", permission="customers.edit", response=ReturnedOut)
def return_to_right_pool(request: Request, body: PoolReturnIn) -> Done:
    """Put customers that are one's own to give each into the pool whose filter takes it."""
    selection = Selection(tuple(body.customer_ids))
    return actions.return_customers(actor=request.actor, selection=selection, reason=body.reason, now=now())


@routes.post("/pools/{uuid:pool_id}/archive/", permission="pools.manage", response=PoolOut)
def archive_pool(request: Request, pool_id: uuid.UUID) -> Pool:
    """Nobody claims from it or puts customers in any more."""
    return actions.archive_pool(actor=request.actor, pool_id=pool_id, now=now())


@routes.post("/pools/{uuid:pool_id}/restore/", permission="pools.manage", response=PoolOut)
def restore_pool(request: Request, pool_id: uuid.UUID) -> Pool:
    return actions.restore_pool(actor=request.actor, pool_id=pool_id, now=now())


@routes.get("/pools/{uuid:pool_id}/customers/", permission="customers.edit", response=PageOut[PooledOut])
def list_pool_customers(request: Request, pool_id: uuid.UUID, where: Query[PooledFilter]) -> dict[str, Any]:
    """Who is in a pool, by name."""
    found = access.pool(request.actor, pool_id)
    return page_out(queries.pool_customers(request.actor, found, **where.model_dump()))


@routes.post("/pools/{uuid:pool_id}/claim/", permission="customers.edit", response=TakenOut)
def claim_customers(request: Request, pool_id: uuid.UUID, body: ClaimIn) -> Taken:
    """Take customers for oneself; 409 when none can be taken: ``already_claimed``, ``pool_quota_reached``, ``cooling_off``."""
    return actions.claim_customers(
        actor=request.actor, pool_id=pool_id, customer_ids=body.customer_ids, now=now()
    )


@routes.post("/pools/{uuid:pool_id}/assign/", permission="pools.manage", response=TakenOut)
def assign_from_pool(request: Request, pool_id: uuid.UUID, body: AssignIn) -> Taken:
    """Give customers of a pool to somebody, whatever the quotas."""
    return actions.assign_from_pool(
        actor=request.actor,
        pool_id=pool_id,
        customer_ids=body.customer_ids,
        owner_id=body.owner_id,
        now=now(),
    )


@routes.post("/pools/{uuid:pool_id}/return/", permission="customers.edit", response=ReturnedOut)
def return_customers(request: Request, pool_id: uuid.UUID, body: PoolReturnIn) -> Done:
    """Put customers into a pool that are one's own to give; others are left as they are."""
    selection = Selection(tuple(body.customer_ids))
    return actions.return_customers(
        actor=request.actor, selection=selection, pool_id=pool_id, reason=body.reason, now=now()
    )
