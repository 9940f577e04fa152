"""Shapes of a funnel. Shares run from 0 to 1; money is a string of decimals, by currency."""

import uuid
from typing import Any

from ninja import Schema

from zhiyin.sales.queries import Funnel, Named, Share, Tally

Interval = tuple[float, float]


class FunnelShareOut(Schema):
    """``of`` out of ``among``, with its 95 % interval (Wilson)."""

    of: int
    among: int
    value: float | None
    interval: Interval | None


class FunnelTallyOut(Schema):
    count: int
    open: int
    won: int
    lost: int
    won_value: dict[str, str]
    win_rate: FunnelShareOut
    mean_days: float | None


class FunnelStepOut(Schema):
    """``onward`` are those that came further; ``days`` is the median of the ``timed`` latest that left the stage."""

    stage_id: uuid.UUID
    name: str
    reached: int
    lost: int
    open: int
    onward: FunnelShareOut
    days: float | None
    timed: int


class NamedTallyOut(Schema):
    """Without a name nobody said it."""

    name: str
    tally: FunnelTallyOut


class FunnelOut(Schema):
    """``begun`` counts those begun in the period by what became of them, ``closed`` those closed in it."""

    steps: list[FunnelStepOut]
    begun: FunnelTallyOut
    closed: FunnelTallyOut
    won_for: list[NamedTallyOut]
    lost_for: list[NamedTallyOut]
    sources: list[NamedTallyOut]


def funnel_out(found: Funnel) -> dict[str, Any]:
    return {
        "steps": [
            {
                "stage_id": step.stage.pk,
                "name": step.stage.name,
                "reached": step.reached,
                "lost": step.lost,
                "open": step.open,
                "onward": _share(step.onward),
                "days": step.days,
                "timed": step.timed,
            }
            for step in found.steps
        ],
        "begun": _tally(found.begun),
        "closed": _tally(found.closed),
        "won_for": [_named(each) for each in found.won_for],
        "lost_for": [_named(each) for each in found.lost_for],
        "sources": [_named(each) for each in found.sources],
    }


def _share(share: Share) -> dict[str, Any]:
    return {"of": share.of, "among": share.among, "value": share.value, "interval": share.interval}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "count": tally.count,
        "open": tally.open,
        "won": tally.won,
        "lost": tally.lost,
        "won_value": {currency: str(value) for currency, value in tally.won_value.items()},
        "win_rate": _share(tally.win_rate),
        "mean_days": tally.mean_days,
    }


def _named(each: Named) -> dict[str, Any]:
    return {"name": each.name, "tally": _tally(each.tally)}
