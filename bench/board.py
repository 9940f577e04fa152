"""The board of open opportunities, for people who see all, a unit's and their own.

    python -m bench.board [--requests 40]

In the tenant of ``bench.scale`` with its million customers, in a transaction that is rolled back. Prints, for 5,000 and
20,000 open opportunities, the median and the 95th percentile in milliseconds of the whole page, without the socket,
beside one statement that reads all cards with what they show, as a board without lanes of its own would.
"""

import argparse
import logging
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.scale import HOME, TENANT, settings
from zhiyin.platform.postgres.cluster import Cluster

FILL = """
INSERT INTO sales_opportunity (code, name, name_key, customer_id, pipeline_id, stage_id, furthest_id, state, owner_id, unit_id, amount,
    currency, category, channel, expected_on, stage_since, created_at, updated_at)
SELECT 'B' || n, 'Deal ' || n, 'deal ' || n, c.id, %(pipeline)s, (%(stages)s::uuid[])[1 + n %% %(many)s],
    (%(stages)s::uuid[])[1 + n %% %(many)s], 'open',
    c.owner_id, c.unit_id, (n %% 997) * 100, 'CNY', 'pipeline', 'direct', current_date + n %% 120, now(), now(), now()
FROM (SELECT id, owner_id, unit_id, row_number() OVER () AS n FROM customers_customer TABLESAMPLE SYSTEM (5) LIMIT %(open)s) c
"""
NAIVE = """
SELECT o.*, s.name, m.name, c.name FROM sales_opportunity o JOIN sales_stage s ON s.id = o.stage_id
LEFT JOIN accounts_member m ON m.id = o.owner_id LEFT JOIN customers_customer c ON c.id = o.customer_id
WHERE o.state = 'open' AND o.removed_at IS NULL ORDER BY o.expected_on
"""


def run(sql: str, values: dict[str, Any] | None = None) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def people() -> dict[str, Any]:
    """Members of the tenant, each with a role of another scope."""
    from zhiyin.accounts.models import Member, Role

    rights = ["customers.view", "sales.view", "sales.edit"]
    found = {}
    for scope, member in zip(
        ("all", "subtree", "own"), Member.objects.exclude(unit__parent=None), strict=False
    ):
        member.role = Role.objects.create(name=f"board {scope}", permissions=rights, scope=scope)
        member.save()
        found[scope] = member
    return found


def measure(what: Callable[[], object], requests: int) -> str:
    times = []
    for _each in range(requests + 5):
        began = time.perf_counter()
        what()
        times.append(1000 * (time.perf_counter() - began))
    return f"{statistics.median(times[5:]):8.1f} {statistics.quantiles(times[5:], n=20)[-1]:8.1f} ms"


def page(member: Any, address: str = "/sales/board/") -> Callable[[], None]:
    from django.core.cache import cache
    from django.test import Client

    from zhiyin.accounts import access

    client = Client()
    client.force_login(member.user)
    session = client.session
    session[access.TENANT_KEY] = str(TENANT)
    session.save()

    def ask() -> None:
        cache.clear()
        response = client.get(address)
        assert response.status_code == 200, response.status_code

    return ask


class _RolledBack(Exception):
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=40)
    requests: int = parser.parse_args().requests
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        import django

        django.setup()
        from django.conf import settings as django_settings
        from django.db import transaction
        from django.utils import timezone

        from zhiyin.platform.actors import Actor
        from zhiyin.platform.schema import migrate
        from zhiyin.platform.tenancy import scope
        from zhiyin.sales.actions import default_pipeline
        from zhiyin.sales.models import Stage

        migrate()
        django_settings.ALLOWED_HOSTS = ["*"]
        logging.disable(logging.WARNING)
        for number in (5_000, 20_000):
            try:
                with transaction.atomic(), scope(TENANT):
                    pipeline = default_pipeline(actor=Actor.system(TENANT), now=timezone.now()).pk
                    stages = list(
                        Stage.objects.filter(pipeline=pipeline, kind="open").values_list("pk", flat=True)
                    )
                    values = {"pipeline": pipeline, "stages": stages, "many": len(stages), "open": number}
                    run(FILL, values)
                    run("ANALYZE sales_opportunity")
                    print(f"{number} open opportunities")
                    for who, member in people().items():
                        print(f"  {who:10} {measure(page(member), requests)}", flush=True)
                    print(f"  all cards  {measure(lambda: run(NAIVE), requests)}", flush=True)
                    raise _RolledBack
            except _RolledBack:
                pass


if __name__ == "__main__":
    main()
