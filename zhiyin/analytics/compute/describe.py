"""Pictures of the whole company: who brings the margin, the recency-frequency grid, who comes back."""

import datetime
from typing import Any

import numpy as np

from zhiyin.analytics.compute.purchases import Purchases
from zhiyin.analytics.compute.values import Values
from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.cohorts import cohorts
from zhiyin.analytics.methods.concentration import concentration
from zhiyin.analytics.methods.rfm import DAYS, Unit, period_of

MOST_COHORTS = {"month": 24, "quarter": 24, "year": 40}
FEWEST = 20
"""Customers below which a tenth of them is nothing to speak of."""
TOP_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)


def describe_concentration(purchases: Purchases) -> dict[str, Any]:
    """Share of the margin that the best share of customers brings; only counts where they are few."""
    margin = purchases.customers.margin
    if not len(margin):
        return {}
    found = concentration(margin)
    if found.total <= 0 or found.customers < FEWEST:
        return {"customers": found.customers, "total": found.total, "losing": found.losing}
    return {
        "customers": found.customers,
        "total": found.total,
        "losing": found.losing,
        "gini": found.gini,
        "best": {str(share): found.brought_by_best(share) for share in TOP_SHARES},
        "customers_for_80": found.customers_for(0.8),
        "curve": [
            [round(float(1 - share), 4), round(float(1 - brought), 6) + 0.0]
            for share, brought in zip(found.share_of_customers[::-1], found.lorenz[::-1], strict=True)
        ],
    }


def describe_groups(purchases: Purchases, values: Values, unit: Unit) -> dict[str, Any]:
    """Numbers for each cell of the 5 x 5 grid and for each named group, and what each score stands for."""
    if not len(purchases.customers):
        return {"cells": [], "groups": []}
    r, f = values.recency_score, values.frequency_score
    cells = [
        {"recency": int(cell // 5) + 1, "frequency": int(cell % 5) + 1} | sums
        for cell, sums in _sums((r - 1) * 5 + (f - 1), purchases, values)
    ]
    names, place = np.unique(values.group, return_inverse=True)
    named = [{"group": str(names[group])} | sums for group, sums in _sums(place, purchases, values)]
    days = np.rint((values.age - values.recency) * DAYS[unit])
    return {
        "cells": cells,
        "groups": sorted(named, key=lambda each: -each["margin"]),
        "recency_days": _ranges(r, days),
        "purchases": _ranges(f, values.frequency + 1),
    }


def _ranges(scores: Ints, numbers: np.ndarray) -> dict[str, list[int]]:
    """Least and greatest number behind each score that occurs."""
    own = {str(score): numbers[scores == score] for score in np.unique(scores)}
    return {score: [int(each.min()), int(each.max())] for score, each in own.items()}


def _sums(key: np.ndarray, purchases: Purchases, values: Values) -> list[tuple[int, dict[str, Any]]]:
    count = np.bincount(key)
    again = np.bincount(key, values.frequency > 0)
    columns = {
        "spend": purchases.customers.spend,
        "margin": purchases.customers.margin,
        "alive": values.alive,
        "expected_orders": values.expected_orders,
        "value": values.value,
    }
    sums = {name: _known_sums(key, column, len(count)) for name, column in columns.items()}
    return [
        (
            int(each),
            {"customers": int(count[each]), "returned": int(again[each])}
            | {name: column[each] for name, column in sums.items()},
        )
        for each in np.flatnonzero(count)
    ]


def _known_sums(key: np.ndarray, column: Floats, size: int) -> list[float | None]:
    known = ~np.isnan(column)
    sums, seen = np.bincount(key[known], column[known], size), np.bincount(key[known], minlength=size)
    return [float(total) if number else None for total, number in zip(sums, seen, strict=True)]


def describe_retention(purchases: Purchases) -> dict[str, Any]:
    """Cohorts by month, or by quarter or year when there would be too many; the newest of them.

    The period that is not over is left out: it would look like a loss.
    """
    if purchases.as_of is None or purchases.first_day is None:
        return {}
    months = (purchases.as_of - purchases.first_day).days / 30.44
    unit: Unit = "month" if months <= 18 else "quarter" if months <= 72 else "year"
    found = cohorts(purchases.customer, purchases.day, purchases.amount, unit=unit, end=purchases.as_of)
    kept = slice(-MOST_COHORTS[unit], None)
    share, size = found.retention[kept], found.size[kept]
    share[size == 0] = np.nan
    if unfinished(purchases.as_of, unit):
        share[np.arange(len(share))[:, None] + np.arange(share.shape[1]) == len(share) - 1] = np.nan
    known = ~np.isnan(share)
    sizes = known.T @ size
    average = np.divide(
        np.nan_to_num(share).T @ size, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0
    )
    return {
        "unit": unit,
        "start": [str(day) for day in found.start[kept]],
        "size": size.tolist(),
        "share": [[None if np.isnan(each) else round(float(each), 5) for each in row] for row in share],
        "average": [None if np.isnan(each) else round(float(each), 5) for each in average],
    }


def unfinished(day: datetime.date, unit: Unit) -> bool:
    """Whether the period of the record's last day goes on: what is bought in it is not yet known."""
    today = np.datetime64(day).astype(np.int32)
    here, next_day = period_of(np.array([today, today + 1], np.int32), unit)
    return bool(here == next_day)
