"""Operations on what a deal is about: products, people, competitors."""

import uuid
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.http import Request, Routes, now
from zhiyin.api.sales.schemas import TEXT, Line200
from zhiyin.customers.choices import BuyingRole
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import DealLine, DealPerson, DealRival
from zhiyin.sales.models import Competitor, OpportunityCompetitor

routes = Routes("sales")
Number = Annotated[Decimal, Field(max_digits=19, decimal_places=4, ge=0, allow_inf_nan=False)]
Seen = Annotated[
    int | None,
    Field(ge=1, le=2_147_483_647, description="The version that was read; an older one answers 409."),
]
Remark = Annotated[str, StringConstraints(max_length=500, pattern=TEXT)]
Prose = Annotated[str, StringConstraints(max_length=5000, pattern=TEXT)]


class DealLineOut(Schema):
    product_id: uuid.UUID
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


class DealPersonOut(Schema):
    customer_id: uuid.UUID
    role: BuyingRole


class DealRivalOut(Schema):
    competitor_id: uuid.UUID
    name: str
    note: str
    won: bool

    @staticmethod
    def resolve_name(row: OpportunityCompetitor) -> str:
        return row.competitor.name


class ContentsOut(Schema):
    version: int
    amount: Decimal | None
    currency: str
    lines: list[DealLineOut]
    people: list[DealPersonOut]
    hidden: int = Field(description="People whom one may not see.")
    competitors: list[DealRivalOut]


class DealLineIn(Schema):
    model_config = ConfigDict(extra="forbid")

    product_id: uuid.UUID
    quantity: Number = Decimal(1)
    unit_price: Number | None = Field(None, description="The list price where none is given.")


class DealLinesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    lines: list[DealLineIn] = Field(max_length=100)
    version: Seen = None


class DealPersonIn(Schema):
    model_config = ConfigDict(extra="forbid")

    customer_id: uuid.UUID
    role: BuyingRole


class DealPeopleIn(Schema):
    model_config = ConfigDict(extra="forbid")

    people: list[DealPersonIn] = Field(max_length=100)
    version: Seen = None


class DealRivalIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Line200
    note: Remark = ""
    won: bool = Field(False, description="They got the deal; only of one that is lost.")


class DealRivalsIn(Schema):
    model_config = ConfigDict(extra="forbid")

    competitors: list[DealRivalIn] = Field(max_length=100)
    version: Seen = None


class CompetitorOut(Schema):
    id: uuid.UUID
    name: str
    strengths: str
    weaknesses: str


class RivalryOut(Schema):
    competitor: CompetitorOut
    open: int
    won: int
    closed: int
    lost_to: int = Field(description="Deals that they are known to have won.")


class CompetitorIn(Schema):
    model_config = ConfigDict(extra="forbid")

    strengths: Prose = ""
    weaknesses: Prose = ""


@routes.get("/opportunities/{uuid:opportunity_id}/contents/", permission="sales.view", response=ContentsOut)
def read_contents(request: Request, opportunity_id: uuid.UUID) -> dict[str, Any]:
    """The products, people and competitors of a deal."""
    found = access.opportunity(request.actor, opportunity_id)
    there = queries.contents(request.actor, found)
    return {
        "version": found.version,
        "amount": found.amount,
        "currency": found.currency,
        "lines": there.lines,
        "people": there.people,
        "hidden": there.hidden,
        "competitors": there.competitors,
    }


@routes.put("/opportunities/{uuid:opportunity_id}/lines/", permission="sales.edit", response=ContentsOut)
def set_lines(request: Request, opportunity_id: uuid.UUID, body: DealLinesIn) -> dict[str, Any]:
    """All products of an open deal; its amount becomes their sum less the discount."""
    lines = [DealLine(**each.model_dump()) for each in body.lines]
    actions.set_lines(
        actor=request.actor, opportunity_id=opportunity_id, lines=lines, version=body.version, now=now()
    )
    return read_contents(request, opportunity_id)


@routes.put("/opportunities/{uuid:opportunity_id}/people/", permission="sales.edit", response=ContentsOut)
def set_people(request: Request, opportunity_id: uuid.UUID, body: DealPeopleIn) -> dict[str, Any]:
    """All people on the customer's side with their parts; those whom one may not see stay."""
    people = [DealPerson(**each.model_dump()) for each in body.people]
    actions.set_people(
        actor=request.actor, opportunity_id=opportunity_id, people=people, version=body.version, now=now()
    )
    return read_contents(request, opportunity_id)


@routes.put(
    "/opportunities/{uuid:opportunity_id}/competitors/", permission="sales.edit", response=ContentsOut
)
def set_competitors(request: Request, opportunity_id: uuid.UUID, body: DealRivalsIn) -> dict[str, Any]:
    """All competitors for a deal, by name; a name that is not there yet becomes a new one."""
    rivals = [DealRival(**each.model_dump()) for each in body.competitors]
    actions.set_rivals(
        actor=request.actor, opportunity_id=opportunity_id, rivals=rivals, version=body.version, now=now()
    )
    return read_contents(request, opportunity_id)


@routes.get("/competitors/", permission="sales.view", response=list[RivalryOut])
def list_competitors(request: Request) -> list[dict[str, Any]]:
    """All competitors, and how the deals that one sees ended where they were."""
    return [
        {
            "competitor": each.competitor,
            "open": each.open,
            "won": each.won.of,
            "closed": each.won.among,
            "lost_to": each.lost_to,
        }
        for each in queries.rivalries(request.actor)
    ]


@routes.put("/competitors/{uuid:competitor_id}/", permission="sales.manage", response=CompetitorOut)
def update_competitor(request: Request, competitor_id: uuid.UUID, body: CompetitorIn) -> Competitor:
    return actions.update_competitor(
        actor=request.actor, competitor_id=competitor_id, now=now(), **body.model_dump()
    )
