"""What the audit entry adds to a write: one customer changed through the action, committed, with and without it.

    python -m bench.audit [--writes 400] [--rounds 5] [--entries 2000000]

In a new embedded database, durable as in production. Each round changes the same customers once with the entry and once
without, one write after the other in turn, so that both meet the same load; each write is a transaction of its own,
from the tenant's scope to the commit. Without means that ``record.write_entry`` does nothing; the event is published
either way. Then the milliseconds that the worker takes to seal an entry, which no write waits for; and in a log of
``--entries`` those of a customer's trail and of proofs.
"""

import argparse
import hashlib
import random
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from bench.imports import database

MS = 1_000


def prepared(count: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """A company with customers."""
    from django.utils import timezone

    from zhiyin.accounts.models import Tenant
    from zhiyin.customers import actions
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope

    tenant = Tenant.objects.create(code="bench", name="bench", currency="CNY")
    actor = Actor.system(tenant.id)
    with scope(tenant.id):
        made = [
            actions.create_customer(actor=actor, name=f"顾客{number}", now=timezone.now())
            for number in range(count)
        ]
    return tenant.id, [customer.pk for customer in made]


def writer(tenant: uuid.UUID, field: str) -> Callable[[uuid.UUID, str], float]:
    """Changes one customer and gives the seconds."""
    from django.utils import timezone

    from zhiyin.customers import actions
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope

    actor = Actor.system(tenant)

    def write(customer: uuid.UUID, value: str) -> float:
        began = time.perf_counter()
        with scope(tenant):
            actions.update_customer(
                actor=actor, customer_id=customer, changes={field: value}, now=timezone.now()
            )
        return time.perf_counter() - began

    return write


def compare(tenant: uuid.UUID, customers: list[uuid.UUID], field: str, rounds: int) -> None:
    write = writer(tenant, field)
    ratios, all_with, all_without = [], [], []
    for number in range(rounds + 1):
        with_entry, without = [], []
        for place, customer in enumerate(customers):
            # in turn, and the first one in turn as well
            for audited in (True, False) if place % 2 else (False, True):
                value = f"{field} {number} {audited}"
                if audited:
                    with_entry.append(write(customer, value))
                else:
                    with mock.patch("zhiyin.platform.record.write_entry", nothing):
                        without.append(write(customer, value))
        if number:  # the first warms up
            ratios.append(statistics.median(with_entry) / statistics.median(without))
            all_with += with_entry
            all_without += without
    told = [statistics.median(all_without) * MS, statistics.median(all_with) * MS, statistics.median(ratios)]
    print(f"{field:<12}{told[0]:>10.2f}{told[1]:>10.2f}{100 * (told[2] - 1):>+10.1f} %"
          f"   rounds {', '.join(f'{100 * (each - 1):+.1f}' for each in sorted(ratios))}")  # fmt: skip


def seal(tenant: uuid.UUID) -> None:
    from django.utils import timezone

    from zhiyin.platform.audit import log

    began = time.perf_counter()
    count = log.seal(tenant, now=timezone.now())
    print(f"sealing {count} entries: {(time.perf_counter() - began) * MS / count:.2f} ms each")


# a log of this size in the shape of a sealed one: twenty entries of each customer, far apart; hashes are made up
LARGE = """
INSERT INTO platform_auditentry (occurred_at, action, actor_kind, actor_name, subject_kind, subject_id, changes, request_id)
SELECT now(), 'customers.customer_changed', 'user', '高敏', 'customer', md5((n %% (%(count)s / 20))::text)::uuid,
       '{"city": ["上海", "北京"]}', md5(n::text) FROM generate_series(1, %(count)s) n;
INSERT INTO platform_auditleaf (sequence, entry_id, leaf, chain)
SELECT row_number() OVER (ORDER BY id), id, sha256(uuid_send(id)), sha256(uuid_send(id)) FROM platform_auditentry;
INSERT INTO platform_auditnode (level, index, hash)
SELECT level, n, sha256(n::text::bytea) FROM (VALUES (8), (16)) AS levels (level),
       generate_series(0, (%(count)s >> level) - 1) n
"""


def large_log(count: int) -> None:
    """Milliseconds of a customer's trail and of proofs in a log of ``count`` entries."""
    from django.db import connection, connections
    from django.utils import timezone

    from zhiyin.accounts.models import Tenant
    from zhiyin.customers import actions, queries
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.audit import proofs
    from zhiyin.platform.models import AuditEntry
    from zhiyin.platform.tenancy import scope

    tenant = Tenant.objects.create(code="large", name="large", currency="CNY")
    actor = Actor.system(tenant.id)
    began = time.perf_counter()
    with scope(tenant.id), connection.cursor() as cursor:
        for statement in LARGE.split(";"):
            cursor.execute(statement, {"count": count})
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE platform_auditentry; ANALYZE platform_auditleaf; ANALYZE platform_auditnode")
    print(f"a log of {count:,} entries, made in {time.perf_counter() - began:.0f} s")
    choice = random.Random(1)
    with scope(tenant.id):
        customers = [
            actions.create_customer(actor=actor, name=f"顾客{n}", now=timezone.now()).pk for n in range(200)
        ]
    seen = [
        uuid.UUID(hashlib.md5(str(choice.randrange(count // 20)).encode()).hexdigest()) for _ in range(200)
    ]
    rows = AuditEntry.objects.select_related("leaf")

    def far_apart(key: uuid.UUID) -> object:
        return list(rows.filter(subject_id=key, subject_kind="customer").order_by("-id")[:50])

    places = [choice.randrange(count) for _ in range(200)]
    with scope(tenant.id):
        told("trail of one customer", lambda key: queries.trail(actor, key), customers)
        told("20 entries far apart", far_apart, seen)
        told("proof of an entry", lambda n: proofs.inclusion(n, count, proofs.Stored()), places)
        told("proof of growth", lambda n: proofs.consistency(n + 1, count, proofs.Stored()), places)


def told(name: str, work: Callable[[Any], object], keys: Sequence[object]) -> None:
    times = []
    for key in keys:
        began = time.perf_counter()
        work(key)
        times.append((time.perf_counter() - began) * MS)
    print(
        f"{name:<24} p50 {statistics.median(times):.1f}  p95 {statistics.quantiles(times, n=20)[-1]:.1f} ms"
    )


def nothing(*_arguments: object, **_options: object) -> None:
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=2_000_000)
    options = parser.parse_args()
    with database():
        import django

        django.setup()
        from django.db import connections

        from zhiyin.platform.schema import migrate

        migrate()
        tenant, customers = prepared(options.writes)
        print(f"{'field':<12}{'without':>10}{'with, ms':>10}{'adds':>10}")
        for field in ("city", "name"):
            compare(tenant, customers, field, options.rounds)
        seal(tenant)
        if options.entries:
            large_log(options.entries)
        connections.close_all()


if __name__ == "__main__":
    main()
