"""Cohort retention: of the customers first seen in one period, how many buy in each later one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.rfm import Unit, changes, days_of, encode, floats_of, period_of


@dataclass(frozen=True)
class Cohorts:
    """Retention triangle.

    Attributes
    ----------
    start : ndarray of datetime64[D], shape (cohorts,)
        First day of each cohort's period.
    size : ndarray of int64, shape (cohorts,)
        Customers who bought for the first time in it.
    active : ndarray of float64, shape (cohorts, periods)
        Customers who bought k periods later; column 0 is the size, NaN lies after the end of the record.
    amount : ndarray of float64, shape (cohorts, periods)
        What they spent then.
    """

    start: NDArray[np.datetime64]
    size: Ints
    active: Floats
    amount: Floats

    @property
    def retention(self) -> Floats:
        """Share of each cohort that bought k periods later, shape (cohorts, periods)."""
        return self.active / np.maximum(self.size, 1)[:, None]

    @property
    def average(self) -> Floats:
        """Retention over all cohorts old enough, weighted by size, shape (periods,)."""
        known = ~np.isnan(self.active)
        return np.asarray(np.nansum(self.active, axis=0) / np.maximum(known.T @ self.size, 1))


def cohorts(
    customer: ArrayLike | Any, day: ArrayLike | Any, amount: ArrayLike | Any | None = None, *,
    unit: Unit = "month", end: date | np.datetime64 | str | None = None,
) -> Cohorts:  # fmt: skip
    """Count customers by period of their first purchase and by period of each later one.

    Parameters
    ----------
    customer, day, amount : array_like or Arrow arrays, shape (purchases,)
    unit : {"day", "week", "month", "quarter", "year"}
        Calendar periods.
    end : date, optional
        Last day of the record, that of the last purchase if missing; later rows are left out. The period
        it lies in counts even when it is not over.

    Returns
    -------
    Cohorts
        One row per period from the first purchase to the end, also those without new customers.
    """
    codes, names = encode(customer)
    days = days_of(day)
    amounts = np.zeros(len(codes)) if amount is None else floats_of(amount)
    until = int(days_of(np.array([end], "datetime64[D]"))[0]) if end is not None else None
    if until is not None:
        kept = days <= until
        codes, days, amounts = codes[kept], days[kept], amounts[kept]
    if len(days) == 0:
        return Cohorts(
            np.zeros(0, "datetime64[D]"), np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros((0, 0))
        )
    origin = int(days.min())
    calendar = period_of(np.arange(origin, max(until or 0, int(days.max())) + 1, dtype=np.int32), unit)
    calendar -= calendar[0]
    periods = int(calendar[-1]) + 1
    period = calendar[days - origin]
    first = np.full(len(names), periods, np.int64)
    np.minimum.at(first, codes, period)
    cell = first[codes] * periods + (period - first[codes])
    key = np.sort(codes * periods + period)
    key = key[changes(key)]
    who = key // periods
    distinct = first[who] * periods + (key % periods - first[who])
    active = np.bincount(distinct, minlength=periods**2).reshape(periods, periods).astype(np.float64)
    spent = np.bincount(cell, amounts, periods**2).astype(np.float64).reshape(periods, periods)
    future = np.arange(periods)[:, None] + np.arange(periods) >= periods
    active[future] = spent[future] = np.nan
    starts = origin + np.flatnonzero(np.diff(calendar, prepend=-1))
    return Cohorts(starts.astype("datetime64[D]"), active[:, 0].astype(np.int64), active, spent)
