"""What deals will bring until a day: by stage weights, by history, and by a model of whether and when they are won.

Days are ordinals (``date.toordinal``); a deal runs from the day it was taken up to the day it was closed.

The model takes winning and losing as competing risks over a deal's age, with deals that are open still as censored: daily
hazards by age as Nelson (1972) and Aalen (1978) estimate them, each times a factor for the month of the quarter, as many firms
win at its end what they lose at its beginning. The factor is what happened in such months by what the ages alone would have made happen,
drawn towards 1 as if ``PRIOR`` events had been seen. An open deal's chance to be won until the day is the cumulative incidence
that follows (Aalen and Johansen, 1978). Deals that are not begun yet arrive as lately, and may be won too. The interval is that of a
sum of independent wins (the arrivals Poisson), widened by how much wins cluster from week to week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zhiyin.analytics.methods.interval import PROBABILITY, Forecast

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
Amounts = NDArray[np.float64]

OPEN: Final = np.iinfo(np.int64).max
"""The closing day of a deal that is open still."""
LATELY: Final = 90
"""Days before the forecast from which arrivals and the rate of winning are taken."""
WEEKS: Final = 26
PRIOR: Final = 20.0
EPOCH: Final = 719_163
"""1970-01-01 as an ordinal."""


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals one by one: arrays of equal length.

    ``begun`` is the day each was taken up, ``closed`` the day it was won or lost, or ``OPEN``. ``asked`` is what it was said to
    be worth while it was open, ``value`` what it was worth once won; NaN where nobody said.
    """

    begun: Days
    closed: Days
    won: Flags
    asked: Amounts
    value: Amounts

    def as_of(self, day: int) -> Deals:
        """The deals as they were known at the end of a day: none that came later, none closed later."""
        is_open = self.closed > day
        known = Deals(
            self.begun,
            np.where(is_open, OPEN, self.closed),
            self.won & ~is_open,
            self.asked,
            np.where(is_open, np.nan, self.value),
        )
        return known.those(self.begun <= day)

    def those(self, wanted: Flags) -> Deals:
        return Deals(*(getattr(self, name)[wanted] for name in self.__dataclass_fields__))

    @property
    def is_open(self) -> Flags:
        found: Flags = self.closed == OPEN
        return found


@dataclass(frozen=True, slots=True)
class Risks:
    """Daily hazards of winning and of losing by age (0 first), and their factors by the month of a quarter."""

    winning: Amounts
    losing: Amounts
    win_factors: Amounts
    loss_factors: Amounts

    def chances(self, ages: Days, day: int, ends: Sequence[int]) -> Amounts:
        """Of deals that are open at the end of ``day`` at these ages, the probabilities to be won until each of ``ends``.

        Shape (ages, ends), the ends in order. A deal of age -n begins n days later. At ages beyond those that were seen
        nothing happens any more.
        """
        won, is_open = np.zeros(len(ages)), np.ones(len(ages))
        until = np.empty((len(ages), len(ends)))
        today = day
        for column, end in enumerate(ends):
            while today < end:
                today += 1
                age, month = ages + (today - day), month_of_quarter(np.array([today]))[0]
                seen = (age >= 0) & (age < len(self.winning))
                age = np.where(seen, age, 0)
                win = np.minimum(np.where(seen, self.winning[age], 0) * self.win_factors[month], 1)
                lose = np.minimum(np.where(seen, self.losing[age], 0) * self.loss_factors[month], 1 - win)
                won += is_open * win
                is_open *= 1 - win - lose
            until[:, column] = won
        return until


@dataclass(frozen=True, slots=True)
class Outlook:
    """What each group of deals is expected to bring in each span of days, and the variance of it: shape (groups, spans).

    Both add up over groups and spans. That a deal is won once only would make the variance of several spans a little smaller.
    """

    mean: Amounts
    variance: Amounts


def month_of_quarter(days: Days) -> Days:
    """0, 1 or 2."""
    months = (days - EPOCH).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    found: Days = months % 3
    return found


def risks(deals: Deals, day: int) -> Risks:
    """Estimated from deals as they are known at the end of ``day``."""
    ends = np.where(deals.is_open, day, deals.closed)
    ages = np.maximum(ends - deals.begun, 0)
    size = int(ages.max(initial=0)) + 1
    lost = ~deals.is_open & ~deals.won
    alive = np.zeros((3, size))
    for begun in np.unique(deals.begun):
        lived = np.bincount(ages[deals.begun == begun], minlength=size)[::-1].cumsum()[::-1]
        for month in range(3):
            alive[month] += lived * (month_of_quarter(begun + np.arange(size)) == month)
    hazards, factors = [], []
    for happened in (deals.won, lost):
        hazard = np.bincount(ages[happened], minlength=size) / np.maximum(alive.sum(axis=0), 1)
        seen = np.bincount(month_of_quarter(ends[happened]), minlength=3)
        hazards.append(hazard)
        factors.append((seen + PRIOR) / (alive @ hazard + PRIOR))
    return Risks(hazards[0], hazards[1], factors[0], factors[1])


def by_stage(deals: Deals, probability: float | Amounts) -> float:
    """All that is open, each deal at the probability of its stage, whenever it may close."""
    return float(np.nansum((deals.asked * probability)[deals.is_open]))


def by_history(deals: Deals, day: int, until: int, *, lately: int = LATELY) -> float:
    """As much a day as was won a day lately."""
    recent = deals.won & (deals.closed > day - lately)
    return float(np.nansum(deals.value[recent]) / lately * (until - day))


def by_model(
    deals: Deals, day: int, until: int, *, probability: float = PROBABILITY, lately: int = LATELY
) -> Forecast:
    """What will be won from the day after ``day`` to ``until``, by the model of this module."""
    found = outlook(
        deals,
        risks(deals, day),
        day,
        [until],
        group=np.zeros(len(deals.begun), np.int64),
        groups=1,
        lately=lately,
    )
    return Forecast.of(float(found.mean[0, 0]), float(found.variance[0, 0]), probability)


def outlook(
    deals: Deals,
    found: Risks,
    day: int,
    ends: Sequence[int],
    *,
    group: Days,
    groups: int,
    lately: int = LATELY,
) -> Outlook:
    """What will be won of deals that are open at the end of ``day``, and of those to come, in the spans up to each of ``ends``.

    ``group`` numbers each deal's group, below ``groups``; deals of one currency. New deals of a group come as often as lately, and
    are worth what a won one is worth on the average of all.
    """
    sold = deals.won & (deals.asked > 0)
    ratio = _Moments.of(deals.value[sold] / deals.asked[sold])
    each = _Moments.of(deals.value[deals.won])
    asked = deals.asked[deals.is_open]
    ages, which = np.unique(day - deals.begun[deals.is_open], return_inverse=True)
    chance = _in_spans(found.chances(ages, day, ends))[which]
    worth = np.where(np.isnan(asked), each.mean, asked * ratio.mean)[:, None]
    square = np.where(np.isnan(asked), each.square, asked**2 * ratio.square)[:, None]
    arrivals = np.bincount(group[deals.begun > day - lately], minlength=groups)[:, None] / lately
    newborn = _in_spans(found.chances(-np.arange(1, ends[-1] - day + 1), day, ends)).sum(axis=0)
    mean, variance = arrivals * newborn * each.mean, arrivals * newborn * each.square
    np.add.at(mean, group[deals.is_open], chance * worth)
    np.add.at(variance, group[deals.is_open], chance * square - (chance * worth) ** 2)
    return Outlook(mean, variance * _clustering(deals, day))


def _in_spans(until: Amounts) -> Amounts:
    return np.diff(until, axis=1, prepend=0)


@dataclass(frozen=True, slots=True)
class _Moments:
    mean: float
    square: float

    @classmethod
    def of(cls, values: Amounts) -> _Moments:
        known = values[~np.isnan(values)]
        return cls(float(known.mean()), float((known**2).mean())) if len(known) else cls(1.0, 1.0)


def _clustering(deals: Deals, day: int) -> float:
    """How many times more than by chance wins vary from week to week (variance by mean of counts), at least once."""
    week = (day - deals.closed[deals.won]) // 7
    counts = np.bincount(week[week < WEEKS], minlength=WEEKS)
    return max(1.0, float(counts.var(ddof=1) / counts.mean())) if counts.mean() > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Tested:
    """At a past ``day``, what was forecast to be won until the quarter's end, ``until``, and what was (``actual``)."""

    day: int
    until: int
    actual: float
    by_stage: float
    by_history: float
    by_model: Forecast


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute errors as shares of what came; ``covered`` is the share of the model's intervals that held it."""

    by_stage: float
    by_history: float
    by_model: float
    covered: float


def backtest(deals: Deals, days: Sequence[int]) -> list[Tested]:
    """The forecasts of the rest of the quarter at past days, from what was known then. Quarters that brought nothing are left out.

    Stage weights take the share that had been won, of all that had been closed by then, for every open deal.
    """
    tested = []
    for day in days:
        until, known = end_of_quarter(day), deals.as_of(day)
        came = deals.won & (deals.closed > day) & (deals.closed <= until)
        closed = int((~known.is_open).sum())
        if not closed or not came.any():
            continue
        rate = float(known.won.sum()) / closed
        tested.append(
            Tested(
                day,
                until,
                float(np.nansum(deals.value[came])),
                by_stage(known, rate),
                by_history(known, day, until),
                by_model(known, day, until),
            )
        )
    return tested


def errors(tested: Sequence[Tested]) -> Errors | None:
    """``None`` of nothing."""
    if not tested:
        return None
    actual = np.array([each.actual for each in tested])

    def off(forecasts: Sequence[float]) -> float:
        return float(np.mean(np.abs(np.array(forecasts) - actual) / actual))

    return Errors(
        by_stage=off([each.by_stage for each in tested]),
        by_history=off([each.by_history for each in tested]),
        by_model=off([each.by_model.mean for each in tested]),
        covered=float(np.mean([each.by_model.low <= each.actual <= each.by_model.high for each in tested])),
    )


def end_of_quarter(day: int) -> int:
    """The last day of the quarter that the day after ``day`` is in."""
    month = np.datetime64(day + 1 - EPOCH, "D").astype("datetime64[M]").astype(np.int64)
    after = np.datetime64(int(month // 3 * 3 + 3), "M").astype("datetime64[D]").astype(np.int64)
    return int(after) + EPOCH - 1
