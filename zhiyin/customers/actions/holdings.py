"""Works out for how long owners keep their customers, set by set."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from zhiyin.customers.models import Customer, Holding, HoldingCount, ProtectionRule
from zhiyin.customers.queries.facts import facts
from zhiyin.customers.queries.routing import first_match

OWNED, FIXED = "owned", "fixed"
_NO_FACT = "SELECT NULL::uuid AS customer_id, NULL::timestamptz AS at, NULL::text AS code WHERE false"
_REFRESH = """
WITH owned AS MATERIALIZED ({owned}), fact AS ({facts}), touched AS (
    SELECT DISTINCT ON (fact.customer_id) fact.customer_id, fact.at, fact.code
    FROM fact JOIN owned ON owned.id = fact.customer_id
        AND fact.at >= coalesce(owned.owned_since, '-infinity')
    ORDER BY fact.customer_id, fact.at DESC
), worked AS (
    SELECT owned.id, owned.owner_id, touched.at AS touched_at, r.id AS rule_id,
        CASE WHEN r.id IS NULL THEN NULL
            ELSE greatest(owned.owned_since, r.created_at, touched.at) + r.days * interval '1 day' END AS until,
        CASE WHEN r.id IS NULL THEN '' WHEN touched.at >= greatest(owned.owned_since, r.created_at)
            THEN touched.code ELSE 'owned' END AS cause
    FROM owned LEFT JOIN touched ON touched.customer_id = owned.id
    LEFT JOIN customers_protectionrule r ON r.id = owned.rule
)
INSERT INTO customers_holding AS h (customer_id, owner_id, touched_at, until, cause, rule_id)
SELECT id, owner_id, touched_at, until, cause, rule_id FROM worked
ON CONFLICT (customer_id) DO UPDATE SET
    owner_id = EXCLUDED.owner_id, touched_at = EXCLUDED.touched_at, rule_id = EXCLUDED.rule_id,
    fixed_until = CASE WHEN h.owner_id = EXCLUDED.owner_id THEN h.fixed_until END,
    fixed_reason = CASE WHEN h.owner_id = EXCLUDED.owner_id THEN h.fixed_reason ELSE '' END,
    until = CASE WHEN h.owner_id = EXCLUDED.owner_id AND EXCLUDED.until IS NOT NULL
        THEN greatest(EXCLUDED.until, h.fixed_until) ELSE EXCLUDED.until END,
    cause = CASE WHEN h.owner_id = EXCLUDED.owner_id AND h.fixed_until > EXCLUDED.until
        THEN 'fixed' ELSE EXCLUDED.cause END,
    warned_at = CASE WHEN h.owner_id = EXCLUDED.owner_id AND h.until = greatest(EXCLUDED.until, h.fixed_until)
        THEN h.warned_at END
WHERE h.owner_id <> EXCLUDED.owner_id
    OR (h.touched_at, h.rule_id) IS DISTINCT FROM (EXCLUDED.touched_at, EXCLUDED.rule_id)
    OR h.until IS DISTINCT FROM greatest(EXCLUDED.until, h.fixed_until)
"""
_COUNT = """
INSERT INTO customers_holdingcount (owner_id, touched_on, number, made_at)
SELECT owner_id, (touched_at AT TIME ZONE %s)::date, count(*), %s FROM customers_holding GROUP BY 1, 2
"""
_STALE = """
DELETE FROM customers_holding h WHERE {among} NOT EXISTS (
    SELECT FROM customers_customer c WHERE c.id = h.customer_id AND c.owner_id IS NOT NULL
)
"""


def refresh_holdings(
    tenant_id: uuid.UUID, now: datetime.datetime, ids: Sequence[uuid.UUID] | None = None
) -> None:
    """Work out anew what is known of the owners' having all customers, or some.

    A rule counts from the day it was made at the earliest: whom nobody looked after for years has its days then.
    """
    rules = ProtectionRule.objects.filter(archived_at=None).order_by("position", "created_at", "id")
    match = first_match(tenant_id, [(each.pk, each.filter) for each in rules], timezone.localdate(now))
    rows = Customer.objects.exclude(owner=None)
    if ids is not None:
        rows = rows.filter(pk__among=ids)
    owned, owned_values = _sql(rows.annotate(rule=match).values("id", "owner_id", "owned_since", "rule"))
    parts, values = [_NO_FACT], []
    for fact in facts():
        some = fact.rows() if ids is None else fact.rows().filter(customer__among=ids)
        sql, given = _sql(some.order_by().values("customer_id").annotate(at=Max(fact.at)))
        parts.append(f"SELECT customer_id, at, %s FROM ({sql}) AS each (customer_id, at)")  # noqa: S608
        values += [fact.code, *given]
    statement = _REFRESH.format(owned=owned, facts=" UNION ALL ".join(parts))
    some_only = "" if ids is None else "h.customer_id = ANY (%s::uuid[]) AND"
    with connection.cursor() as cursor:
        if ids is None:
            # right after an import the planner thinks of few customers, and a nested loop takes the square of them
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(statement, [*owned_values, *values])
        cursor.execute(_STALE.format(among=some_only), [] if ids is None else [list(ids)])
        if ids is None:
            cursor.execute("SET LOCAL enable_nestloop = on")
            _count(now)


def _count(now: datetime.datetime) -> None:
    HoldingCount.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [timezone.get_current_timezone_name(), now])


def forget_holdings(ids: Sequence[uuid.UUID]) -> None:
    """Of customers who have no owner any more nothing is known."""
    Holding.objects.filter(customer__among=ids).delete()


def _sql(rows: Any) -> tuple[str, list[Any]]:
    sql, values = rows.query.sql_with_params()
    return sql, list(values)
