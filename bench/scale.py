"""The big tenant: a million customers, ten million timeline events, three million orders.

``python -m bench.scale`` builds it in a cluster under ``build/scale`` and leaves it there; ``--customers N``
makes a smaller one. Deterministic: all that looks random is hashed from row numbers.
"""

import argparse
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from zhiyin.platform.postgres.cluster import Cluster

HOME = Path(os.environ.get("ZHIYIN_SCALE_HOME") or Path(__file__).parents[1] / "build" / "scale")
TENANT = uuid.UUID("0190aaaa-0000-7000-8000-000000000001")
EMAIL = "gao@scale.example"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰建国志文晓东海燕春梅子轩雨欣浩宇思远嘉怡俊凯诗涵"
CITIES = ("上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "南京", "西安", "苏州")
LOADED = (
    "customers_customer", "customers_customersearch", "customers_contactpoint", "customers_timelineevent",
    "commerce_order", "commerce_orderline", "analytics_customervalue",
)  # fmt: skip


def settings(cluster: Cluster) -> None:
    """Point Django at the cluster; before anything reads its settings."""
    os.environ["ZHIYIN_HOME"] = str(HOME)
    os.environ["ZHIYIN_DATABASE_URL"] = cluster.application_url()
    os.environ["ZHIYIN_OWNER_DATABASE_URL"] = cluster.owner_url()
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"


def build(cluster: Cluster, customers: int) -> None:
    """Make the tenant, its people and all rows. Does nothing when they are there."""
    import django

    django.setup()
    from zhiyin.platform.schema import migrate

    migrate()
    with psycopg.connect(cluster.superuser_url("zhiyin")) as con:
        if con.execute("SELECT FROM accounts_tenant WHERE id = %s", [TENANT]).rowcount:
            print("already built")
            return
        con.commit()
        make_company()
        with _without_indexes(con):
            for step in (_customers, _contacts, _orders, _events, _values):
                started = time.perf_counter()
                step(con, customers)
                print(f"{step.__name__.strip('_'):10} {time.perf_counter() - started:7.1f} s", flush=True)
        con.commit()
    with psycopg.connect(cluster.superuser_url("zhiyin"), autocommit=True) as con:
        con.execute("VACUUM (ANALYZE)")


def make_company() -> None:
    """A company of six units with thirty members, and its administrator."""
    from zhiyin.accounts.models import Member, Role, Tenant, Unit, User
    from zhiyin.platform.permissions import registered
    from zhiyin.platform.tenancy import scope

    Tenant.objects.create(id=TENANT, code="scale", name="Scale")
    with scope(TENANT):
        root = Unit(name="总部")
        root.path = [root.id]
        root.save(force_insert=True)
        units = [root]
        for number in range(5):
            unit = Unit(name=f"大区{number}", parent=root)
            unit.path = [root.id, unit.id]
            unit.save(force_insert=True)
            units.append(unit)
        manager = Role.objects.create(name="admin", permissions=sorted(registered()), scope="all")
        seller = Role.objects.create(name="seller", permissions=["customers.view"], scope="own")
        for number in range(31):
            email = EMAIL if number == 0 else f"m{number}@scale.example"
            user = User.objects.create(email=email, password="!")
            Member.objects.create(
                user=user, name=f"成员{number}", unit=units[number % 6], role=seller if number else manager
            )


@contextmanager
def _without_indexes(con: psycopg.Connection) -> Iterator[None]:
    """Drop what is not unique before loading, make it again afterwards."""
    rows = con.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisunique",
        [list(LOADED)],
    ).fetchall()
    con.execute("SET maintenance_work_mem = '1GB'; SET session_replication_role = replica")
    for name, _definition in rows:
        con.execute(f"DROP INDEX {name}")
    yield
    for name, definition in rows:
        started = time.perf_counter()
        con.execute(definition.replace(" ON ONLY ", " ON "))  # of a partitioned table, all partitions too
        print(f"index {name:30} {time.perf_counter() - started:7.1f} s", flush=True)


KEY = "(lpad(to_hex({start} + {n}), 12, '0') || '7{kind}8000' || lpad(to_hex({n}), 12, '0'))::uuid"
# a number from 0 to 1 that follows from a row's number
SHARE = "((hashint8extended({n}, {seed}) & 1048575)::float8 / 1048576)"


def _key(kind: str, n: str = "n") -> str:
    return KEY.format(start=1_672_531_200_000, n=n, kind=kind)


def _share(seed: int, n: str = "n") -> str:
    return SHARE.format(n=n, seed=seed)


def _customers(con: psycopg.Connection, customers: int) -> None:
    from zhiyin.platform import search
    from zhiyin.platform.pinyin import name_key

    statuses = ["potential"] * 5 + ["first_time"] * 3 + ["repeat"] * 4 + ["loyal"] * 2 + ["lost"] * 6
    con.execute(
        "CREATE TEMP TABLE landed (n int, name text, name_key text, status text, document text, tokens int[])"
    )
    with con.cursor().copy("COPY landed FROM STDIN") as copy:
        for n in range(customers):
            mixed = (n * 2_654_435_761) & 0xFFFFFFFF
            name = (
                SURNAMES[mixed % len(SURNAMES)]
                + GIVEN[mixed // 41 % len(GIVEN)]
                + GIVEN[mixed // 2009 % len(GIVEN)]
            )
            text = search.document(names=[name], keys=[f"C{n:07}", f"+86139{mixed % 100_000_000:08}"])
            found = ",".join(map(str, search.tokens(TENANT, text)))
            copy.write_row((n, name, name_key(name), statuses[mixed // 97 % 20], text, f"{{{found}}}"))
    con.execute(f"""
        INSERT INTO customers_customer (id, tenant_id, kind, code, code_key, name, name_key, short_name, country,
            city, status, stage, source, owner_id, unit_id, version, created_at, updated_at)
        SELECT {_key("001")}, '{TENANT}', CASE WHEN n % 20 = 0 THEN 'organisation' ELSE 'person' END,
            'C' || lpad(n::text, 7, '0'), 'c' || lpad(n::text, 7, '0'), name, name_key, '', '中国',
            (ARRAY['{"','".join(CITIES)}'])[1 + n % 10], status, '', (ARRAY['web','shop','dealer'])[1 + n % 3],
            m.id, m.unit_id, 1, timestamptz '2023-01-01' + n * interval '90 seconds', now()
        FROM landed JOIN (SELECT id, unit_id, row_number() OVER (ORDER BY name) - 1 AS place FROM accounts_member
            WHERE tenant_id = '{TENANT}') m ON m.place = n % 31 ORDER BY n""")
    # as twenty imports leave them
    con.execute(f"""INSERT INTO customers_customersearch (customer_id, tenant_id, text, tokens, name_key)
        SELECT {_key("001")}, '{TENANT}', document, tokens, name_key FROM landed ORDER BY n / 50000, name_key""")


def _contacts(con: psycopg.Connection, customers: int) -> None:
    con.execute(f"""
        INSERT INTO customers_contactpoint (id, tenant_id, customer_id, kind, label, value, value_key, parts,
            is_primary, created_at)
        SELECT {_key("002")}, '{TENANT}', {_key("001")}, 'phone', '', phone, phone, '{{}}', true, now()
        FROM (SELECT n, '+86139' || lpad((n::bigint * 2654435761 % 100000000)::text, 8, '0') AS phone
            FROM generate_series(0, {customers - 1}) n) numbered""")


def _orders(con: psycopg.Connection, customers: int) -> None:
    """Three a customer on average, a few with very many; two lines each."""
    con.execute(f"""
        INSERT INTO commerce_product (id, tenant_id, code, name, name_key, category, unit, price, currency,
            is_active, version, created_at, updated_at)
        SELECT {_key("003")}, '{TENANT}', 'P' || n, '商品' || n, 'shang pin ' || n, '', '', 10 + n % 500, 'CNY',
            true, 1, now(), now() FROM generate_series(0, 3999) n""")
    con.execute(f"""
        CREATE TEMP TABLE sold AS SELECT n, {_key("001", "buyer")} AS customer,
            timestamptz '2024-01-01' + {_share(2)} * interval '1000 days' AS at, 1 + n % 3 AS units,
            (20 + n % 480)::numeric(19, 4) AS price
        FROM (SELECT n, floor({customers} * power({_share(1)}, 1.7))::bigint AS buyer
            FROM generate_series(0, {3 * customers - 1}) n) bought""")
    con.execute(f"""
        INSERT INTO commerce_order (id, tenant_id, number, source, kind, customer_id, ordered_at, country, channel,
            currency, quantity, total, line_count, created_at)
        SELECT {_key("004")}, '{TENANT}', n::text, '', CASE WHEN n % 50 = 0 THEN 'return' ELSE 'sale' END, customer,
            at, '中国', (ARRAY['web','shop'])[1 + n % 2], 'CNY', 2 * units, 2 * units * price, 2, at
        FROM sold ORDER BY n""")
    con.execute(f"""
        INSERT INTO commerce_orderline (tenant_id, order_id, position, product_id, quantity, unit_price, amount,
            occurrence)
        SELECT '{TENANT}', {_key("004")}, place, {_key("003", "((n * 7 + place * 13) % 4000)")}, units, price,
            units * price, 1 FROM sold, generate_series(1, 2) place ORDER BY n""")


def _events(con: psycopg.Connection, customers: int) -> None:
    """One for each creation and order, notes and payments for the rest: ten a customer."""
    con.execute("SELECT timeline_partitions('2023-01-01', '2026-12-01')")
    con.execute(f"""
        INSERT INTO customers_timelineevent (occurred_at, id, tenant_id, customer_id, kind, actor_name, object_id, data)
        SELECT at, {_key("005")}, '{TENANT}', customer, 'order', '', {_key("004")},
            jsonb_build_object('number', n::text, 'total', (2 * units * price)::text, 'currency', 'CNY')
        FROM sold""")
    con.execute(f"""
        INSERT INTO customers_timelineevent (occurred_at, id, tenant_id, customer_id, kind, actor_name, object_id, data)
        SELECT created_at, {_key("006")}, '{TENANT}', id, 'created', '', NULL, '{{}}'
        FROM (SELECT created_at, id, row_number() OVER () AS n FROM customers_customer
            WHERE tenant_id = '{TENANT}') c""")
    con.execute(f"""
        INSERT INTO customers_timelineevent (occurred_at, id, tenant_id, customer_id, kind, actor_name, data)
        SELECT timestamptz '2024-01-01' + {_share(3)} * interval '1000 days', {_key("007")}, '{TENANT}',
            {_key("001", f"floor({customers} * power({_share(4)}, 1.7))::bigint")}, 'note', '成员1',
            jsonb_build_object('body', '电话回访 ' || n)
        FROM generate_series(0, {6 * customers - 1}) n""")


def _values(con: psycopg.Connection, customers: int) -> None:  # noqa: ARG001
    con.execute(f"""
        INSERT INTO analytics_customervalue (customer_id, tenant_id, analysis_id, orders, first_at, last_at, spend,
            margin, frequency, recency, age, mean_spend, recency_score, frequency_score, monetary_score, "group",
            alive, expected_orders, value, value_low, value_high)
        SELECT customer_id, '{TENANT}', '{TENANT}', count(*), min(ordered_at), max(ordered_at), sum(total),
            sum(total), count(*) - 1, 0, 1, avg(total), 1 + count(*) % 5, 1 + count(*) % 5, 1 + count(*) % 5,
            (ARRAY['champions','loyal','new','at_risk','lost'])[1 + count(*) % 5],
            (hashint8(count(*)) & 1023) / 1024.0, 1, sum(total) * 0.7, sum(total) * 0.4, sum(total) * 1.1
        FROM commerce_order WHERE tenant_id = '{TENANT}' GROUP BY customer_id""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers: int = parser.parse_args().customers
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        started = time.perf_counter()
        build(cluster, customers)
        print(f"built in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
