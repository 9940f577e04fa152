"""Filters on and orders by a company's own fields at a million customers, under row-level security.

    python -m bench.fields [--requests 60]

In the tenant of ``bench.scale``, whose customers get six own fields the first time. Prints the median and the 95th
percentile in milliseconds of a page with its count as the list asks for them, values drawn anew for each, beside the
same filter on a core field, and of the page alone by a look into the JSON column of each customer, in the same order.
"""

import argparse
import functools
import json
import logging
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench.scale import HOME, TENANT, build, settings
from zhiyin.platform.postgres.cluster import Cluster

FIELDS = {
    "card": "text", "level": "choice", "points": "number", "limit": "money", "since": "date", "vip": "yes_no",
}  # fmt: skip
LEVELS = ("gold", "silver", "bronze", "none")
NAIVE = "SELECT id, name FROM customers_customer WHERE {} ORDER BY name_key, id LIMIT 51"
VALUES = """
    'card', CASE WHEN {0} < .6 THEN 'VIP-' || lpad(n::text, 8, '0') END,
    'level', CASE WHEN {1} < .001 THEN 'gold' WHEN {1} < .02 THEN 'silver' WHEN {1} < .4 THEN 'bronze'
        WHEN {1} < .9 THEN 'none' END,
    'points', CASE WHEN {2} < .8 THEN floor(10000 * power({3}, 2)) END,
    'limit', CASE WHEN {4} < .3 THEN round(({5} * 1000000)::numeric, 2) END,
    'since', CASE WHEN {6} < .5 THEN (date '2020-01-01' + floor({7} * 2500)::int)::text END,
    'vip', CASE WHEN {8} < .1 THEN true END"""


def fill(cluster: Cluster) -> None:
    """Six own fields, of which a customer has three on average. Does nothing when they are there."""
    from zhiyin.customers.actions import FieldRules, create_field
    from zhiyin.customers.models import CustomField
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope

    with scope(TENANT):
        if CustomField.objects.filter(key="card").exists():
            return
        for key, kind in FIELDS.items():
            rules = FieldRules(key, options=LEVELS if kind == "choice" else ())
            create_field(actor=Actor.system(TENANT), type=kind, key=key, rules=rules, now=_now())
    share = [
        f"((hashint8extended(n, {seed}) & 1048575)::float8 / 1048576)"
        for seed in range(11, 11 + VALUES.count("{"))
    ]
    with psycopg.connect(cluster.superuser_url("zhiyin")) as con:
        con.execute("SET session_replication_role = replica")
        con.execute(f"""UPDATE customers_customer c SET custom = jsonb_strip_nulls(jsonb_build_object(
            {VALUES.format(*share)}))
            FROM (SELECT id, right(code, 7)::bigint AS n FROM customers_customer WHERE tenant_id = '{TENANT}') s
            WHERE s.id = c.id""")
        con.execute(f"""
            INSERT INTO customers_fieldvalue (tenant_id, customer_id, field_id, place, text, number)
            SELECT c.tenant_id, c.id, f.id, v.* FROM customers_customer c, jsonb_each(c.custom) AS given
            JOIN customers_customfield f ON f.key = given.key, field_values(given.value) v
            WHERE c.tenant_id = '{TENANT}' AND f.tenant_id = c.tenant_id""")
    with psycopg.connect(cluster.superuser_url("zhiyin"), autocommit=True) as con:
        con.execute("VACUUM (ANALYZE) customers_customer, customers_fieldvalue")


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


def cases() -> dict[str, tuple[Callable[[], tuple[str, str, Any]], str]]:
    """By what they show: a condition, and the SQL of one who looks into the JSON of each customer."""
    pick = random.Random(7)
    return {
        "choice, one in a thousand": (lambda: ("level", "in", ["gold"]), "custom ->> 'level' = 'gold'"),
        "choice, one in fifty": (lambda: ("level", "in", ["silver"]), "custom ->> 'level' = 'silver'"),
        "choice, every second": (lambda: ("level", "in", ["none"]), "custom ->> 'level' = 'none'"),
        "text": (
            lambda: ("card", "in", [f"VIP-{pick.randrange(10**6):08d}"]), "custom ->> 'card' = 'VIP-00123456'"
        ),
        "text's beginning": (
            lambda: ("card", "starts", f"VIP-{pick.randrange(10**4):06d}"), "custom ->> 'card' LIKE 'VIP-001234%'"
        ),
        "number from": (
            lambda: ("points", "at_least", pick.randrange(9000, 9999)), "(custom ->> 'points')::numeric >= 9990"
        ),
        "number between": (
            lambda: ("limit", "between", _span(pick, 10**6, 5000)),
            "(custom ->> 'limit')::numeric BETWEEN 400000 AND 405000",
        ),
        "days": (
            lambda: ("since", "last", {"number": pick.randrange(7, 90), "unit": "day"}),
            "custom ->> 'since' >= '2026-10-20'",
        ),
        "yes": (lambda: ("vip", "is", True), "custom -> 'vip' = 'true'"),
        "empty": (lambda: ("points", "empty", None), "NOT custom ? 'points'"),
        "not one of": (lambda: ("level", "not_in", ["none"]), "(custom ->> 'level' = 'none') IS NOT TRUE"),
    }  # fmt: skip


def _span(pick: random.Random, most: int, wide: int) -> list[int]:
    low = pick.randrange(most)
    return [low, low + wide]


def measure(what: Callable[[], object], requests: int) -> str:
    times = []
    for _each in range(requests + 3):
        started = time.perf_counter()
        what()
        times.append((time.perf_counter() - started) * 1000)
    quantiles = statistics.quantiles(times[3:], n=20)
    return f"{quantiles[9]:8.1f} {quantiles[18]:8.1f}"


def page(actor: Any, where: dict[str, Any], sort: str = "name") -> None:
    from django.core.cache import cache

    from zhiyin.customers import queries
    from zhiyin.platform.tenancy import scope

    cache.clear()
    asked = queries.CustomerFilter(**where)
    with scope(TENANT):
        listed = queries.CustomerList(actor, asked)
        listed.count(shown=len(listed.page(sort=sort).rows))


def naive(condition: str) -> None:
    from django.db import connection

    from zhiyin.platform.tenancy import scope

    with scope(TENANT), connection.cursor() as cursor:
        cursor.execute(NAIVE.format(condition))
        cursor.fetchall()


def _tree(field: str, op: str, value: Any) -> dict[str, str]:
    said = {"field": field, "op": op} | ({} if value is None else {"value": value})
    return {"filter": json.dumps({"of": [said]})}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    requests: int = parser.parse_args().requests
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        build(cluster, 1_000_000)
        logging.disable(logging.ERROR)
        fill(cluster)
        from zhiyin.platform.actors import Actor

        actor = Actor.system(TENANT)
        print(f"{'':28}{'own field':>17}  {'JSON':>17}   ms: median, 95th percentile")
        for name, (draw, sql) in cases().items():

            def ask(draw: Callable[[], tuple[str, str, Any]] = draw) -> None:
                field, op, value = draw()
                page(actor, _tree(f"x_{field}", op, value))

            def look(sql: str = sql) -> None:
                naive(sql)

            print(f"{name:28}{measure(ask, requests)}  {measure(look, 5)}", flush=True)
        print(f"{'core: status':28}{measure(lambda: page(actor, {'status': ['loyal']}), requests)}")
        print(f"{'core: city':28}{measure(lambda: page(actor, _tree('city', 'in', ['上海'])), requests)}")
        for sort in ("x_points", "-x_points", "-x_since", "name", "-created"):
            times = measure(functools.partial(page, actor, {}, sort), requests)
            print(f"{'sorted by ' + sort:28}{times}")


if __name__ == "__main__":
    main()
