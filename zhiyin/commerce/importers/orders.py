"""Orders from files with one line a row, as shops export them."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from typing import TYPE_CHECKING, ClassVar

from zhiyin.commerce.choices import CANCELLATION
from zhiyin.commerce.importers import products
from zhiyin.commerce.importers.products import currency_check, gather_products
from zhiyin.customers import importers as customers
from zhiyin.customers.importers import gather_customers
from zhiyin.imports.formats import NUMBER
from zhiyin.imports.grouping import group
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing, Match
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.reading import ROW

if TYPE_CHECKING:
    import duckdb

    from zhiyin.imports.workspace import Workspace

_PRIME = 2**61 - 1
_A, _B, _C, _D = 1_181_783_497_276_652_981, 982_451_653_000_033, 715_225_739_000_017, 2_147_483_647_000_103
_ABOVE = _PRIME << 63
"""Multipliers of a polynomial hash over a Mersenne prime: the same on every machine and in every version."""

_FUTURE = gettext_noop("The date lies in the future.")
_ANCIENT = gettext_noop("The date lies before 1900.")
_LONG_CODE = gettext_noop("What stands for the customer's code is longer than 64 characters.")
_NO_IDENTITY = gettext_noop("The row has no order number, and no customer from whom to make one.")
_HUGE = gettext_noop("Quantity times price is too large.")
_MANY_BUYERS = ngettext_lazy(
    "{count} order names several customers; the first one counts.",
    "{count} orders name several customers; the first one counts.",
)
_MANY_DATES = ngettext_lazy(
    "{count} order has lines of different times; the earliest counts.",
    "{count} orders have lines of different times; the earliest counts.",
)
_MANY_CURRENCIES = ngettext_lazy(
    "{count} order names several currencies; the first one counts.",
    "{count} orders name several currencies; the first one counts.",
)
_NEGATIVE = ngettext_lazy(
    "{count} order has a negative total though nothing was returned; it is kept as it is.",
    "{count} orders have a negative total though nothing was returned; they are kept as they are.",
)
_DUPLICATES = ngettext_lazy(
    "{count} line repeats a line of the same order in every column; it is kept.",
    "{count} lines repeat a line of the same order in every column; they are kept.",
)
_RETURNS = ngettext_lazy(
    "{count} line is a cancellation or return; it is kept as a return.",
    "{count} lines are cancellations or returns; they are kept as returns.",
)
_ANONYMOUS = ngettext_lazy(
    "{count} line names no customer; it is kept as an anonymous sale.",
    "{count} lines name no customer; they are kept as anonymous sales.",
)
_ORDER_BEYOND = gettext_noop("An order of this number is outside the records that you may change.")
_NO_NUMBERS = gettext_noop(
    "There are no order numbers: what a customer bought on one day is taken as one order."
)


class Orders(Kind):
    """One line of an order a row."""

    name: ClassVar = "orders"
    label: ClassVar = gettext_noop("Orders")
    permission: ClassVar = "orders.edit"
    fields: ClassVar = (
        Field("order_number", gettext_noop("Order number"), FieldType.CODE, (
            "order number", "order no", "order id", "order", "invoice", "invoice no", "invoice number",
            "invoice id", "bill no",
            "transaction id", "transaction", "receipt", "receipt no", "sales order", "document no", "订单号",
            "订单编号", "订单id",
            "单号", "单据编号", "单据号", "发票号", "发票号码", "交易号", "销售单号", "流水号", "小票号",
            "出库单号"), length=64),
        Field("ordered_at", gettext_noop("Date"), FieldType.DATE, (
            "date", "order date", "invoice date", "order time", "time", "timestamp", "datetime",
            "purchase date", "sale date",
            "transaction date", "created at", "order timestamp", "日期", "时间", "订单日期", "订单时间",
            "下单时间", "下单日期", "销售日期", "销售时间",
            "交易时间", "交易日期", "付款时间", "支付时间", "创建时间", "开票日期", "单据日期", "购买日期",
            "成交时间"), required=True),
        Field("customer_code", gettext_noop("Customer code"), FieldType.CODE, (*customers.CODES, "sample id"),
            length=64),
        Field("customer_name", gettext_noop("Customer name"),
            synonyms=tuple(n for n in customers.NAMES if n not in ("name", "名称"))),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, customers.PHONES),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, customers.EMAILS),
        Field("country", gettext_noop("Country"), synonyms=(*customers.COUNTRIES, "ship country",
            "shipping country"), length=64),
        Field("product_code", gettext_noop("Product code"), FieldType.CODE, products.CODES, length=64),
        Field("product_name", gettext_noop("Product name"), synonyms=products.NAMES, length=300),
        Field("quantity", gettext_noop("Quantity"), FieldType.QUANTITY, (
            "quantity", "qty", "units", "pieces", "count", "number of items", "number of cds", "units sold",
            "order quantity",
            "数量", "件数", "购买数量", "销售数量", "订购数量", "商品数量", "销量")),
        Field("unit_price", gettext_noop("Unit price"), FieldType.AMOUNT, (
            "unit price", "price", "price each", "item price", "selling price", "price per unit",
            "单价", "价格", "销售单价", "成交价", "成交单价", "含税单价", "商品单价", "售价")),
        Field("amount", gettext_noop("Amount"), FieldType.AMOUNT, (
            "amount", "total", "line total", "value", "sales", "revenue", "total price", "total amount",
            "subtotal", "dollar value",
            "net amount", "extended price", "金额", "总价", "小计", "销售额", "销售金额", "实付金额",
            "成交金额", "总金额", "订单金额", "价税合计", "实收金额", "支付金额")),
        Field("currency", gettext_noop("Currency"), FieldType.CURRENCY, ("currency", "currency code", "币种",
            "货币"), length=3),
        Field("channel", gettext_noop("Channel"), synonyms=(
            "channel", "store", "shop", "platform", "sales channel", "branch", "渠道", "店铺", "门店", "平台",
            "销售渠道", "店铺名称", "门店名称"), length=64),
    )  # fmt: skip
    one_of: ClassVar = (("order_number", *customers.CODE), ("unit_price", "amount"))

    # --- in the workspace ------------------------------------------------------------------------

    def checks(self, work: Workspace) -> list[Check]:
        local = work.frame.now.astimezone(zoneinfo.ZoneInfo(work.frame.time_zone)).replace(tzinfo=None)
        latest = (local + datetime.timedelta(days=1)).isoformat(" ", "seconds")
        checks = [
            Check(f"ordered_at > TIMESTAMP '{latest}'", Message(_FUTURE)),
            Check("ordered_at < TIMESTAMP '1900-01-01'", Message(_ANCIENT)),
            Check(f"abs({_EXACT}) >= 1e14", Message(_HUGE)),
            currency_check(),
        ]
        if buyer := _buyer(work):
            checks.append(Check(f"length({buyer}) > 64", Message(_LONG_CODE)))
        if "order_number" not in work.mapping:
            checks.append(Check(f"{buyer} IS NULL", Message(_NO_IDENTITY)))
        elif not buyer:
            checks.append(Check("order_number IS NULL", Message(_NO_IDENTITY)))
        else:
            checks.append(Check(f"order_number IS NULL AND {buyer} IS NULL", Message(_NO_IDENTITY)))
        return checks

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        """Refuse rows of customers outside the actor's scope, and further lines of orders outside it."""
        if buyer := _buyer(work):
            customers.refuse_beyond(work, landing, buyer)
        number = _number(work)
        landing.copy(work.con, f"SELECT DISTINCT {number} FROM typed", "landed_numbers", "number text")
        landing.fetch(
            work,
            "SELECT n.number FROM landed_numbers n JOIN commerce_order o ON o.number = n.number"
            f" {_BEYOND} AND o.tenant_id = %(tenant)s AND o.source = %(source)s",
            "beyond",
            "number VARCHAR",
        )
        work.refuse(
            Message(_ORDER_BEYOND), f"SELECT {ROW} FROM typed SEMI JOIN beyond b ON b.number = {number}"
        )

    def prepare(self, work: Workspace) -> Outcome:
        con = work.con
        con.execute("SET VARIABLE currency = ?", [work.frame.currency])
        outcome = self._gather_customers(work)
        outcome.counts["products"] = self._gather_products(work)
        self._gather_orders(work)
        self._say(work, outcome)
        # the database meanwhile takes customers, products and orders
        work.beside(lambda con: self._gather_lines(work, con, outcome))
        return outcome

    def _gather_customers(self, work: Workspace) -> Outcome:
        details = {
            "name": "customer_name",
            "phone": "customer_phone",
            "email": "customer_email",
            "country": "country",
        }
        return gather_customers(work, _buyer(work) or "NULL::VARCHAR", details)

    def _gather_products(self, work: Workspace) -> int:
        return gather_products(work, _thing(work), {"name": "product_name"})

    def _gather_orders(self, work: Workspace) -> None:
        buyer = _buyer(work)
        values = {name: name for name in ("country", "channel", "currency") if name in work.mapping}
        if buyer:
            values["buyer"] = buyer
        group(
            work.con,
            "sales",
            f"{_number(work)} AS number",
            values,
            sums="min(ordered_at) AS ordered_at, max(ordered_at) > min(ordered_at) AS moved,"
            f" {_several(buyer)} AS shared, {_several('currency' if 'currency' in values else '')} AS mixed,"
            f" count(*)::INTEGER AS line_count, sum({_QUANTITY}) AS quantity, max({_QUANTITY}) AS most_quantity,"
            f" sum({_AMOUNT}) AS total",
        )
        missing = "".join(
            f", NULL::VARCHAR AS {n}" for n in ("country", "channel", "currency", "buyer") if n not in values
        )
        cancels = f"quantity < 0 AND regexp_matches(number, '{CANCELLATION}', 'i')"
        work.con.execute(
            "CREATE TABLE orders AS SELECT (row_number() OVER (ORDER BY first_row))::INTEGER AS ono, *,"
            f" CASE WHEN most_quantity < 0 OR ({cancels}) THEN 'return' ELSE 'sale' END AS kind,"
            f" {cancels} AS cancels"
            f" FROM (SELECT *{missing} FROM sales) LEFT JOIN (SELECT cno, spelling AS buyer FROM spellings) USING (buyer)"
        )
        work.con.execute("DROP TABLE sales")

    def _gather_lines(self, work: Workspace, con: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
        """Make ``lines``, and of lines alike the turn of each after the first.

        ``again`` counts them by what identifies a line, ``alike`` by every column of the file.
        """
        con.execute(
            f"CREATE TABLE lines AS SELECT {ROW}, o.ono, p.pno, ({ROW} - o.first_row + 1)::INTEGER AS place,"
            f" {_QUANTITY} AS quantity, {_PRICE} AS unit_price, {_AMOUNT} AS amount, hash(o.ono, p.pno,"
            f" {_QUANTITY}, {_PRICE}) AS sign"
            f" FROM (SELECT *, {_number(work)} AS number, {_thing(work)} AS thing FROM typed) t"
            " JOIN (SELECT ono, number, first_row FROM orders) o USING (number)"
            " LEFT JOIN (SELECT pno, code FROM products) p ON p.code = t.thing"
        )
        con.execute(
            f"CREATE TABLE twins AS SELECT {ROW}, ono FROM lines"
            " SEMI JOIN (SELECT sign FROM lines GROUP BY sign HAVING count(*) > 1) USING (sign)"
        )
        whole = ", ".join(["t.ono", *(name for name in work.mapping if name != "order_number")])
        for table, query, key in (
            ("again", f"lines SEMI JOIN twins USING ({ROW})", "ono, pno, quantity, unit_price"),
            ("alike", f"typed JOIN twins t USING ({ROW})", whole),
        ):
            con.execute(
                f"CREATE TABLE {table} AS SELECT * FROM (SELECT {ROW}, (row_number() OVER (PARTITION BY {key}"
                f" ORDER BY {ROW}))::INTEGER AS occurrence FROM {query}) WHERE occurrence > 1"
            )
        con.execute(
            "CREATE TABLE marks AS SELECT pno,"
            f" (md5_number_lower(code) % {_PRIME})::BIGINT AS mark FROM products"
        )
        con.execute(f"CREATE VIEW digested AS {_LINES}")
        duplicates = outcome.counts["duplicates"] = con.execute("SELECT count(*) FROM alike").fetchall()[0][0]
        if duplicates:
            outcome.messages.append(_DUPLICATES(duplicates))

    def _say(self, work: Workspace, outcome: Outcome) -> None:
        row = work.con.execute(
            "SELECT count(*), coalesce(sum(line_count), 0), coalesce(sum(line_count) FILTER (cno IS NULL),"
            " 0),"
            " coalesce(sum(line_count) FILTER (cancels), 0), coalesce(sum(line_count) FILTER (kind ="
            " 'return'), 0),"
            " coalesce(sum(quantity), 0), coalesce(sum(total), 0), count(DISTINCT country),"
            " count(*) FILTER (total < 0 AND kind = 'sale' AND most_quantity > 0), count(*) FILTER (shared),"
            " count(*) FILTER (moved), count(*) FILTER (mixed), min(ordered_at), max(ordered_at) FROM orders"
        ).fetchall()[0]
        outcome.counts |= {
            "orders": row[0],
            "lines": row[1],
            "lines_without_customer": row[2],
            "cancellation_lines": row[3],
            "return_lines": row[4],
            "countries": row[7],
        }
        outcome.totals = {"quantity": f"{row[5].normalize():f}" if row[5] else "0", "value": f"{row[6]:f}"}
        outcome.totals |= {"first": row[12] and row[12].isoformat(), "last": row[13] and row[13].isoformat()}
        if "order_number" not in work.mapping:
            outcome.messages.append(Message(_NO_NUMBERS))
        for told, count in (
            (_RETURNS, row[4]), (_ANONYMOUS, row[2]), (_NEGATIVE, row[8]),
            (_MANY_BUYERS, row[9]), (_MANY_DATES, row[10]), (_MANY_CURRENCIES, row[11]),
        ):  # fmt: skip
            if count:
                outcome.messages.append(told(int(count)))

    # --- into the database -----------------------------------------------------------------------

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        customers_new = customers.match_customers(work, landing)
        products_new = products.match_products(work, landing)
        orders_new = _land_orders(work, landing)
        known = self._fetch_known(work, landing)
        return {
            "customers_new": customers_new,
            "products_new": products_new,
            "orders_new": orders_new,
            "lines_new": work.one("SELECT count(*) FROM typed") - known,
            "lines_known": known,
        }

    def _fetch_known(self, work: Workspace, landing: Landing) -> int:
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

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        counts = products.write_products(work, landing, update=False)
        counts |= customers.write_customers(work, landing, update=False)
        counts |= self._write_orders(work, landing)
        counts["lines_created"] = self._write_lines(work, landing)
        counts["lines_known"] = work.one("SELECT count(*) FROM typed") - counts["lines_created"]
        counts["orders_changed"] = _add_up(landing)
        return counts

    def _write_orders(self, work: Workspace, landing: Landing) -> dict[str, int]:
        new = _land_orders(work, landing)
        landing.stay_within(f"SELECT count(*) FROM order_ids JOIN commerce_order o USING (id) {_BEYOND}")
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

    def _write_lines(self, work: Workspace, landing: Landing) -> int:
        written = 0
        known = self._fetch_known(work, landing)
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
            work.con,
            f"SELECT o.key, base + place, coalesce(p.key, '{_NONE}'), quantity, unit_price, amount, digest, occurrence"
            f" FROM (SELECT * FROM digested{new}) JOIN order_keys o USING (ono)"
            " LEFT JOIN product_keys p USING (pno)",
            "landed_lines",
            write,
        )
        return written

    def undo(self, landing: Landing) -> dict[str, int]:
        counts = _undo_orders(landing)
        return counts | products.undo_products(landing) | customers.undo_customers(landing)


# --- expressions over the typed rows -----------------------------------------------------------------

_QUANTITY = f"coalesce(quantity, 1::{NUMBER})"
_PRODUCT = (
    f"CASE WHEN abs({_QUANTITY}) < 90000 AND abs(unit_price) < 90000 THEN round({_QUANTITY} * unit_price, 4)"
    f" ELSE round({_QUANTITY}::DECIMAL(38, 4) * unit_price, 4) END"
)
"""DuckDB multiplies in 64 bits, and fails beyond; in 128 bits it is twenty times slower."""
_EXACT = f"coalesce(amount, {_PRODUCT})"
_AMOUNT = f"{_EXACT}::{NUMBER}"
_PRICE = f"coalesce(unit_price, try_cast(amount / nullif({_QUANTITY}, 0) AS {NUMBER}), 0)"
_NONE = uuid.UUID(int=0)
_LINE_COLUMNS = (
    "order_id uuid, position int, product_id uuid, quantity numeric(19, 4), unit_price numeric(19, 4),"
    " amount numeric(19, 4), digest bigint, occurrence int"
)


def _first_of(work: Workspace, names: tuple[str, ...]) -> str:
    mapped = [name for name in names if name in work.mapping]
    return mapped[0] if len(mapped) == 1 else f"coalesce({', '.join(mapped)})" if mapped else ""


def _buyer(work: Workspace) -> str:
    """What tells the buyers apart; empty when no column does."""
    return _first_of(work, customers.CODE)


def _thing(work: Workspace) -> str:
    """What tells the products apart."""
    name = "left(product_name, 64)" if "product_name" in work.mapping else "NULL::VARCHAR"
    return f"coalesce(product_code, {name})" if "product_code" in work.mapping else name


def _number(work: Workspace) -> str:
    """The order's number, or one made of its customer and day."""
    if not (buyer := _buyer(work)):
        return "order_number"
    made = f"left({buyer}, 55) || '-' || strftime(ordered_at, '%Y%m%d')"
    return f"coalesce(order_number, {made})" if "order_number" in work.mapping else made


def _several(value: str) -> str:
    """Whether the rows of a group name more than one."""
    if not value:
        return "false"
    lowest, highest = (f"{edge}(hash({value})) FILTER ({value} IS NOT NULL)" for edge in ("min", "max"))
    return f"coalesce({lowest} <> {highest}, false)"


_SUM = (
    f"coalesce(mark, 0)::HUGEINT * {_A} + (quantity * 10000)::BIGINT::HUGEINT * {_B}"
    f" + (unit_price * 10000)::BIGINT::HUGEINT * {_C} + coalesce(again.occurrence, 1)::HUGEINT * {_D}"
)
_LINES = (
    "SELECT ono, pno, place, quantity, unit_price, amount,"
    f" (({_SUM} + {_ABOVE}) % {_PRIME})::BIGINT AS digest, coalesce(alike.occurrence, 1) AS occurrence"
    f" FROM lines LEFT JOIN marks USING (pno) LEFT JOIN again USING ({ROW}) LEFT JOIN alike USING ({ROW})"
)
"""The lines to be landed. ``digest`` identifies a line within its order by product, quantity, price, turn."""


_BEYOND = (
    "LEFT JOIN customers_customer c ON c.id = o.customer_id"
    f" WHERE NOT {customers.within('o')} AND (c.id IS NULL OR NOT {customers.within('c')})"
)
"""Joined to orders ``o``: those outside the actor's record scope, as ``access.orders`` says it."""

# --- statements ---------------------------------------------------------------------------------------


def _land_orders(work: Workspace, landing: Landing) -> int:
    """Copy the orders and match them; ``order_ids`` holds those there already, ``base`` their last position."""
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


_MATCH = Match(
    "landed_orders",
    "ono",
    "order_ids",
    "commerce_order",
    "t.source = %(source)s AND t.number = l.number",
    "coalesce((SELECT max(e.position) FROM commerce_orderline e WHERE e.order_id = t.id), 0) AS base",
)


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


def _add_up(landing: Landing) -> int:
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


def _undo_orders(landing: Landing) -> dict[str, int]:
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
