"""Operations on territories."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from zhiyin.api.http import Request, Routes, now
from zhiyin.api.sales.schemas import Line100
from zhiyin.customers.filters import Filter
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import TerritoryRules
from zhiyin.sales.models import Territory
from zhiyin.sales.queries import Load, Recut

routes = Routes("sales")


class TerritoryOut(Schema):
    id: uuid.UUID
    name: str
    filter: dict[str, Any]
    position: int
    owner_id: uuid.UUID | None
    starts_on: datetime.date
    ends_on: datetime.date | None
    version: int
    created_at: datetime.datetime
    archived_at: datetime.datetime | None


class TerritoryIn(Schema):
    """A customer lies in the first territory of a day, by ``position``, whose filter takes it."""

    model_config = ConfigDict(extra="forbid")

    name: Line100
    filter: Filter = Field(description="Whom it takes; at least one condition.")
    position: int = Field(100, ge=0, le=10_000)
    owner_id: uuid.UUID | None = None
    starts_on: datetime.date
    ends_on: datetime.date | None = Field(None, description="The last day; null: without an end.")

    def rules(self) -> TerritoryRules:
        return TerritoryRules(**{name: getattr(self, name) for name in TerritoryIn.model_fields})


class TerritoryChangeIn(TerritoryIn):
    """``version`` is the one that was read; an older one answers 409."""

    version: int | None = Field(None, ge=1, le=2_147_483_647)


class RecutFilter(BaseModel):
    on: datetime.date | None = Field(None, description="The day to compare with; today where it is missing.")


class LoadOut(Schema):
    """Null for the territory: what lies in none."""

    territory: uuid.UUID | None
    customers: int
    elsewhere: int = Field(description="Customers whose owner is not the territory's.")
    spend: Decimal | None = Field(description="What they bought, in the company's currency.")
    deals: int = Field(description="Open opportunities.")
    amounts: dict[str, Decimal] = Field(description="Of the open opportunities, by currency.")

    @staticmethod
    def resolve_territory(load: Load) -> uuid.UUID | None:
        return load.territory.pk if load.territory else None


class CutOut(Schema):
    day: datetime.date
    loads: list[LoadOut]


class TerritoryMoveOut(Schema):
    before: uuid.UUID | None
    after: uuid.UUID | None
    customers: int

    @staticmethod
    def resolve_before(move: queries.Move) -> uuid.UUID | None:
        return move.before.pk if move.before else None

    @staticmethod
    def resolve_after(move: queries.Move) -> uuid.UUID | None:
        return move.after.pk if move.after else None


class RecutOut(Schema):
    today: CutOut
    then: CutOut
    moves: list[TerritoryMoveOut]


@routes.get("/territories/", permission="sales.manage", response=list[TerritoryOut])
def list_territories(request: Request) -> list[Territory]:
    """Of all days, in the order in which they are asked, archived ones aside."""
    del request
    return queries.territories()


@routes.get("/territories/recut/", permission="sales.manage", response=RecutOut)
def recut_territories(request: Request, where: Query[RecutFilter]) -> Recut:
    """Today's customers by the territories of today and by those of another day; nothing is written."""
    today = timezone.localdate(now())
    return queries.recut(request.actor, on=where.on or today, today=today)


@routes.post("/territories/", permission="sales.manage", response=TerritoryOut, status=201)
def create_territory(request: Request, body: TerritoryIn) -> Territory:
    return actions.create_territory(actor=request.actor, rules=body.rules(), now=now())


@routes.put("/territories/{uuid:territory_id}/", permission="sales.manage", response=TerritoryOut)
def change_territory(request: Request, territory_id: uuid.UUID, body: TerritoryChangeIn) -> Territory:
    return actions.change_territory(
        actor=request.actor, territory_id=territory_id, rules=body.rules(), version=body.version, now=now()
    )


@routes.post("/territories/{uuid:territory_id}/archive/", permission="sales.manage", response=TerritoryOut)
def archive_territory(request: Request, territory_id: uuid.UUID) -> Territory:
    """It takes nobody any more, on no day."""
    return actions.set_territory_archived(
        actor=request.actor, territory_id=territory_id, archived=True, now=now()
    )


@routes.post("/territories/{uuid:territory_id}/restore/", permission="sales.manage", response=TerritoryOut)
def restore_territory(request: Request, territory_id: uuid.UUID) -> Territory:
    return actions.set_territory_archived(
        actor=request.actor, territory_id=territory_id, archived=False, now=now()
    )
