"""Shapes of what the operations on opportunities take and give. Money is a string of decimals."""

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.sales.choices import Category, Channel, Horizon, Need, StageKind

TEXT = r"^[^\x00]*$"
DealName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=TEXT)]
Line100 = Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
Line200 = Annotated[str, StringConstraints(max_length=200, pattern=TEXT)]
Details = Annotated[str, StringConstraints(max_length=10_000, pattern=TEXT)]
Currency = Annotated[str, StringConstraints(max_length=3, pattern=r"^([A-Za-z]{3})?$")]
DealAmount = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=4)]
Percent = Annotated[int, Field(ge=0, le=100)]
# what null takes away
EMPTIED = frozenset(
    {"amount", "discount", "probability", "customer_id", "owner_id", "expected_on", "next_on", "engaged_on"}
)


class StageOut(Schema):
    id: uuid.UUID
    name: str
    kind: StageKind
    position: int
    probability: int | None = Field(None, description="Percent, by hand.")
    usual: int | None = Field(
        None, description="Percent from history: won, of ``usual_of`` that came so far and were closed."
    )
    usual_of: int = 0
    pipeline_id: uuid.UUID
    pipeline: str = Field(alias="pipeline.name")
    entry: list[str] = Field([], description="What an opportunity must have to enter.")
    leave: list[str] = Field([], description="What it must have to go on to a later stage.")
    stuck_after: int | None = Field(None, description="Days.")


class StageIn(Schema):
    """A stage as it is to be; without an ``id`` a new one."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID | None = None
    name: Line100
    kind: StageKind = StageKind.OPEN
    probability: Percent | None = None
    stuck_after: Annotated[int, Field(ge=1, le=3650)] | None = Field(None, description="Days.")
    entry: list[Need] = []
    leave: list[Need] = []
    guide: Annotated[str, StringConstraints(max_length=5000, pattern=TEXT)] = ""


class StagesIn(Schema):
    """All stages of a pipeline in their order; one that is not among them goes, its opportunities as ``goes_to`` says."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, le=2_147_483_647)
    stages: list[StageIn] = Field(max_length=20)
    goes_to: dict[uuid.UUID, uuid.UUID] = {}


class PipelineIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Line100
    unit_id: uuid.UUID | None = None


class PipelineOut(Schema):
    id: uuid.UUID
    name: str
    unit_id: uuid.UUID | None
    is_default: bool
    version: int


class CloseReasonsIn(Schema):
    """Why deals are won, or lost, in this order; one that is not named is no longer offered."""

    model_config = ConfigDict(extra="forbid")

    kind: StageKind
    names: list[Line100] = Field(max_length=50)


class CloseReasonOut(Schema):
    id: uuid.UUID
    kind: StageKind
    name: str


class OpportunityOut(Schema):
    id: uuid.UUID
    code: str
    name: str
    customer_id: uuid.UUID | None
    customer_name: str | None = Field(None, alias="customer__name")
    stage_id: uuid.UUID
    stage: str = Field(alias="stage__name")
    pipeline: str = Field(alias="pipeline__name")
    state: StageKind
    owner: str | None = Field(None, alias="owner__name")
    amount: Decimal | None
    discount: Decimal
    currency: str
    probability: int | None = Field(None, description="Percent, by hand; without one the stage's holds.")
    stage_probability: int | None = Field(None, alias="stage__probability")
    stage_usual: int | None = Field(
        None, alias="stage__usual", description="Percent from history; holds where none is given by hand."
    )
    category: Category
    horizon: str
    source: str
    next_step: str
    next_on: datetime.date | None
    expected_on: datetime.date | None
    closed_on: datetime.date | None
    reason: str | None = Field(None, alias="reason__name")
    stage_since: datetime.datetime
    created_at: datetime.datetime
    version: int


class SumsOut(Schema):
    """In one currency; ``weighted`` counts each by its probability, ``unknown`` of them name no amount."""

    currency: str
    count: int
    amount: Decimal
    weighted: Decimal
    unknown: int


class BoardLaneOut(Schema):
    """One column: ``key`` is a stage's id or a horizon, ``none`` for opportunities that name no horizon."""

    key: str
    name: str
    kind: StageKind
    count: int
    sums: list[SumsOut]
    cards: list[OpportunityOut] = Field(
        [], description="The first, the soonest expected first.", alias="cards.rows"
    )


class _Values(Schema):
    model_config = ConfigDict(extra="forbid")

    customer_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    amount: DealAmount | None = None
    discount: DealAmount | None = Field(None, description="What was taken off; the amount is what is left.")
    currency: Currency | None = Field(None, description="Three letters; the company's when none is given.")
    probability: Percent | None = None
    category: Category | None = None
    horizon: Horizon | None = None
    channel: Channel | None = None
    source: Line100 | None = None
    campaign: Line100 | None = None
    details: Details | None = None
    next_step: Line200 | None = None
    next_on: datetime.date | None = None
    expected_on: datetime.date | None = None
    engaged_on: datetime.date | None = None


class OpportunityIn(_Values):
    name: DealName
    stage_id: uuid.UUID | None = Field(
        None, description="An open stage; the default pipeline's first without one."
    )
    code: Annotated[str, StringConstraints(max_length=64, pattern=TEXT)] = ""

    def values(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True, exclude_none=True)


class OpportunityPatch(_Values):
    """Only what is given is changed. ``version`` is the one that was read; an older one answers 409."""

    version: int = Field(ge=1, le=2_147_483_647)
    name: DealName | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True, exclude={"version"})
        return {name: value for name, value in given.items() if value is not None or name in EMPTIED}


class OpportunityMoveIn(Schema):
    """``version`` is the one that was read; who moves an older one gets 409. The rest is for stages that close."""

    model_config = ConfigDict(extra="forbid")

    stage_id: uuid.UUID
    version: int | None = Field(None, ge=1, le=2_147_483_647)
    reason_id: uuid.UUID | None = None
    reason_text: Annotated[str, StringConstraints(max_length=500, pattern=TEXT)] = ""
    closed_on: datetime.date | None = Field(None, description="Today when none is given.")
