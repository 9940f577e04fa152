"""What is forecast to be won in a period: by what is promised, by chances, by the model; how that changed, how true it was."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from pydantic import BaseModel, Field

from zhiyin.accounts.models import Member, Unit
from zhiyin.analytics.methods.interval import Forecast
from zhiyin.commerce.models import ExchangeRate
from zhiyin.commerce.queries import latest_rates
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.sales.choices import Category, FunnelPart, StageKind
from zhiyin.sales.models import ForecastCell, FunnelCell, Opportunity
from zhiyin.sales.periods import PATTERN, Period
from zhiyin.sales.queries.funnel import seen
from zhiyin.sales.queries.opportunities import MONEY, WEIGHTED

EARLIER = 8
"""Periods that were over, of which it is told how true their forecasts were."""
EVERYBODY = Q()
PARTS = ("won", "commit", "best_case", "pipeline", "weighted")
Moment = Literal["beginning", "middle"]


class ForecastFilter(BaseModel):
    """Which forecast is asked for."""

    period: str = Field(
        "", pattern=rf"^$|{PATTERN}", description="`2026`, `2026-Q4` or `2026-11`; this quarter."
    )
    owner: uuid.UUID | None = None
    unit: uuid.UUID | None = Field(None, description="With the units below it.")

    def asked(self, today: datetime.date) -> Period:
        return Period.parse(self.period) if self.period else Period.of("quarter", today)


@dataclass(frozen=True, slots=True)
class Won:
    month: datetime.date
    owner_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    currency: str
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Open:
    """Open deals of one owner, unit, currency and category that are expected to close in a month."""

    month: datetime.date
    owner_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    currency: str
    category: Category
    amount: Decimal
    weighted: Decimal
    count: int
    unknown: int


@dataclass(slots=True)
class Figures:
    """Money in one currency: ``won`` so far, and the open deals by category and by their chances (``weighted``).

    ``won_count`` and ``open_count`` are numbers of deals; of ``unknown`` open ones nobody said what they are worth.
    """

    won: Decimal = Decimal(0)
    commit: Decimal = Decimal(0)
    best_case: Decimal = Decimal(0)
    pipeline: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    won_count: int = 0
    open_count: int = 0
    unknown: int = 0

    @property
    def committed(self) -> Decimal:
        """What comes if all that is promised is won."""
        return self.won + self.commit

    @property
    def best(self) -> Decimal:
        """And the best cases too."""
        return self.committed + self.best_case

    @property
    def all(self) -> Decimal:
        return self.best + self.pipeline

    @property
    def likely(self) -> Decimal:
        """What was won, and each open deal by its chance."""
        return self.won + self.weighted

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Rates:
    """How other currencies came into the company's ``currency``: the ``used`` rates; what is in ``missing`` ones is not counted."""

    currency: str
    used: Sequence[ExchangeRate]
    missing: Sequence[str]

    @property
    def factors(self) -> dict[str, Decimal]:
        return {self.currency: Decimal(1)} | {each.currency: each.rate for each in self.used}


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit with all below it, or a person; without an id those that belong to none."""

    kind: Literal["unit", "member"]
    id: uuid.UUID | None
    name: str
    figures: Figures
    expected: Forecast | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Open deals that are in no forecast, in all currencies: expected to close before the period began, or nobody said when."""

    overdue: int
    undated: int


@dataclass(frozen=True, slots=True)
class Point:
    """What was forecast on a day; ``expected`` is what the model thought the whole period would bring."""

    day: datetime.date
    figures: Figures
    expected: Forecast | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A period that is over: what it brought, and what was forecast of it on a day at its beginning or in its middle."""

    period: Period
    moment: Moment
    point: Point
    came: Decimal

    def error(self, forecast: Decimal | float) -> float | None:
        """How far off, as a share of what came; ``None`` where nothing came."""
        return float(forecast) / float(self.came) - 1 if self.came else None

    @property
    def held(self) -> bool | None:
        """Whether what came lay within the model's bounds."""
        bounds = self.point.expected
        return None if bounds is None else bounds.low <= float(self.came) <= bounds.high


@dataclass(frozen=True, slots=True)
class Told:
    """A forecast. ``way`` leads from the top of the tree to the unit that is looked at; ``expected_on`` is the day of the model."""

    period: Period
    total: Figures
    expected: Forecast | None
    expected_on: datetime.date | None
    way: Sequence[Unit]
    branches: Sequence[Branch]
    beside: Beside
    rates: Rates
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class _View:
    """Whose deals are looked at: by ``owner_id`` and ``unit_id`` as they are (``now``) and as they were in snapshots (``then``)."""

    now: Q
    then: Q
    units: Mapping[uuid.UUID, Unit]
    base: Unit | None

    @classmethod
    def of(cls, actor: Actor, where: ForecastFilter) -> "_View":
        units = {each.pk: each for each in Unit.objects.all()}
        if where.unit and where.unit not in units:
            raise NotFound
        roots = [each for each in units.values() if each.parent_id is None]
        below = [each.pk for each in units.values() if where.unit in each.path] if where.unit else None
        then = seen(actor, owner_id=where.owner, unit_ids=None)
        if where.unit:
            then &= Q(units__contains=[where.unit])
        return cls(
            now=seen(actor, owner_id=where.owner, unit_ids=below),
            then=then,
            units=units,
            base=units[where.unit] if where.unit else roots[0] if len(roots) == 1 else None,
        )

    @property
    def way(self) -> list[Unit]:
        return [self.units[each] for each in self.base.path] if self.base else []

    def branch(
        self, owner_id: uuid.UUID | None, unit_id: uuid.UUID | None
    ) -> tuple[Literal["unit", "member"], uuid.UUID | None]:
        """The unit directly below the one that is looked at, or the person in it."""
        unit = self.units.get(unit_id) if unit_id else None
        path = unit.path if unit else []
        depth = len(self.base.path) if self.base else 0
        inside = not self.base or self.base.pk in path
        return ("unit", path[depth]) if inside and len(path) > depth else ("member", owner_id)


def forecast(actor: Actor, where: ForecastFilter, *, currency: str, today: datetime.date) -> Told:
    """The forecast of a period in the company's currency. Nine SQL statements at most, whatever the number of deals.

    Counted are deals that are the actor's own, or of the units within the record scope. Rates are the last known on the period's
    last day, or today. Raises ``NotFound`` for an unknown unit, ``Invalid`` for what is no period.
    """
    period, view = where.asked(today), _View.of(actor, where)
    over = period.end < today
    won = won_sums(period.start, period.end, view.now)
    there = [] if over else open_sums(period.start, period.end, view.now)
    latest = _latest(period, today)
    cells = _cells(view.then, period.months, [latest]) if latest else []
    points = _cells(view.then, period.months, _days(period, latest), "taken_on") if latest else []
    rates = _rates(currency, min(today, period.end), [*won, *there], [*cells, *points])
    total, branches = _branches(view, won, there, [] if over else cells, rates.factors)
    return Told(
        period=period,
        total=total,
        expected=None if over else _expected(cells, rates.factors),
        expected_on=latest,
        way=view.way,
        branches=branches,
        beside=_beside(view.now, period, today),
        rates=rates,
        points=[
            Point(day, _figures(rows, rates.factors), _expected(rows, rates.factors))
            for day, rows in _grouped(points, "taken_on").items()
        ],
    )


def forecast_outcomes(
    actor: Actor, where: ForecastFilter, *, currency: str, today: datetime.date
) -> list[Outcome]:
    """How true forecasts of the last ``EARLIER`` periods of that kind were, the latest first. Five SQL statements.

    Amounts of one period are in the company's currency at today's rates, what was forecast and what came.
    """
    kind, view = where.asked(today).kind, _View.of(actor, where)
    current = Period.of(kind, today)
    periods = [current.moved(-number) for number in range(1, EARLIER + 1)]
    taken = _taken(periods)
    if not taken:
        return []
    days = sorted(set(taken.values()))
    months = [month for period in periods for month in period.months]
    cells = _cells(view.then, months, days, "taken_on", "month")
    won = won_sums(periods[-1].start, periods[0].end, view.now)
    factors = _rates(currency, today, won, cells).factors
    found = []
    for (period, moment), day in taken.items():
        own = set(period.months)
        rows = [each for each in cells if each["taken_on"] == day and each["month"] in own]
        point = Point(day, _figures(rows, factors), _expected(rows, factors))
        came = sum(
            (each.amount * factors.get(each.currency, 0) for each in won if each.month in own), Decimal(0)
        )
        found.append(Outcome(period, moment, point, came))
    return found


def won_sums(since: datetime.date, until: datetime.date, whose: Q = EVERYBODY) -> list[Won]:
    """What was won in months, from the first to the last day of some. One SQL statement."""
    rows = FunnelCell.objects.filter(
        whose, part=FunnelPart.CLOSE, state=StageKind.WON, month__range=(since, until)
    ).values("month", "owner_id", "unit_id", "currency")
    sums = rows.annotate(total=Sum("amount"), number=Sum("count"))
    return [
        Won(row["month"], row["owner_id"], row["unit_id"], row["currency"], row["total"], row["number"])
        for row in sums
        if row["total"] or row["number"]
    ]


def open_sums(since: datetime.date, until: datetime.date, whose: Q = EVERYBODY) -> list[Open]:
    """The open deals that are expected to close in some days, without those that are omitted. One SQL statement."""
    there = Opportunity.objects.filter(
        whose, removed_at=None, state=StageKind.OPEN, expected_on__range=(since, until)
    ).exclude(category=Category.OMITTED)
    sums = (
        there.order_by()
        .values("owner_id", "unit_id", "currency", "category", month=TruncMonth("expected_on"))
        .annotate(
            total=Coalesce(Sum("amount"), Decimal(0), output_field=MONEY),
            likely=Coalesce(Sum(WEIGHTED), Decimal(0), output_field=MONEY),
            number=Count("pk"),
            unsaid=Count("pk", filter=Q(amount=None)),
        )
    )
    return [
        Open(
            row["month"], row["owner_id"], row["unit_id"], row["currency"], Category(row["category"]),
            row["total"], row["likely"], row["number"], row["unsaid"],
        )
        for row in sums
    ]  # fmt: skip


def _beside(whose: Q, period: Period, today: datetime.date) -> Beside:
    if period.end < today:
        return Beside(0, 0)
    there = Opportunity.objects.filter(whose, removed_at=None, state=StageKind.OPEN).exclude(
        category=Category.OMITTED
    )
    before, undated = Q(expected_on__lt=min(today, period.start)), Q(expected_on=None)
    # of all that are open only these are read
    found = there.filter(before | undated)
    return Beside(**found.aggregate(overdue=Count("pk", filter=before), undated=Count("pk", filter=undated)))


def _latest(period: Period, today: datetime.date) -> datetime.date | None:
    """The last day on which the period was forecast."""
    rows = ForecastCell.objects.filter(month__in=period.months, taken_on__lte=min(today, period.end))
    found: datetime.date | None = rows.aggregate(day=Max("taken_on"))["day"]
    return found


def _days(period: Period, latest: datetime.date) -> list[datetime.date]:
    """Those of a chart: each from a month before the period; of a year one a week."""
    step = 7 if period.kind == "year" else 1
    since = period.start - datetime.timedelta(days=31)
    return [latest - datetime.timedelta(days=back) for back in range(0, (latest - since).days + 1, step)]


def _taken(periods: Sequence[Period]) -> dict[tuple[Period, Moment], datetime.date]:
    """The first day of a snapshot in the first, and in the third, quarter of each period that has one."""
    asked: list[tuple[Period, Moment, datetime.date, datetime.date]] = []
    for period in periods:
        part = (period.end - period.start) / 4
        asked += [
            (period, "beginning", period.start, period.start + part),
            (period, "middle", period.start + 2 * part, period.start + 3 * part),
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT min(c.taken_on) FROM sales_forecastcell c WHERE c.month = a.month AND c.taken_on BETWEEN a.since AND a.until)
            FROM unnest(%s::date[], %s::date[], %s::date[]) WITH ORDINALITY AS a (month, since, until, n) ORDER BY n""",
            [
                [each[0].months[-1] for each in asked],
                [each[2] for each in asked],
                [each[3] for each in asked],
            ],
        )
        days = [row[0] for row in cursor.fetchall()]
    return {
        (period, moment): day
        for (period, moment, _since, _until), day in zip(asked, days, strict=True)
        if day
    }


def _cells(
    whose: Q, months: Sequence[datetime.date], days: Sequence[datetime.date], *by: str
) -> list[dict[str, Any]]:
    rows = ForecastCell.objects.filter(whose, month__in=months, taken_on__in=days)
    names = by or ("owner_id", "unit_id")
    sums = {name: Sum(name) for name in (*PARTS, "expected", "variance")}
    return [{**row} for row in rows.values("currency", *names).order_by(*names).annotate(**sums)]


def _grouped(rows: Iterable[dict[str, Any]], name: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _rates(
    currency: str, day: datetime.date, sums: Iterable[Won | Open], cells: Iterable[dict[str, Any]]
) -> Rates:
    foreign = ({each.currency for each in sums} | {each["currency"] for each in cells}) - {currency}
    used = latest_rates(sorted(foreign), day)
    return Rates(currency, used, sorted(foreign - {each.currency for each in used}))


def _figures(rows: Iterable[dict[str, Any]], factors: Mapping[str, Decimal]) -> Figures:
    total = Figures()
    for row in rows:
        factor = factors.get(row["currency"], Decimal(0))
        total += Figures(*(row[name] * factor for name in PARTS))
    return total


def _expected(rows: Iterable[dict[str, Any]], factors: Mapping[str, Decimal]) -> Forecast | None:
    """What the model thought a period would bring, with what had been won by then; ``None`` where it knew too little."""
    rows = list(rows)
    if all(row["expected"] is None for row in rows):
        return None
    rated = [(row, float(factors.get(row["currency"], 0))) for row in rows]
    mean = sum((float(row["won"]) + (row["expected"] or 0)) * factor for row, factor in rated)
    return Forecast.of(mean, sum((row["variance"] or 0) * factor**2 for row, factor in rated))


def _branches(
    view: _View,
    won: Iterable[Won],
    there: Iterable[Open],
    cells: Iterable[dict[str, Any]],
    factors: Mapping[str, Decimal],
) -> tuple[Figures, list[Branch]]:
    """The whole, and what each unit below and each person in it adds to it: units by name, then who has most."""
    found: dict[tuple[Literal["unit", "member"], uuid.UUID | None], Figures] = defaultdict(Figures)
    for each in won:
        found[view.branch(each.owner_id, each.unit_id)] += Figures(
            won=each.amount * factors.get(each.currency, 0), won_count=each.count
        )
    for deal in there:
        found[view.branch(deal.owner_id, deal.unit_id)] += _open_figures(
            deal, factors.get(deal.currency, Decimal(0))
        )
    total = sum(found.values(), Figures())
    expected: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in cells:
        expected[view.branch(row["owner_id"], row["unit_id"])].append(row)
    keys = {*found, *(key for key, rows in expected.items() if any(row["expected"] for row in rows))}
    people = dict(
        Member.objects.filter(pk__in=[key for kind, key in keys if kind == "member" and key]).values_list(
            "pk", "name"
        )
    )
    branches = [
        Branch(
            kind, key, view.units[key].name if kind == "unit" else people.get(key, ""),
            found.get((kind, key), Figures()), _expected(expected[kind, key], factors),
        )
        for kind, key in keys
    ]  # fmt: skip
    return total, sorted(
        branches,
        key=lambda each: (
            each.kind == "member",
            each.name if each.kind == "unit" else "",
            -each.figures.all,
            each.name,
        ),
    )


def _open_figures(each: Open, factor: Decimal) -> Figures:
    found = Figures(weighted=each.weighted * factor, open_count=each.count, unknown=each.unknown)
    setattr(found, each.category, each.amount * factor)
    return found
