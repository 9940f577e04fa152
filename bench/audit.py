"""What the audit entry adds to a write: one customer changed through the action, committed, with and without it.

    python -m bench.audit [--writes 600] [--rounds 5]

In a new embedded database, durable as in production. Each round changes the same customers once with the entry and once
without, one write after the other in turn, so that both meet the same load; each write is a transaction of its own,
from the tenant's scope to the commit. Without means that ``record.write_entry`` does nothing; the event is published
either way. Beside the medians stand the seconds that the worker takes to seal, which no write waits for, and the
milliseconds of a proof.
"""

import argparse
import statistics
import time
import uuid
from collections.abc import Callable
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
                    with mock.patch("zhiyin.platform.record.write_entry"):
                        without.append(write(customer, value))
        if number:  # the first warms up
            ratios.append(statistics.median(with_entry) / statistics.median(without))
            all_with += with_entry
            all_without += without
    told = [statistics.median(all_without) * MS, statistics.median(all_with) * MS, statistics.median(ratios)]
    print(f"{field:<12}{told[0]:>10.2f}{told[1]:>10.2f}{100 * (told[2] - 1):>+10.1f} %"
          f"   rounds {', '.join(f'{100 * (each - 1):+.1f}' for each in sorted(ratios))}")  # fmt: skip


def seal_and_prove(tenant: uuid.UUID) -> None:
    import random

    from django.utils import timezone

    from zhiyin.platform.audit import checkpoints, log
    from zhiyin.platform.models import AuditEntry
    from zhiyin.platform.tenancy import scope

    began = time.perf_counter()
    count = log.seal(tenant, now=timezone.now())
    print(f"sealing {count} entries: {(time.perf_counter() - began) * MS / count:.2f} ms each")
    with scope(tenant):
        checkpoints.make(tenant, now=timezone.now())
        keys = list(AuditEntry.objects.values_list("pk", flat=True))
        times = []
        for key in random.Random(1).sample(keys, min(200, len(keys))):
            began = time.perf_counter()
            checkpoints.inclusion_proof(tenant, key)
            times.append(time.perf_counter() - began)
    print(f"proof of one entry among {len(keys)}: {statistics.median(times) * MS:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
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
        seal_and_prove(tenant)
        connections.close_all()


if __name__ == "__main__":
    main()
