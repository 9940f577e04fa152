"""The board: open opportunities in lanes, by stage or by buying horizon."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, QuerySet

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.paging import Page, keyset, position_token
from zhiyin.sales import access
from zhiyin.sales.choices import Horizon, StageKind
from zhiyin.sales.models import Opportunity, Pipeline
from zhiyin.sales.queries.opportunities import (
    COLUMNS,
    OpportunityFilter,
    Row,
    Sums,
    matching_opportunities,
    sums_by,
    without_withheld,
)

CARDS = 20
CARD_COLUMNS = (*COLUMNS, "stage__stuck_after")
Lanes = Literal["stage", "horizon"]
UNSAID = "none"


@dataclass(frozen=True, slots=True)
class Lane:
    """One column: a stage or a horizon. A stage that closes holds no cards, they are only put there."""

    key: str
    name: str
    kind: StageKind
    cards: Page[Row]
    sums: Sequence[Sums]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.sums)


def boards() -> list[Pipeline]:
    """Those with a board, the default one first. One SQL statement."""
    return list({each.pipeline_id: each.pipeline for each in access.stages()}.values())


def board(
    actor: Actor,
    pipeline_id: uuid.UUID,
    by: Lanes,
    where: OpportunityFilter,
    *,
    now: datetime.datetime,
    today: datetime.date,
) -> list[Lane]:
    """All lanes with their sums and first cards, the soonest expected first.

    Three SQL statements, two by horizon, and one more where customers in pools are nobody's to see. Raises ``NotFound``
    for a pipeline without stages.
    """
    named = _named(pipeline_id, by)
    rows = _open(actor, pipeline_id, where, now, today)
    firsts = [
        _lane(rows, by, key)[: CARDS + 1] for key, (_name, kind) in named.items() if kind == StageKind.OPEN
    ]
    cards: dict[str, list[Row]] = defaultdict(list)
    for row in without_withheld(actor, list(firsts[0].union(*firsts[1:], all=True)) if firsts else []):
        cards[_key(row, by)].append(row)
    sums = sums_by(rows, by)
    return [
        Lane(key, name, kind, _first_page(cards[key]), sums.get("" if key == UNSAID else key, []))
        for key, (name, kind) in named.items()
    ]


def lane(
    actor: Actor,
    pipeline_id: uuid.UUID,
    by: Lanes,
    key: str,
    where: OpportunityFilter,
    *,
    after: str = "",
    limit: int = CARDS,
    now: datetime.datetime,
    today: datetime.date,
) -> Lane:
    """One lane, with its cards from ``after`` on. As many SQL statements as ``board``. Raises ``NotFound``."""
    named = _named(pipeline_id, by)
    if key not in named:
        raise NotFound
    name, kind = named[key]
    rows = _open(actor, pipeline_id, where, now, today)
    sums = sums_by(rows.filter(**_standing(by, key)), by)
    if kind != StageKind.OPEN:
        return Lane(key, name, kind, Page([], None, None), [])
    page = keyset(_lane(rows, by, key), order=["expected_on"], after=after, limit=limit)
    page = Page(without_withheld(actor, page.rows), page.next, page.previous)
    return Lane(key, name, kind, page, sums.get("" if key == UNSAID else key, []))


def _named(pipeline_id: uuid.UUID, by: Lanes) -> dict[str, tuple[str, StageKind]]:
    """Lanes in their order: name and kind by key."""
    if by == "horizon":
        said = {value: (str(label), StageKind.OPEN) for value, label in Horizon.choices}
        return {UNSAID: ("", StageKind.OPEN), **said}
    stages = access.stages().filter(pipeline=pipeline_id)
    named = {str(each.pk): (each.name, StageKind(each.kind)) for each in stages}
    if not named:
        raise NotFound
    return named


def _open(
    actor: Actor,
    pipeline_id: uuid.UUID,
    where: OpportunityFilter,
    now: datetime.datetime,
    today: datetime.date,
) -> QuerySet[Opportunity]:
    rows = matching_opportunities(actor, where, now=now, today=today)
    return rows.filter(pipeline=pipeline_id, state=StageKind.OPEN)


def _standing(by: Lanes, key: str) -> dict[str, str]:
    return {by: "" if key == UNSAID else key}


def _lane(rows: QuerySet[Opportunity], by: Lanes, key: str) -> QuerySet[Opportunity, Any]:
    ordered = rows.filter(**_standing(by, key)).order_by(F("expected_on").asc(nulls_last=True), "id")
    lane: QuerySet[Opportunity, Any] = ordered.values(*CARD_COLUMNS)
    return lane


def _key(row: Row, by: Lanes) -> str:
    return str(row["stage_id"]) if by == "stage" else str(row["horizon"] or UNSAID)


def _first_page(rows: list[Row]) -> Page[Row]:
    shown = sorted(rows, key=_soonest)[:CARDS]
    last = shown[-1] if len(rows) > CARDS else None
    return Page(shown, position_token([last["expected_on"], last["id"]]) if last else None, None)


def _soonest(row: Row) -> tuple[bool, Any, Any]:
    return row["expected_on"] is None, row["expected_on"] or datetime.date.min, row["id"]


def row_is_stuck(row: Row, now: datetime.datetime) -> bool:
    """``stuck`` of a card."""
    limit: Any = row["stage__stuck_after"]
    since: Any = row["stage_since"]
    return limit is not None and since < now - datetime.timedelta(days=limit)
