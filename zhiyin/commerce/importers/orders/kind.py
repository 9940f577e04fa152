"""Orders from files with one line a row, as shops export them."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import TYPE_CHECKING, ClassVar

from zhiyin.commerce.choices import CANCELLATION
from zhiyin.commerce.importers import products
from zhiyin.commerce.importers.orders.expressions import (
    AMOUNT,
    EXACT,
    LINES,
    PRICE,
    PRIME,
    QUANTITY,
    buyer_of,
    number_of,
    several,
    thing_of,
)
from zhiyin.commerce.importers.orders.writing import (
    BEYOND,
    add_up,
    fetch_known,
    land_orders,
    undo_orders,
    write_lines,
    write_orders,
)
from zhiyin.commerce.importers.products import currency_check, gather_products
from zhiyin.customers import columns
from zhiyin.customers import importers as customers
from zhiyin.customers.importers import gather_customers
from zhiyin.customers.importers.reach import refuse_binned, refuse_suppressed
from zhiyin.imports.grouping import group
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.reading import ROW

if TYPE_CHECKING:
    import duckdb

    from zhiyin.imports.workspace import Workspace

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
    refers: ClassVar = True
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
        Field("customer_code", gettext_noop("Customer code"), FieldType.CODE, (*columns.CODES, "sample id"),
            length=64),
        Field("customer_name", gettext_noop("Customer name"),
            synonyms=tuple(n for n in columns.NAMES if n not in ("name", "名称"))),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, columns.PHONES),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, columns.EMAILS),
        Field("country", gettext_noop("Country"), synonyms=(*columns.COUNTRIES, "ship country",
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
            Check(f"abs({EXACT}) >= 1e14", Message(_HUGE)),
            currency_check(),
        ]
        if buyer := buyer_of(work):
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
        if buyer := buyer_of(work):
            refuse_binned(work, landing, buyer)
            refuse_suppressed(work, buyer)
        if landing.actor.scope == "all":
            return
        if buyer:
            customers.refuse_beyond(work, landing, buyer)
        number = number_of(work)
        landing.copy(work.con, f"SELECT DISTINCT {number} FROM typed", "landed_numbers", "number text")
        landing.fetch(
            work,
            "SELECT n.number FROM landed_numbers n JOIN commerce_order o ON o.number = n.number"
            f" {BEYOND} AND o.tenant_id = %(tenant)s AND o.source = %(source)s",
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
        return gather_customers(work, buyer_of(work) or "NULL::VARCHAR", details)

    def _gather_products(self, work: Workspace) -> int:
        return gather_products(work, thing_of(work), {"name": "product_name"})

    def _gather_orders(self, work: Workspace) -> None:
        buyer = buyer_of(work)
        values = {name: name for name in ("country", "channel", "currency") if name in work.mapping}
        if buyer:
            values["buyer"] = buyer
        group(
            work.con,
            "sales",
            f"{number_of(work)} AS number",
            values,
            sums="min(ordered_at) AS ordered_at, max(ordered_at) > min(ordered_at) AS moved,"
            f" {several(buyer)} AS shared, {several('currency' if 'currency' in values else '')} AS mixed,"
            f" count(*)::INTEGER AS line_count, sum({QUANTITY}) AS quantity, max({QUANTITY}) AS most_quantity,"
            f" sum({AMOUNT}) AS total",
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
            f" {QUANTITY} AS quantity, {PRICE} AS unit_price, {AMOUNT} AS amount, hash(o.ono, p.pno,"
            f" {QUANTITY}, {PRICE}) AS sign"
            f" FROM (SELECT *, {number_of(work)} AS number, {thing_of(work)} AS thing FROM typed) t"
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
            f" (md5_number_lower(code) % {PRIME})::BIGINT AS mark FROM products"
        )
        con.execute(f"CREATE VIEW digested AS {LINES}")
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
        orders_new = land_orders(work, landing)
        known = fetch_known(work, landing)
        return {
            "customers_new": customers_new,
            "products_new": products_new,
            "orders_new": orders_new,
            "lines_new": work.one("SELECT count(*) FROM typed") - known,
            "lines_known": known,
        }

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        counts = products.write_products(work, landing, update=False)
        counts |= customers.write_customers(work, landing, update=False)
        counts |= write_orders(work, landing)
        counts["lines_created"] = write_lines(work, landing)
        counts["lines_known"] = work.one("SELECT count(*) FROM typed") - counts["lines_created"]
        counts["orders_changed"] = add_up(landing)
        return counts

    def undo(self, landing: Landing) -> dict[str, int]:
        counts = undo_orders(landing)
        return counts | products.undo_products(landing) | customers.undo_customers(landing)
