"""Lists of opportunities, and their sums."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Now, Replace
from django.db.models.lookups import Contains
from pydantic import BaseModel, Field, StringConstraints

from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.pinyin import normalise
from zhiyin.sales import access
from zhiyin.sales.choices import Category, Horizon, StageKind
from zhiyin.sales.models import CloseReason, Opportunity, Pipeline, Stage, StageStay

Row = Mapping[str, object]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Amount = Annotated[Decimal, Field(max_digits=19, decimal_places=4, allow_inf_nan=False)]
Someone = uuid.UUID | Literal["none"]
OpportunitySort = Literal[
    "name", "-name", "created", "-created", "amount", "-amount", "expected", "-expected", "closed", "-closed",
]  # fmt: skip
SORTS = {
    "name": "name_key", "created": "created_at", "amount": "amount", "expected": "expected_on", "closed": "closed_on",
}  # fmt: skip
MONEY = DecimalField(max_digits=30, decimal_places=4)
CHANCE = Coalesce(F("probability"), F("stage__probability"), F("stage__usual"), 0)
WEIGHTED = ExpressionWrapper(F("amount") * CHANCE / Decimal(100), output_field=MONEY)
COLUMNS = (
    "id", "code", "name", "name_key", "customer_id", "customer__name", "stage_id", "stage__name", "pipeline__name",
    "state", "owner__name", "amount", "discount", "currency", "probability", "stage__probability", "stage__usual", "category", "horizon",
    "source", "next_step", "next_on", "expected_on", "closed_on", "reason__name", "stage_since", "created_at",
    "version",
)  # fmt: skip


class OpportunityFilter(BaseModel):
    """Which opportunities a list shows. Values of one field are alternatives, fields narrow each other."""

    q: Text = Field("", description="Part of the name or its pinyin, or the code.")
    state: list[StageKind] = []
    stage: list[uuid.UUID] = []
    pipeline: uuid.UUID | None = None
    owner: list[Someone] = Field([], description="Members, or none for opportunities without an owner.")
    unit: list[uuid.UUID] = []
    customer: uuid.UUID | None = None
    category: list[Category] = []
    horizon: list[Horizon] = []
    source: list[Text] = []
    amount_min: Amount | None = None
    amount_max: Amount | None = None
    expected_from: datetime.date | None = None
    expected_to: datetime.date | None = None
    closed_from: datetime.date | None = None
    closed_to: datetime.date | None = None
    overdue: bool | None = Field(None, description="Open, and was expected to close before today.")
    stuck: bool | None = Field(None, description="Open, and longer in its stage than the stage allows.")
    aimless: bool | None = Field(None, description="Open, without a next step.")


@dataclass(frozen=True, slots=True)
class Sums:
    """How many opportunities, and what they are worth in one currency; ``unknown`` of them name no amount."""

    currency: str
    count: int
    amount: Decimal
    weighted: Decimal
    unknown: int


def matching_opportunities(
    actor: Actor, where: OpportunityFilter, *, now: datetime.datetime, today: datetime.date
) -> QuerySet[Opportunity]:
    """The visible opportunities that a filter lets through."""
    rows = access.opportunities(actor)
    for word in normalise(where.q).split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(code__istartswith=word)
            | Q(Contains(Replace(F("name_key"), Value(" "), Value("")), word))
        )
    for name in ("state", "stage", "category", "horizon", "source", "unit"):
        if values := getattr(where, name):
            rows = rows.filter(**{f"{name}__in": values})
    for name in ("pipeline", "customer"):
        if value := getattr(where, name):
            rows = rows.filter(**{name: value})
    if where.owner:
        named = [each for each in where.owner if each != "none"]
        rows = rows.filter(Q(owner__in=named) | (Q(owner=None) if "none" in where.owner else Q(pk__in=[])))
    bounds = {
        "amount__gte": where.amount_min,
        "amount__lte": where.amount_max,
        "expected_on__gte": where.expected_from,
        "expected_on__lte": where.expected_to,
        "closed_on__gte": where.closed_from,
        "closed_on__lte": where.closed_to,
    }
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    still = Q(state=StageKind.OPEN)
    for asked, condition in (
        (where.overdue, still & Q(expected_on__lt=today)),
        (where.stuck, still & stuck(now)),
        (where.aimless, still & Q(next_step="")),
    ):
        if asked is not None:
            rows = rows.filter(condition) if asked else rows.exclude(condition)
    return rows


def stuck(now: datetime.datetime) -> Q:
    """Longer in its stage than the stage allows; a stage that says nothing allows any time."""
    limit = ExpressionWrapper(
        F("stage__stuck_after") * datetime.timedelta(days=1),
        output_field=Opportunity._meta.get_field("stage_since"),
    )
    return Q(stage__stuck_after__isnull=False) & Q(stage_since__lt=now - limit)


def is_stuck(opportunity: Opportunity, now: datetime.datetime) -> bool:
    """``stuck`` of one that is read already."""
    limit = opportunity.stage.stuck_after
    if limit is None or opportunity.state != StageKind.OPEN:
        return False
    return opportunity.stage_since < now - datetime.timedelta(days=limit)


def list_opportunities(
    actor: Actor,
    where: OpportunityFilter,
    *,
    sort: OpportunitySort = "expected",
    after: str = "",
    limit: int = 50,
    now: datetime.datetime,
    today: datetime.date,
) -> Page[Row]:
    """One page of opportunities. One SQL statement, and one where customers in pools are nobody's to see."""
    sign = "-" if sort.startswith("-") else ""
    rows: QuerySet[Opportunity, Row] = matching_opportunities(actor, where, now=now, today=today).values(
        *COLUMNS
    )
    page = keyset(rows, order=[sign + SORTS[sort.removeprefix("-")]], after=after, limit=limit)
    return Page(without_withheld(actor, page.rows), page.next, page.previous)


def opportunity_row(actor: Actor, opportunity_id: uuid.UUID) -> dict[str, Any]:
    """One opportunity as the list has it. Raises ``NotFound``."""
    row = access.opportunities(actor).filter(pk=opportunity_id).values(*COLUMNS).first()
    if row is None:
        raise NotFound
    return dict(without_withheld(actor, [row])[0])


def without_withheld(actor: Actor, rows: Sequence[Row]) -> list[Row]:
    """Without the names of customers of whom this actor is told nothing."""
    hidden = customers.withheld(actor, (row["customer_id"] for row in rows))  # type: ignore[misc]
    unnamed = {"customer_id": None, "customer__name": None}
    return [{**row, **unnamed} if row["customer_id"] in hidden else row for row in rows]


def sum_opportunities(rows: QuerySet[Opportunity]) -> list[Sums]:
    """What some opportunities come to, by currency, the most first. One SQL statement.

    What is weighted counts each by its probability, by hand, of its stage or from history, and by 0 where none is known.
    """
    return sums_by(rows).get("", [])


def sums_by(rows: QuerySet[Opportunity], field: str = "") -> dict[str, list[Sums]]:
    """``sum_opportunities`` for each value of a field, by its text; without a field of all. One SQL statement."""
    sums = (
        rows.order_by()
        .values("currency", *filter(None, [field]))
        .annotate(
            count=Count("pk"),
            total=Coalesce(Sum("amount"), Decimal(0), output_field=MONEY),
            likely=Coalesce(Sum(WEIGHTED), Decimal(0), output_field=MONEY),
            unknown=Count("pk", filter=Q(amount=None)),
        )
    )
    found: dict[str, list[Sums]] = {}
    for each in sorted(sums, key=lambda each: (-each["count"], each["currency"])):
        told = Sums(each["currency"], each["count"], each["total"], each["likely"], each["unknown"])
        found.setdefault(str(each.get(field, "")), []).append(told)
    return found


def stays_of(opportunity: Opportunity) -> list[StageStay]:
    """The stages it stood in, the latest first. One SQL statement."""
    return list(opportunity.stays.select_related("stage", "member").order_by("-entered_at", "-id"))


def stages_of(pipeline_id: uuid.UUID) -> list[Stage]:
    return list(access.stages().filter(pipeline=pipeline_id))


def pipelines() -> list[Pipeline]:
    """With their stages. Two SQL statements."""
    there = Pipeline.objects.filter(archived_at=None).select_related("unit")
    rows = there.order_by("-is_default", "position", "name")
    return list(
        rows.prefetch_related(Prefetch("stages", Stage.objects.filter(archived_at=None).order_by("position")))
    )


def close_reasons() -> list[CloseReason]:
    return list(CloseReason.objects.filter(archived_at=None).order_by("kind", "position", "name"))


def with_open_deals() -> QuerySet[Opportunity]:
    """Open opportunities of customers; as ``present`` the moment of asking, for a deal lasts while it is open."""
    still = Opportunity.objects.filter(state=StageKind.OPEN, removed_at=None, customer__isnull=False)
    return still.annotate(present=Now())
