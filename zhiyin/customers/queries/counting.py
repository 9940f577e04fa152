"""How many rows a list has, without reading them all."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

EXACT_UP_TO = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` rows; only about so many when not ``exact``."""

    number: int
    exact: bool


def count(queryset: QuerySet[Any, Any]) -> Count:
    """The exact count up to 1,000, the planner's estimate beyond."""
    rows = queryset.order_by()
    some = rows[: EXACT_UP_TO + 1].count()
    if some <= EXACT_UP_TO:
        return Count(some, exact=True)
    return Count(_rounded(max(some, _estimate(rows))), exact=False)


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
