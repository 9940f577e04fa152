"""The company's grades, what their rules would change, and how a customer came to his."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from zhiyin.customers import access
from zhiyin.customers.choices import GradeMeasure, GradeRule
from zhiyin.customers.models import Grade, GradeChange
from zhiyin.platform.actors import Actor

_COLUMNS = {GradeMeasure.VALUE: "value", GradeMeasure.SPEND: "spend_key", GradeMeasure.ORDERS: "orders"}
# of each measure the amounts at which the best shares of those who have one end
_CUTS = """
SELECT percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY {column} DESC) FROM analytics_customervalue
WHERE {column} > 0
"""
_NEW = f"""
SELECT c.id, c.grade_id, CASE WHEN {access.RESTRICTED} THEN c.grade_id ELSE (
    SELECT r.grade FROM unnest(%(grades)s::uuid[], %(measures)s::text[], %(least)s::float8[]) WITH ORDINALITY
        AS r (grade, measure, least, place)
    WHERE r.measure = '' OR CASE r.measure WHEN 'value' THEN v.value WHEN 'spend' THEN v.spend_key
        ELSE v.orders END >= r.least
    ORDER BY r.place LIMIT 1
) END AS new_id
FROM customers_customer c LEFT JOIN analytics_customervalue v ON v.customer_id = c.id
WHERE c.grade_held_until IS NULL OR c.grade_held_until < %(today)s
"""  # noqa: S608 - our own statements
MOVES = f"""
SELECT m.id AS customer_id, coalesce(o.name, '') AS previous, coalesce(n.name, '') AS grade, m.new_id AS grade_id,
    NULL::date AS held
FROM ({_NEW}) AS m LEFT JOIN customers_grade o ON o.id = m.grade_id LEFT JOIN customers_grade n ON n.id = m.new_id
WHERE m.new_id IS DISTINCT FROM m.grade_id
"""  # noqa: S608 - our own statements
_COUNTS = f"""
SELECT m.grade_id, m.new_id, count(*) FROM ({_NEW}) AS m GROUP BY 1, 2
"""  # noqa: S608
_HELD = """
SELECT grade_id, count(*) FROM customers_customer WHERE grade_held_until >= %(today)s GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class GradePreview:
    """How many customers have each grade (``None`` for none), would have it, and would move from which to which."""

    before: dict[uuid.UUID | None, int]
    after: dict[uuid.UUID | None, int]
    moves: dict[tuple[uuid.UUID | None, uuid.UUID | None], int]
    held: int

    @property
    def moving(self) -> int:
        return sum(self.moves.values())


def all_grades() -> list[Grade]:
    return list(Grade.objects.all())


def parameters(grades: Sequence[Grade], today: datetime.date) -> dict[str, Any]:
    """What ``MOVES`` is asked with: of each rule the least amount that it takes. A statement a measure at most."""
    ruled = [each for each in grades if each.rule != GradeRule.HAND]
    cuts = {each: _cuts(each, ruled) for each in GradeMeasure}
    least: list[float | None] = []
    for each in ruled:
        by_share = cuts[GradeMeasure(each.measure)] if each.rule == GradeRule.SHARE else {}
        least.append(by_share.get(each.pk) if each.rule == GradeRule.SHARE else float(each.amount or 0))
    return {
        "grades": [each.pk for each in ruled],
        "measures": [each.measure for each in ruled],
        "least": least,
        "today": today,
    }


def _cuts(measure: GradeMeasure, grades: Sequence[Grade]) -> dict[uuid.UUID, float | None]:
    shared = [each for each in grades if each.rule == GradeRule.SHARE and each.measure == measure]
    if not shared:
        return {}
    shares = [float(each.amount or 0) / 100 for each in shared]
    with connection.cursor() as cursor:
        cursor.execute(_CUTS.format(column=_COLUMNS[measure]), {"shares": shares})
        (found,) = cursor.fetchone()
    return {each.pk: None if found is None else found[place] for place, each in enumerate(shared)}


def preview_grades(actor: Actor, grades: Sequence[Grade], today: datetime.date) -> GradePreview:
    """What the rules would change now; nothing is written. Reads every customer."""
    actor.require("settings.manage")
    asked = parameters(grades, today)
    before: dict[uuid.UUID | None, int] = {}
    after: dict[uuid.UUID | None, int] = {}
    moves: dict[tuple[uuid.UUID | None, uuid.UUID | None], int] = {}
    held = 0
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        for old, new, count in cursor.fetchall():
            before[old] = before.get(old, 0) + count
            after[new] = after.get(new, 0) + count
            if old != new:
                moves[old, new] = count
        cursor.execute(_HELD, asked)
        for grade, count in cursor.fetchall():
            held += count
            before[grade] = before.get(grade, 0) + count
            after[grade] = after.get(grade, 0) + count
    return GradePreview(before, after, moves, held)


def grade_history(actor: Actor, customer_id: uuid.UUID) -> list[GradeChange]:
    """How a customer came to his grade, the newest first. Raises ``NotFound``."""
    customer = access.customer(actor, customer_id)
    return list(GradeChange.objects.filter(customer=customer).order_by("-changed_at", "-id")[:100])
