"""Recency, frequency and monetary value: summaries of a purchase record, scores and named groups."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from zhiyin.analytics.methods.cells import Cells, Floats, Ints

Unit = Literal["day", "week", "month", "quarter", "year"]
Merge = Literal["day", "unit"]
Keys = NDArray[np.unsignedinteger[Any]]

DAYS: dict[Unit, float] = {
    "day": 1.0,
    "week": 7.0,
    "month": 365.2425 / 12,
    "quarter": 365.2425 / 4,
    "year": 365.2425,
}
WORKERS = min(4, os.cpu_count() or 1)
SMALL = 200_000
MONDAY = 4
"""1970-01-05 was a Monday."""


@dataclass(frozen=True)
class Summary:
    """The purchase history of each customer in four numbers.

    Attributes
    ----------
    customer : pyarrow.Array, shape (customers,)
        The identifiers as given; whole numbers ascending, others in order of first appearance.
    x : ndarray of int64
        Repeat purchases: distinct periods with a purchase, less the first.
    t_x, T : ndarray of float64
        Time from the first purchase to the last and to the end of observation, in units.
    spend : ndarray of float64
        Mean amount of the repeat purchases (of one period together); 0 where x is 0.
    total : ndarray of float64
        Sum of all amounts.
    first, last : ndarray of datetime64[D]
        Day of the first and last purchase (first day of the period, when merged by unit).
    """

    customer: pa.Array
    x: Ints
    t_x: Floats
    T: Floats
    spend: Floats
    total: Floats
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]

    @cached_property
    def cells(self) -> Cells:
        """The distinct histories, counted once for fit and prediction."""
        return Cells.of(self.x, self.t_x, self.T)

    def table(self) -> pa.Table:
        """The summary as an Arrow table with the columns customer, x, t_x, T, spend, total, first, last."""
        return pa.table({name: getattr(self, name) for name in self.__dataclass_fields__})


def summarise(
    customer: ArrayLike | pa.Array | pa.ChunkedArray,
    day: ArrayLike | pa.Array | pa.ChunkedArray,
    amount: ArrayLike | pa.Array | pa.ChunkedArray | None = None,
    *,
    unit: Unit = "day",
    end: date | np.datetime64 | str | None = None,
    merge: Merge = "day",
) -> Summary:
    """Summarise purchases per customer, as Fader, Hardie and Lee (2005) count them.

    Parameters
    ----------
    customer : array_like or Arrow array, shape (purchases,)
        Whole numbers or strings; dense whole numbers are fastest.
    day : array_like of datetime64, or Arrow date or timestamp, shape (purchases,)
        The time of day is dropped.
    amount : array_like, shape (purchases,), optional
        Returns should have been taken out: every row counts as a purchase.
    unit : {"day", "week", "month", "quarter", "year"}
        What t_x and T are measured in; a month is a twelfth of 365.2425 days.
    end : date, optional
        Last day of observation, the day of the last purchase if missing. Later purchases, and customers
        who had not bought by then, are left out.
    merge : {"day", "unit"}
        Purchases of one customer on the same day are one purchase; with "unit", those in the same calendar
        unit are, and times count whole units.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        Unequal lengths or missing values.
    """
    codes, names = encode(customer)
    days = days_of(day)
    amounts = None if amount is None else floats_of(amount)
    if len(days) != len(codes) or (amounts is not None and len(amounts) != len(codes)):
        raise ValueError("customer, day and amount must be of equal length")
    last_day = days_of(np.array([end], "datetime64[D]"))[0] if end is not None else None
    if last_day is not None and len(days) and days.max() > last_day:
        kept = days <= last_day
        codes, days = codes[kept], days[kept]
        amounts = None if amounts is None else amounts[kept]
    if len(codes) == 0:
        return empty_summary(names)
    calendar = Calendar.spanning(days, int(days.max()) if last_day is None else int(last_day), unit, merge)
    return count_purchases(codes, names, calendar.periods(days), amounts, calendar)


@dataclass(frozen=True)
class Calendar:
    """Maps days to periods that start at 0, and back."""

    origin: int
    start_days: NDArray[np.int32]
    end: int
    length: float
    lookup: NDArray[np.int32] | None

    @classmethod
    def spanning(cls, days: NDArray[np.int32], end: int, unit: Unit, merge: Merge) -> "Calendar":
        origin = int(days.min())
        every = np.arange(origin, max(end, int(days.max())) + 1, dtype=np.int32)
        if merge == "day":
            return cls(origin, every, end - origin, DAYS[unit], None)
        starts, lookup = np.unique(period_of(every, unit), return_index=True, return_inverse=True)[1:]
        periods = lookup.astype(np.int32)
        return cls(origin, every[starts], int(periods[end - origin]), 1.0, periods)

    def periods(self, days: NDArray[np.int32]) -> NDArray[np.int32]:
        offset = days - np.int32(self.origin)
        return offset if self.lookup is None else self.lookup[offset]


def period_of(days: NDArray[np.int32], unit: Unit) -> Ints:
    """Number of the calendar period of each day; weeks begin on Monday."""
    if unit == "day":
        return days.astype(np.int64)
    if unit == "week":
        return (days.astype(np.int64) - MONDAY) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // {"month": 1, "quarter": 3, "year": 12}[unit])


def count_purchases(
    codes: Ints, names: pa.Array, periods: NDArray[np.int32], amounts: Floats | None, calendar: Calendar
) -> Summary:
    """The summary from dense customer codes and periods.

    Distinct (customer, period) pairs are packed into one number and sorted, a range of customers per
    thread; sorting small numbers is faster than hashing pairs.
    """
    customers = len(names)
    bits = int(calendar.end).bit_length() or 1
    kind = np.uint32 if (customers - 1) << bits < 1 << 32 else np.uint64
    key: Keys = codes.astype(kind)
    np.left_shift(key, kind(bits), out=key)
    np.bitwise_or(key, periods.astype(kind), out=key)
    workers = 1 if len(key) < SMALL else WORKERS
    bounds = [customers * part // workers for part in range(workers + 1)]

    def distinct(part: int) -> tuple[Ints, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        return distinct_periods(own_keys(key, bounds[part], bounds[part + 1], bits, customers), bits)

    with ThreadPoolExecutor(workers) as pool:
        total_task = pool.submit(sum_by, codes, amounts, customers)
        pieces = list(pool.map(distinct, range(workers)))
        total = total_task.result()
    present, x, first, last = (np.concatenate(column) for column in zip(*pieces, strict=True))
    spend = np.zeros(len(present))
    if amounts is not None:
        first_of = np.full(customers, -1, np.int32)
        first_of[present] = first
        at_first = np.flatnonzero(first_of[codes] == periods)
        first_total = sum_by(codes[at_first], amounts[at_first], customers)
        np.divide((total - first_total)[present], x, out=spend, where=x > 0)
    return Summary(
        customer=names if len(present) == customers else names.take(pa.array(present)),
        x=x.astype(np.int64),
        t_x=(last - first) / calendar.length,
        T=(calendar.end - first) / calendar.length,
        spend=spend,
        total=total[present],
        first=calendar.start_days[first].astype("datetime64[D]"),
        last=calendar.start_days[last].astype("datetime64[D]"),
    )


def own_keys(key: Keys, low: int, high: int, bits: int, customers: int) -> Keys:
    """Copy of the keys of customers low to high."""
    if (low, high) == (0, customers):
        return key.copy()
    kind = key.dtype.type
    if low == 0:
        return key[key < kind(high << bits)]
    if high == customers:
        return key[key >= kind(low << bits)]
    return key[(key >= kind(low << bits)) & (key < kind(high << bits))]


def distinct_periods(
    key: Keys, bits: int
) -> tuple[Ints, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Customers present, their distinct periods less one, first and last period; sorts `key` in place."""
    key.sort()
    pairs = key[changes(key)]
    who = pairs >> pairs.dtype.type(bits)
    starts = np.flatnonzero(changes(who))
    ends = np.append(starts[1:], len(who))
    mask = pairs.dtype.type((1 << bits) - 1)
    first, last = pairs[starts] & mask, pairs[ends - 1] & mask
    return (
        who[starts].astype(np.int64),
        (ends - starts - 1).astype(np.int32),
        first.astype(np.int32),
        last.astype(np.int32),
    )


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """True where a sorted array shows a new value."""
    new = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def sum_by(codes: Ints, amounts: Floats | None, customers: int) -> Floats:
    if amounts is None:
        return np.zeros(customers)
    return np.bincount(codes, weights=amounts, minlength=customers).astype(np.float64, copy=False)


def encode(customer: ArrayLike | pa.Array | pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Dense codes of the customers and the identifier of each code."""
    values = arrow_of(customer)
    if values.null_count:
        raise ValueError("a purchase without a customer")
    if pa.types.is_integer(values.type) and len(values):
        numbers = values.to_numpy()
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < max(2 * len(values), 1000):
            codes = numbers.astype(np.int64, copy=False)
            return (codes - low if low else codes), pa.array(np.arange(low, high + 1)).cast(values.type)
    if pa.types.is_dictionary(values.type):
        return values.indices.to_numpy().astype(np.int64), values.dictionary
    found = values.dictionary_encode()
    return found.indices.to_numpy().astype(np.int64), found.dictionary


def arrow_of(values: ArrayLike | pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks()
    return values if isinstance(values, pa.Array) else pa.array(np.asarray(values))


def days_of(day: ArrayLike | pa.Array | pa.ChunkedArray) -> NDArray[np.int32]:
    """Days since 1970-01-01."""
    if isinstance(day, pa.Array | pa.ChunkedArray):
        values = arrow_of(day)
        if values.null_count:
            raise ValueError("a purchase without a date")
        return np.asarray(values.cast(pa.date32(), safe=False).view(pa.int32()).to_numpy())
    stamps = np.asarray(day)
    if stamps.dtype.kind != "M":
        stamps = stamps.astype("datetime64[D]")
    if np.isnat(stamps).any():
        raise ValueError("a purchase without a date")
    return np.asarray(stamps.astype("datetime64[D]").astype(np.int64).astype(np.int32))


def floats_of(amount: ArrayLike | pa.Array | pa.ChunkedArray) -> Floats:
    if isinstance(amount, pa.Array | pa.ChunkedArray):
        if amount.null_count:
            raise ValueError("a purchase without an amount")
        amount = pc.cast(amount, pa.float64()).to_numpy()
    values = np.asarray(amount, np.float64)
    if not np.isfinite(values.sum()):
        raise ValueError("an amount that is not a number")
    return values


def empty_summary(names: pa.Array) -> Summary:
    none, days = np.zeros(0), np.zeros(0, "datetime64[D]")
    return Summary(names[:0], np.zeros(0, np.int64), none, none, none, none, days, days)


def summary_expression(
    table: Any, *, customer: str, date: str, amount: str, unit: Unit = "day", end: date
) -> Any:
    """The same summary as an Ibis expression, for DuckDB or Spark.

    Parameters
    ----------
    table : ibis.Table
        One row per purchase.
    customer, date, amount : str
        Names of its columns.
    unit : {"day", "week", "month", "quarter", "year"}
    end : date
        Last day of observation.

    Returns
    -------
    ibis.Table
        Columns customer, x, t_x, T, spend, total, first, last; purchases of one day are one purchase.
    """
    import ibis

    daily = (
        table.select(customer=table[customer], day=table[date].cast("date"), amount=table[amount])
        .filter(lambda rows: rows.day <= ibis.literal(end, type="date"))
        .group_by("customer", "day")
        .aggregate(amount=lambda rows: rows.amount.cast("float64").sum())
    )
    people = daily.group_by("customer").aggregate(
        x=daily.count() - 1,
        first=daily.day.min(),
        last=daily.day.max(),
        total=daily.amount.sum(),
        first_amount=daily.amount.argmin(daily.day),
    )
    length = DAYS[unit]
    return people.select(
        "customer",
        "x",
        t_x=people.last.delta(people.first, unit="day") / length,
        T=ibis.literal(end, type="date").delta(people["first"], unit="day") / length,
        spend=ibis.ifelse(people.x > 0, (people.total - people.first_amount) / people.x, 0.0),
        total=people.total,
        first=people["first"],
        last=people["last"],
    )


class Group(StrEnum):
    """Named groups of customers by recency and frequency score."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALISTS = "potential_loyalists"
    NEW = "new"
    PROMISING = "promising"
    NEED_ATTENTION = "need_attention"
    ABOUT_TO_SLEEP = "about_to_sleep"
    AT_RISK = "at_risk"
    CANNOT_LOSE = "cannot_lose"
    HIBERNATING = "hibernating"
    LOST = "lost"


# Rows: recency score 1 (long ago) to 5; columns: frequency score 1 (rarely) to 5.
GROUPS: tuple[tuple[Group, ...], ...] = (
    (Group.LOST, Group.HIBERNATING, Group.AT_RISK, Group.AT_RISK, Group.CANNOT_LOSE),
    (Group.HIBERNATING, Group.HIBERNATING, Group.AT_RISK, Group.AT_RISK, Group.CANNOT_LOSE),
    (Group.ABOUT_TO_SLEEP, Group.ABOUT_TO_SLEEP, Group.NEED_ATTENTION, Group.LOYAL, Group.LOYAL),
    (Group.PROMISING, Group.POTENTIAL_LOYALISTS, Group.POTENTIAL_LOYALISTS, Group.LOYAL, Group.LOYAL),
    (Group.NEW, Group.POTENTIAL_LOYALISTS, Group.POTENTIAL_LOYALISTS, Group.CHAMPIONS, Group.CHAMPIONS),
)


def score(
    values: ArrayLike,
    *,
    scores: int = 5,
    thresholds: ArrayLike | None = None,
    low_is_good: bool = False,
) -> NDArray[np.int8]:
    """Score values 1 (worst) to `scores` (best) (Hughes 1994, Strategic Database Marketing).

    Parameters
    ----------
    values : array_like, shape (customers,)
    scores : int
        How many scores, when cut by quantiles. Equal values always get equal scores: from the smallest up,
        each score takes its share of the customers not yet scored, and all that equal the last of them; so
        where most have bought once, the others still share all further scores. Where too many are equal for
        so many groups, the groups are spread from 1 to `scores`, and those between stay empty.
    thresholds : array_like, shape (scores - 1,), optional
        Ascending cuts to use instead. A value that reaches a threshold (or does not exceed it, where low
        is good) is on its better side.
    low_is_good : bool
        As for recency in days.

    Raises
    ------
    ValueError
        Thresholds that do not ascend.
    """
    v = np.asarray(values, np.float64)
    if thresholds is None:
        cuts, top = quantile_cuts(v, scores), scores - 1
        past: Callable[[Floats, float], NDArray[np.bool_]] = np.greater
    else:
        cuts = np.asarray(thresholds, np.float64)
        if np.any(np.diff(cuts) <= 0):
            raise ValueError("thresholds must ascend")
        top = len(cuts)
        past = np.greater if low_is_good else np.greater_equal
    level = np.rint(np.arange(len(cuts) + 1) * (top / max(len(cuts), 1))).astype(np.int8)
    by_group = (top - level if low_is_good else level) + 1
    group = np.zeros(len(v), np.int8)
    for cut in cuts.tolist():
        group += past(v, cut)
    return np.asarray(by_group[group], np.int8)


def quantile_cuts(values: Floats, groups: int) -> Floats:
    """Largest value of each group but the last; fewer cuts where too many values are equal."""
    ordered, cuts, done = np.sort(values), list[float](), 0
    for left in range(groups, 1, -1):
        if done == len(ordered):
            break
        cuts.append(float(ordered[done + (len(ordered) - done - 1) // left]))
        done = int(np.searchsorted(ordered, cuts[-1], side="right"))
    return np.array(cuts if done < len(ordered) else cuts[:-1], np.float64)


def groups(recency: ArrayLike, frequency: ArrayLike, *, scores: int = 5) -> NDArray[np.str_]:
    """Name the group of each customer from the recency and frequency scores.

    Parameters
    ----------
    recency, frequency : array_like of int, shape (customers,)
        1 to `scores`; other scales are stretched to the five of the map.

    Returns
    -------
    ndarray of str, shape (customers,)
        Values of `Group`.
    """
    grid = np.array([[str(name) for name in row] for row in GROUPS])
    r, f = (np.asarray(value, np.int64) for value in (recency, frequency))
    if len(r) and (min(r.min(), f.min()) < 1 or max(r.max(), f.max()) > scores):
        raise ValueError(f"scores must lie between 1 and {scores}")
    return np.asarray(grid[(r - 1) * 5 // scores, (f - 1) * 5 // scores])
