"""Lists, counts and search for people who see a part of a million customers, by role and by 10,000 shares.

    python -m bench.scoped [--requests 60]

In the tenant of ``bench.scale``, in a transaction that is rolled back. Prints, for each kind of person and page, the
median and the 95th percentile in milliseconds of the whole page, without the socket. Every request asks anew: counts
are not kept, and words and places in the list differ.
"""

import argparse
import logging
import random
import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from bench.scale import GIVEN, HOME, SURNAMES, TENANT, settings
from zhiyin.platform.postgres.cluster import Cluster

SHARES = 10_000
PAGES: dict[str, Callable[[], str]] = {
    "list": lambda: "/customers/",
    "list by creation": lambda: "/customers/?sort=-created",
    "list by value": lambda: "/customers/?sort=-value",
    "list by last order": lambda: "/customers/?sort=-last",
    "status": lambda: "/customers/?status=loyal",
    "city": lambda: '/customers/?filter={"of":[{"field":"city","op":"in","value":["上海"]}]}',
    "palette, one character": lambda: f"/search/?q={random.choice(SURNAMES)}",
    "search one character": lambda: f"/customers/?q={random.choice(SURNAMES)}",
    "search a name": lambda: f"/customers/?q={random.choice(SURNAMES)}{random.choice(GIVEN)}",
    "search a code": lambda: f"/customers/?q=C{random.randrange(10**6):07d}",
    "search a phone": lambda: f"/customers/?q={random.randrange(10**4):04d}",
}


def people() -> dict[str, Any]:
    """Signed-in members, each with ``SHARES`` customers shared: of five large units, of five small ones, sellers."""
    from zhiyin.accounts.models import Role, Unit

    root = Unit.objects.get(parent=None)
    several = Role.objects.create(name="scoped bench", permissions=RIGHTS, scope="subtree")
    own = Role.objects.create(name="scoped bench own", permissions=RIGHTS, scope="own")
    large = _unit("large", root)
    for unit in list(Unit.objects.filter(parent=root).exclude(pk=large.pk))[:4]:
        unit.parent, unit.path = large, [*large.path, unit.pk]
        unit.save()
    small = _unit("small", root)
    below = [_unit(f"small {n}", small) for n in range(4)]
    nobody = _unit("nobody's", root)
    found = {
        "five large units": _member("large", several, large),
        "five small units": _member("small", several, small),
        "seller with 200": _member("seller", own, nobody),
        "seller with shares alone": _member("shares", own, nobody),
    }
    _give([unit.pk for unit in below], 1000, "unit_id")
    _give([found["seller with 200"].pk], 200, "owner_id")
    for member in found.values():
        _share(member)
    return found | {"seller with 32,000": _seller(own)}


def _seller(own: Any) -> Any:
    """One who has his thirtieth of all customers, and no shares."""
    from zhiyin.accounts.models import Member
    from zhiyin.customers.models import Customer

    member = Member.objects.get(pk=Customer.objects.exclude(owner=None).values_list("owner", flat=True)[0])
    member.role = own
    member.save()
    return member


RIGHTS = ["customers.view", "customers.edit", "orders.view", "insight.view"]


def _unit(name: str, parent: Any) -> Any:
    from zhiyin.accounts.models import Unit

    unit = Unit(name=name, parent=parent)
    unit.path = [*parent.path, unit.pk]
    unit.save(force_insert=True)
    return unit


def _member(name: str, role: Any, unit: Any) -> Any:
    from zhiyin.accounts.models import Member, User

    user = User.objects.create(email=f"scoped-{name}@scale.example")
    return Member.objects.create(user=user, name=name, unit=unit, role=role)


def _give(keys: list[uuid.UUID], number: int, column: str) -> None:
    _run(
        f"UPDATE customers_customer SET {column} = (%s::uuid[])[1 + n %% %s] FROM (SELECT id AS key,"
        " row_number() OVER () AS n FROM customers_customer TABLESAMPLE SYSTEM (1) REPEATABLE (%s) LIMIT %s) chosen"
        " WHERE id = key",
        [keys, len(keys), number, number],
    )


def _share(member: Any) -> None:
    _run(
        "INSERT INTO customers_share (customer_id, member_id, created_at)"
        " SELECT id, %s, now() FROM customers_customer TABLESAMPLE BERNOULLI (1.2) REPEATABLE (7) LIMIT %s",
        [member.pk, SHARES],
    )


def _run(sql: str, values: list[Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def ask(member: Any, path: Callable[[], str], requests: int) -> list[float]:
    """The times of a page in milliseconds, the first five aside."""
    from django.core.cache import cache
    from django.test import Client

    from zhiyin.accounts import access

    client = Client()
    client.force_login(member.user)
    session = client.session
    session[access.TENANT_KEY] = str(TENANT)
    session.save()
    times = []
    for _each in range(requests + 5):
        cache.clear()
        address = path()
        began = time.perf_counter()
        response = client.get(address)
        times.append(1000 * (time.perf_counter() - began))
        assert response.status_code == 200, (response.status_code, address)
    return times[5:]


class _RolledBack(Exception):
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    requests = parser.parse_args().requests
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        import django

        django.setup()
        from django.conf import settings as django_settings
        from django.db import transaction

        from zhiyin.platform.schema import migrate
        from zhiyin.platform.tenancy import scope

        migrate()
        django_settings.ALLOWED_HOSTS = ["*"]
        logging.disable(logging.WARNING)
        random.seed(7)
        try:
            with transaction.atomic(), scope(TENANT):
                found = people()
                _run("ANALYZE customers_share", [])
                for who, member in found.items():
                    print(who)
                    for kind, path in PAGES.items():
                        times = ask(member, path, requests)
                        p95 = statistics.quantiles(times, n=20)[-1]
                        print(f"  {kind:20} {statistics.median(times):7.1f} {p95:7.1f} ms", flush=True)
                raise _RolledBack
        except _RolledBack:
            pass


if __name__ == "__main__":
    main()
