"""How many rows a list has, without reading them all."""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet

from zhiyin.platform.database.bounded import TookTooLong, bounded

EXACT_UP_TO = 1000
KEPT = 30  # seconds


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` rows; only about so many when not ``exact``, or more than so many when ``least``."""

    number: int
    exact: bool
    least: bool = False


def count(queryset: QuerySet[Any, Any]) -> Count:
    """The exact count up to 1,000, the planner's estimate beyond."""
    return _count(queryset)


def kept_count(
    make: Callable[[], QuerySet[Any, Any]],
    *,
    same: object,
    within: int | None = None,
    shown: int = 0,
    told: Callable[[], int] = lambda: 0,
    told_up_to: int = 0,
) -> Count:
    """``count`` of the query set that ``make`` gives; an estimate is kept for half a minute.

    It is kept for who asks with an equal ``same``, which must name the tenant and all that narrows the rows.
    What cannot be counted ``within`` so many milliseconds is estimated; ``shown`` are there at least. More than are
    counted need not be where they are ``told``: as about so many, or as more than ``told_up_to``, to be estimated.
    """
    name = f"count:{hashlib.sha256(repr(same).encode()).hexdigest()}"
    kept: Count | None = cache.get(name)
    if kept is not None:
        return kept
    number = told()
    if EXACT_UP_TO < number <= told_up_to:
        return _keep(name, Count(_rounded(number), exact=False))
    if number > EXACT_UP_TO:
        return _keep(name, _about(make().order_by(), number))
    found = _count(make(), within, shown)
    return found if found.exact else _keep(name, found)


def _keep(name: str, found: Count) -> Count:
    cache.set(name, found, KEPT)
    return found


def _count(queryset: QuerySet[Any, Any], within: int | None = None, shown: int = 0) -> Count:
    rows = queryset.order_by()
    try:
        with bounded(within) if within else contextlib.nullcontext():
            some = rows[: EXACT_UP_TO + 1].count()
    except TookTooLong:
        return _about(rows, shown)
    return Count(some, exact=True) if some <= EXACT_UP_TO else _about(rows, some)


def _about(rows: QuerySet[Any, Any], known: int) -> Count:
    """By the planner's estimate, which right after an import knows less than the ``known`` ones that are there."""
    estimate = _rounded(_estimate(rows))
    return Count(max(estimate, _rounded(known)), exact=False, least=estimate <= EXACT_UP_TO)


def _estimate(queryset: QuerySet[Any, Any]) -> int:
    sql, params = queryset.values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    rows: int = plan[0]["Plan"]["Plan Rows"]
    return rows


def _rounded(number: int) -> int:
    """Three digits that count: the rest would feign exactness."""
    unit: int = 10 ** max(0, len(str(number)) - 3)
    return unit * round(number / unit)
