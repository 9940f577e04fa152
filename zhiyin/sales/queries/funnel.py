"""The funnel: how far opportunities come, how long they take, why they are won and lost, and where the good ones come from."""

import datetime
import math
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import Coalesce
from pydantic import BaseModel, Field

from zhiyin.accounts.models import Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.sales import access
from zhiyin.sales.choices import FunnelPart, StageKind
from zhiyin.sales.models import CloseReason, FunnelCell, Opportunity, Stage

LATEST = 2000
"""Of how many stays in a stage, the latest that ended, its time is told; of these, of those that are asked for."""
Money = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Share:
    """``of`` out of ``among``, as a share from 0 to 1 with its 95 % interval (Wilson 1927); ``None`` of nothing."""

    of: int
    among: int

    @property
    def value(self) -> float | None:
        return self.of / self.among if self.among else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.among:
            return None
        z, n, p = 1.959964, self.among, self.of / self.among
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        below = 1 + z * z / n
        return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


@dataclass(slots=True)
class Tally:
    """Opportunities of one sort: how many are open, won and lost, and what they are worth by currency."""

    counts: dict[StageKind, int] = field(default_factory=lambda: dict.fromkeys(StageKind, 0))
    amounts: dict[StageKind, Money] = field(default_factory=lambda: {kind: {} for kind in StageKind})
    timed: int = 0
    days: int = 0

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        return self.counts[StageKind.OPEN]

    @property
    def won(self) -> int:
        return self.counts[StageKind.WON]

    @property
    def lost(self) -> int:
        return self.counts[StageKind.LOST]

    @property
    def won_value(self) -> Money:
        return self.amounts[StageKind.WON]

    @property
    def win_rate(self) -> Share:
        return Share(self.won, self.won + self.lost)

    @property
    def mean_days(self) -> float | None:
        """From when those won were taken up until they were won."""
        return self.days / self.timed if self.timed else None

    def add(self, cell: dict[str, Any]) -> None:
        kind = StageKind(cell["state"])
        self.counts[kind] += cell["count"]
        if cell["amount"]:
            worth = self.amounts[kind]
            worth[cell["currency"]] = worth.get(cell["currency"], Decimal(0)) + cell["amount"]
        if kind == StageKind.WON:
            self.timed += cell["timed"]
            self.days += cell["days"]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the funnel: how many reached it, how many of them went on, were lost here and wait; days it takes.

    ``days`` is the median of the ``timed`` that are asked for among the latest ``LATEST`` that left it.
    """

    stage: Stage
    reached: int
    lost: int
    open: int
    onward: Share
    days: float | None
    timed: int


@dataclass(frozen=True, slots=True)
class Named:
    """Opportunities that have something in common: a reason or a source; without a name nobody said it."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Funnel:
    """``begun`` counts those begun in the period by what became of them, ``closed`` those closed in it."""

    steps: Sequence[Step]
    begun: Tally
    closed: Tally
    won_for: Sequence[Named]
    lost_for: Sequence[Named]
    sources: Sequence[Named]

    def velocity(self, currency: str) -> float | None:
        """What the open opportunities bring a day, in one currency: their number, times how often one is won, times what
        a won one is worth, by the days that winning takes. ``None`` where that is not known, or won in another currency.
        """
        rate, days = self.closed.win_rate.value, self.closed.mean_days
        if rate is None or not days or set(self.closed.won_value) != {currency}:
            return None
        return self.begun.open * rate * float(self.closed.won_value[currency]) / self.closed.won / days


class FunnelFilter(BaseModel):
    """Which opportunities a funnel is about. Months count from the first that ``since`` is in to the last of ``until``."""

    since: datetime.date | None = None
    until: datetime.date | None = None
    owner: uuid.UUID | None = None
    unit: uuid.UUID | None = Field(None, description="With the units below it.")


def funnel(actor: Actor, pipeline_id: uuid.UUID, where: FunnelFilter) -> Funnel:
    """A pipeline's funnel. Seven SQL statements at most, whatever the number of opportunities.

    Counted are those that are the actor's own, or of the units within the record scope. Raises ``NotFound`` for a
    pipeline without stages.
    """
    stages = list(access.stages().filter(pipeline=pipeline_id))
    if not stages:
        raise NotFound
    units = (
        list(Unit.objects.filter(path__contains=[where.unit]).values_list("pk", flat=True))
        if where.unit
        else None
    )
    whose = seen(actor, owner_id=where.owner, unit_ids=units)
    ways, sources, closed = (_cells(part, pipeline_id, where, whose) for part in FunnelPart)
    reasons = {each.pk: each.name for each in CloseReason.objects.all()}
    by_reason = _named(closed, lambda cell: (cell["state"], reasons.get(cell["reason_id"], "")))
    return Funnel(
        steps=_steps(stages, ways, _days(stages, whose)),
        begun=_tally(ways),
        closed=_tally(closed),
        won_for=_most(tally for tally in by_reason if tally.tally.won),
        lost_for=_most(tally for tally in by_reason if tally.tally.lost),
        sources=_most(_named(sources, lambda cell: ("", cell["source"]))),
    )


def pipeline_totals(actor: Actor) -> Tally:
    """All visible opportunities, counted one by one. One SQL statement."""
    total = Tally()
    rows = access.opportunities(actor).order_by().values("state", "currency")
    days = F("closed_on") - F("engaged_on")
    timed = Q(closed_on__gte=F("engaged_on"))
    for row in rows.annotate(
        count=Count("pk"),
        amount=Coalesce(Sum("amount"), Decimal(0)),
        timed=Count("pk", filter=timed),
        mean=Avg(days, filter=timed),
    ):
        # a difference of days averages to an exact part of a day
        seconds = row["timed"] * row["mean"].total_seconds() if row["mean"] is not None else 0
        total.add({**row, "days": round(seconds / 86_400)})
    return total


def seen(actor: Actor, *, owner_id: uuid.UUID | None, unit_ids: Sequence[uuid.UUID] | None) -> Q:
    """What the actor's own deals and those of the units in their record scope have in ``owner_id`` and ``unit_id``, as far as
    they are of one owner or some units; of cells and of opportunities.
    """
    found = Q()
    if actor.scope == "own":
        found &= Q(owner_id=actor.member_id)
    elif actor.scope != "all":
        found &= Q(unit_id__in=list(actor.unit_ids)) | Q(owner_id=actor.member_id)
    if owner_id:
        found &= Q(owner_id=owner_id)
    if unit_ids is not None:
        found &= Q(unit_id__in=unit_ids)
    return found


def _cells(part: str, pipeline_id: uuid.UUID, where: FunnelFilter, whose: Q) -> list[dict[str, Any]]:
    rows = FunnelCell.objects.filter(whose, part=part, pipeline_id=pipeline_id)
    if where.since:
        rows = rows.filter(month__gte=where.since.replace(day=1))
    if where.until:
        rows = rows.filter(month__lte=where.until)
    sums = rows.values("state", "stage_id", "reason_id", "source", "currency").annotate(
        count=Sum("count"), amount=Sum("amount"), timed=Sum("timed"), days=Sum("days")
    )
    return [{**row} for row in sums]


def _tally(cells: Iterable[dict[str, Any]]) -> Tally:
    total = Tally()
    for cell in cells:
        total.add(cell)
    return total


def _steps(
    stages: Sequence[Stage], ways: Sequence[dict[str, Any]], days: dict[uuid.UUID, tuple[float, int]]
) -> list[Step]:
    way = [each for each in stages if each.kind == StageKind.OPEN]
    place = {each.pk: number for number, each in enumerate(way)}
    came: list[dict[str, int]] = [dict.fromkeys(StageKind, 0) for _each in way]
    for cell in ways:
        came[place.get(cell["stage_id"], 0)][cell["state"]] += cell["count"]
    won = sum(each[StageKind.WON] for each in came)
    steps, further = [], won
    for number in reversed(range(len(way))):
        here = came[number]
        reached = further + here[StageKind.OPEN] + here[StageKind.LOST]
        steps.append(
            Step(way[number], reached, here[StageKind.LOST], here[StageKind.OPEN], Share(further, reached),
                 *days.get(way[number].pk, (None, 0)))
        )  # fmt: skip
        further = reached
    return steps[::-1]


_STAYS = """
SELECT s.stage, percentile_cont(.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.left_at - t.entered_at) / 86400), count(*)
FROM unnest(%s::uuid[]) AS s (stage) CROSS JOIN LATERAL (
    SELECT t.opportunity_id, t.entered_at, t.left_at FROM sales_stagestay t
    WHERE t.stage_id = s.stage AND t.left_at IS NOT NULL ORDER BY t.left_at DESC LIMIT %s
) AS t {among} GROUP BY s.stage
"""


def _days(stages: Sequence[Stage], whose: Q) -> dict[uuid.UUID, tuple[float, int]]:
    """The median days in each stage among the latest that left it, and of how many."""
    among, values = "", ()
    if whose:
        mine, values = Opportunity.objects.filter(whose).values("pk").query.sql_with_params()
        # one by one: of a million there may be hundreds of thousands, to be looked up for a few thousand stays
        among = f"CROSS JOIN LATERAL ({mine} AND sales_opportunity.id = t.opportunity_id OFFSET 0) AS mine"
    with connection.cursor() as cursor:
        cursor.execute(_STAYS.format(among=among), [[each.pk for each in stages], LATEST, *values])
        return {stage: (float(median), count) for stage, median, count in cursor.fetchall()}


def _named(cells: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], tuple[str, str]]) -> list[Named]:
    """Those alike in ``key``, of which the second part is the name."""
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for cell in cells:
        tallies[key(cell)].add(cell)
    return [Named(name, tally) for (_kind, name), tally in tallies.items() if tally.count]


def _most(found: Iterable[Named]) -> list[Named]:
    """The most frequent first, what nobody named last."""
    return sorted(found, key=lambda each: (not each.name, -each.tally.won, -each.tally.count, each.name))
