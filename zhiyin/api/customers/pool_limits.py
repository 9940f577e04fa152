"""Operations on the further limits of a pool."""

import uuid
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import LimitRules
from zhiyin.customers.filters import Filter
from zhiyin.customers.models import PoolLimit

routes = Routes("customers")
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class PoolLimitIn(Schema):
    """Of those customers of the pool whom the filter takes; at least one of the numbers is needed."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
    filter: Filter
    daily_limit: Number | None = Field(None, description="How many one person claims a day.")
    held_limit: Number | None = Field(None, description="How many one person has at one time.")

    def rules(self) -> LimitRules:
        return LimitRules(**{name: getattr(self, name) for name in PoolLimitIn.model_fields})


class PoolLimitChange(PoolLimitIn):
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


class PoolLimitOut(Schema):
    id: uuid.UUID
    pool_id: uuid.UUID
    version: int
    name: str
    filter: dict[str, Any]
    daily_limit: int | None
    held_limit: int | None


@routes.get("/pools/{uuid:pool_id}/limits/", permission="pools.manage", response=list[PoolLimitOut])
def list_pool_limits(request: Request, pool_id: uuid.UUID) -> list[PoolLimit]:
    return queries.limits(access.pool(request.actor, pool_id))


@routes.post("/pools/{uuid:pool_id}/limits/", permission="pools.manage", response=PoolLimitOut, status=201)
def create_pool_limit(request: Request, pool_id: uuid.UUID, body: PoolLimitIn) -> PoolLimit:
    return actions.create_pool_limit(actor=request.actor, pool_id=pool_id, rules=body.rules(), now=now())


@routes.put("/pools/limits/{uuid:limit_id}/", permission="pools.manage", response=PoolLimitOut)
def change_pool_limit(request: Request, limit_id: uuid.UUID, body: PoolLimitChange) -> PoolLimit:
    version = None if body.version is None else str(body.version)
    return actions.change_pool_limit(
        actor=request.actor, limit_id=limit_id, rules=body.rules(), version=version, now=now()
    )


@routes.post("/pools/limits/{uuid:limit_id}/remove/", permission="pools.manage", response=PoolLimitOut)
def remove_pool_limit(request: Request, limit_id: uuid.UUID) -> PoolLimit:
    """It holds no more."""
    return actions.set_limit_removed(actor=request.actor, limit_id=limit_id, removed=True, now=now())


@routes.post("/pools/limits/{uuid:limit_id}/restore/", permission="pools.manage", response=PoolLimitOut)
def restore_pool_limit(request: Request, limit_id: uuid.UUID) -> PoolLimit:
    return actions.set_limit_removed(actor=request.actor, limit_id=limit_id, removed=False, now=now())
