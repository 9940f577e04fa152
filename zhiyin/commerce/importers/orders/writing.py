"""Orders and their lines, from the workspace into the database and back."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from zhiyin.customers import importers as customers
from zhiyin.customers.importers.reach import within
from zhiyin.imports.landing import Landing, Match

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_NONE = uuid.UUID(int=0)
_LINE_COLUMNS = (
    "order_id uuid, position int, product_id uuid, quantity numeric(19, 4), unit_price numeric(19, 4),"
    " amount numeric(19, 4), digest bigint, occurrence int"
)
_MATCH = Match(
    "landed_orders",
    "ono",
    "order_ids",
    "commerce_order",
    "t.source = %(source)s AND t.number = l.number",
    "coalesce((SELECT max(e.position) FROM commerce_orderline e WHERE e.order_id = t.id), 0) AS base",
)
BEYOND = (
    "LEFT JOIN customers_customer c ON c.id = o.customer_id"
    f" WHERE NOT {within('o')} AND (c.id IS NULL OR NOT {within('c')})"
)
"""Joined to orders ``o``: those outside the actor's record scope, as ``access.orders`` says it."""


def land_orders(work: Workspace, landing: Landing) -> int:
    """Copy the orders and match them; ``order_ids`` holds those there already, ``base`` their last position."""
    if work.on_disk:
        work.wait()  # sorting the orders and making the lines at once would take too much memory
    landing.copy(
        work.con,
        "SELECT ono, number, kind, cno, ordered_at, coalesce(country, ''), coalesce(channel, ''),"
        " coalesce(upper(currency), getvariable('currency')), quantity, total, line_count FROM orders ORDER"
        " BY ono",
        "landed_orders",
        "ono int, number text, kind text, cno int, local timestamp, country text, channel text, currency"
        " text,"
        " quantity numeric(19, 4), total numeric(19, 4), line_count int",
    )
    return landing.match(_MATCH)


def fetch_known(work: Workspace, landing: Landing) -> int:
    """Bring into the workspace, as ``known``, what identifies the lines there already; how many match."""
    work.wait()
    landing.fetch(
        work,
        "SELECT o.ono, l.digest FROM order_ids o CROSS JOIN LATERAL (SELECT digest FROM commerce_orderline"
        " WHERE order_id = o.id OFFSET 0) l WHERE o.base > 0 AND l.digest IS NOT NULL",
        "known",
        "ono INTEGER, digest BIGINT",
    )
    if not work.one("SELECT count(*) FROM known"):
        return 0
    return work.one("SELECT count(*) FROM digested SEMI JOIN known USING (ono, digest)")


def write_orders(work: Workspace, landing: Landing) -> dict[str, int]:
    new = land_orders(work, landing)
    landing.stay_within(f"SELECT count(*) FROM order_ids JOIN commerce_order o USING (id) {BEYOND}")
    created = 0
    if new:
        created = landing.insert(
            _MATCH,
            "INSERT INTO commerce_order (id, tenant_id, number, source, kind, customer_id, ordered_at,"
            " country, channel, currency, quantity, total, line_count, owner_id, unit_id, import_id,"
            " created_at)"
            " SELECT {key}, %(tenant)s, l.number, %(source)s, l.kind, c.id,"
            " l.local AT TIME ZONE %(zone)s, l.country, l.channel, l.currency, l.quantity, l.total,"
            " l.line_count, %(owner)s, %(unit)s, %(import)s, %(now)s"
            " FROM landed_orders l LEFT JOIN customer_ids c USING (cno) WHERE {absent} ORDER BY l.ono"
            " ON CONFLICT (tenant_id, source, number) DO NOTHING",
            owner=landing.owner_id,
            unit=landing.unit_id,
        )
        _write_timeline(landing)
    return {
        "orders_created": created,
        "orders_known": landing.one("SELECT count(*) FROM order_ids") - created,
    }


def write_lines(work: Workspace, landing: Landing) -> int:
    written = 0
    known = fetch_known(work, landing)
    landing.fetch(
        work, "SELECT ono, id, base FROM order_ids", "order_keys", "ono INTEGER, key UUID, base INTEGER"
    )
    landing.fetch(work, "SELECT pno, id FROM product_ids", "product_keys", "pno INTEGER, key UUID")
    insert = (
        "INSERT INTO commerce_orderline"
        " (tenant_id, order_id, position, product_id, quantity, unit_price, amount, digest, occurrence)"
        f" SELECT %(tenant)s, order_id, position, nullif(product_id, '{_NONE}'), quantity, unit_price, amount,"
        " digest, occurrence FROM landed_lines"
    )

    def write() -> None:
        nonlocal written
        written += landing.run(insert)

    landing.create("landed_lines", _LINE_COLUMNS)
    new = " ANTI JOIN known USING (ono, digest)" if known else ""
    landing.stream(
        work,
        f"SELECT o.key, base + place, coalesce(p.key, '{_NONE}'), quantity, unit_price, amount, digest, occurrence"
        f" FROM (SELECT * FROM digested{new}) JOIN order_keys o USING (ono)"
        " LEFT JOIN product_keys p USING (pno)",
        "landed_lines",
        write,
    )
    return written


def _write_timeline(landing: Landing) -> None:
    """One touch for each new order of a known customer."""
    customers.write_timeline(
        landing,
        "SELECT o.ordered_at, o.customer_id, CASE o.kind WHEN 'return' THEN 'return' ELSE 'order' END, o.id,"
        " jsonb_build_object('number', o.number, 'total', o.total::text, 'currency', o.currency) FROM"
        " commerce_order o"
        " WHERE o.tenant_id = %(tenant)s AND o.import_id = %(import)s AND o.customer_id IS NOT NULL ORDER"
        " BY o.id",
    )


def add_up(landing: Landing) -> int:
    """Journal the orders there before that got further lines, and add these to their sums."""
    landing.create("grown_orders", "id uuid, base int, last int, lines int, quantity numeric, amount numeric")
    grown = landing.run(
        "INSERT INTO grown_orders SELECT o.id, o.base, max(l.position), count(*), sum(l.quantity),"
        " sum(l.amount)"
        " FROM order_ids o CROSS JOIN LATERAL (SELECT * FROM commerce_orderline WHERE order_id = o.id"
        " AND position > o.base OFFSET 0) l WHERE o.base > 0 GROUP BY o.id, o.base"
    )
    if grown:
        landing.journal(
            "SELECT 'order', id, jsonb_build_object('position', base), jsonb_build_object('position', last)"
            " FROM grown_orders"
        )
        landing.run(
            "UPDATE commerce_order o SET quantity = o.quantity + a.quantity, total = o.total + a.amount,"
            " line_count = o.line_count + a.lines FROM grown_orders a WHERE o.id = a.id"
        )
    return grown


def undo_orders(landing: Landing) -> dict[str, int]:
    """Delete the orders that the import made and the lines it added to others.

    Kept are orders that were paid, returned by another order, or got lines from elsewhere since.
    """
    made = "FROM commerce_order o WHERE o.tenant_id = %(tenant)s AND o.import_id = %(import)s"
    landing.create("gone_orders", "id uuid PRIMARY KEY")
    # waits for payments and returns being written, so that they are seen
    landing.run(f"SELECT {made} FOR UPDATE")
    gone = landing.run(
        f"INSERT INTO gone_orders SELECT o.id {made}"
        " AND NOT EXISTS (SELECT FROM commerce_payment p WHERE p.order_id = o.id)"
        " AND NOT EXISTS (SELECT FROM commerce_order r WHERE r.returns_id = o.id AND r.import_id IS"
        " DISTINCT FROM %(import)s)"
        " AND NOT EXISTS (SELECT FROM imports_importchange j WHERE j.subject_kind = 'order' AND"
        " j.subject_id = o.id"
        " AND j.batch_id <> %(import)s)"
    )
    kept = landing.one(f"SELECT count(*) {made}") - gone
    landing.run("ANALYZE gone_orders")
    lines = landing.run("DELETE FROM commerce_orderline l USING gone_orders g WHERE l.order_id = g.id")
    customers.forget_timeline(landing, "SELECT id FROM gone_orders")
    landing.run("DELETE FROM commerce_order o USING gone_orders g WHERE o.id = g.id")
    lines += landing.run(
        "DELETE FROM commerce_orderline l USING imports_importchange j WHERE j.batch_id = %(import)s AND"
        " j.subject_kind ="
        " 'order' AND l.order_id = j.subject_id AND l.position > (j.before ->> 'position')::int"
        " AND l.position <= (j.after ->> 'position')::int"
    )
    restored = landing.run(
        "UPDATE commerce_order o SET quantity = s.quantity, total = s.total, line_count = s.lines FROM"
        " (SELECT j.subject_id,"
        " coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.amount), 0) AS total, count(l.order_id)"
        " AS lines"
        " FROM imports_importchange j LEFT JOIN commerce_orderline l ON l.order_id = j.subject_id"
        " WHERE j.batch_id = %(import)s AND j.subject_kind = 'order' GROUP BY j.subject_id) s WHERE o.id ="
        " s.subject_id"
    )
    return {"orders_deleted": gone, "orders_kept": kept, "orders_restored": restored, "lines_deleted": lines}
