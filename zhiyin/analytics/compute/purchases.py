"""A tenant's purchases, read from the warehouse through Ibis on DuckDB.

A purchase is a day on which a customer bought something, returns taken off. A return belongs to the day of
the order it names, else to the customer's last purchase day before it; a day with nothing left is none. What
was given free is a purchase.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.warehouse.reading import connect, table
from zhiyin.analytics.warehouse.registry import registered, segment_name

SALE, RETURN = "sale", "return"
NOTHING = 0.00005


@dataclass(frozen=True)
class Customers:
    """Those who bought: Arrow columns ``customer_id``, ``segment`` (dictionary), and NumPy sums."""

    ids: pa.Array
    segment: np.ndarray
    segments: list[str]
    orders: Ints
    spend: Floats
    margin: Floats
    first_at: pa.Array
    last_at: pa.Array

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Purchases:
    """The purchase record of a tenant up to ``as_of``.

    Attributes
    ----------
    customers : Customers
        Row ``i`` is customer number ``i``, in order of key.
    customer, day, amount : ndarray, shape (purchases,)
        Customer number, day (datetime64[D]) and what was paid, of each purchase.
    as_of : date or None
        Last day of the record; None when there is no order.
    counts : dict
        What went in and what was left out, in plain numbers.
    """

    customers: Customers
    customer: Ints
    day: np.ndarray
    amount: Floats
    as_of: datetime.date | None
    counts: dict[str, Any]

    @cached_property
    def first_day(self) -> datetime.date | None:
        first: datetime.date | None = self.day.min().item() if len(self.day) else None
        return first


def read_purchases(
    *,
    home: Path,
    tenant_id: uuid.UUID,
    today: datetime.date,
    margin_rate: float,
    segment_by: str = "",
    until: datetime.date | None = None,
    left_out: Sequence[str] = (),
    memory: str = "1GB",
) -> Purchases:
    """Read the record up to ``until``, else to the last day with an order; what is dated later is left out.

    Orders of customers who are ``left_out`` count as those of nobody. ``segment_by`` is the key of an own field whose
    values are the segments. ``margin_rate`` of what was paid is margin where no cost is known.
    """
    datasets = registered()
    with connect(memory=memory) as backend:
        orders = _without(table(backend, datasets["orders"], home=home, tenant_id=tenant_id), left_out)
        people = table(backend, datasets["customers"], home=home, tenant_id=tenant_id)
        if segment_by:
            people = people.mutate(segment=_own_value(people.own, segment_by))
        limit = min(today, until or today)
        counts = _counts(orders, people, limit, today)
        seen = orders.filter(_.day <= limit).mutate(
            margin=ibis.coalesce(_.margin, _.amount * margin_rate), customer_id=_.customer_id
        )
        daily = backend.create_table("daily", _daily(seen.filter(_.customer_id.notnull())), temp=True)
        bought = daily.filter(
            (_.sales > 0) & ((_.amount > NOTHING) | ((_.amount >= -NOTHING) & (_.returns == 0)))
        )
        customers = _customers(daily, bought, people).to_pyarrow()
        numbers = ibis.memtable(
            pa.table({"customer_id": customers["customer_id"], "number": np.arange(len(customers))})
        )
        record = bought.inner_join(numbers, "customer_id").select("number", "day", "amount")
        record = record.order_by("number", "day").to_pyarrow()
    as_of = until or counts["last_day"]
    return Purchases(
        customers=_as_customers(customers),
        customer=record["number"].to_numpy(),
        day=record["day"].to_numpy().astype("datetime64[D]"),
        amount=record["amount"].to_numpy(),
        as_of=as_of if len(customers) else None,
        counts=counts,
    )


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def json_extract_string(document: str, path: str) -> str:  # type: ignore[empty-body]
    """A value of a JSON object as text, by DuckDB."""


def _own_value(own: Any, key: str) -> Any:
    """The segment's name by an own field: key and value, which is empty where the customer has none."""
    value = ibis.coalesce(json_extract_string(own, f'$."{key}"'), "")
    return ibis.literal(segment_name(key, "")).concat(value)


def _without(orders: Any, left_out: Sequence[str]) -> Any:
    if not left_out:
        return orders
    return orders.mutate(customer_id=ibis.ifelse(_.customer_id.isin(list(left_out)), None, _.customer_id))


def _counts(orders: Any, people: Any, limit: datetime.date, today: datetime.date) -> dict[str, Any]:
    inside = orders.day <= limit
    named = inside & orders.customer_id.notnull()
    row = orders.aggregate(
        last_day=orders.day.max(where=inside & (orders.kind == SALE)),
        orders=(named & (orders.kind == SALE)).sum(),
        returns=(named & (orders.kind == RETURN)).sum(),
        cost_known=orders.amount.sum(where=named & orders.margin.notnull()),
        amount=orders.amount.sum(where=named),
        anonymous_orders=(inside & orders.customer_id.isnull()).sum(),
        anonymous_amount=orders.amount.sum(where=inside & orders.customer_id.isnull()),
        future_orders=(orders.day > today).sum(),
    ).to_pyarrow()
    found = {name: values[0] or 0 for name, values in row.to_pydict().items()}
    found["last_day"] = found["last_day"] or None
    found["customers"] = people.count().to_pyarrow().as_py()
    return {name: int(value) if isinstance(value, np.integer) else value for name, value in found.items()}


def _daily(orders: Any) -> Any:
    """One row for each customer and day: net amount and margin, sales, first and last moment."""
    columns = ["customer_id", "day", "ordered_at", "amount", "margin"]
    sold = orders.filter(_.kind == SALE).select(*columns).mutate(sales=ibis.literal(1))
    days = sold.select("customer_id", sale_day="day").distinct()
    back = orders.filter(_.kind == RETURN)
    nearest = back.asof_join(days, on=back.day >= days.sale_day, predicates="customer_id")
    returned = nearest.mutate(day=ibis.coalesce(nearest.returned_day, nearest.sale_day, nearest.day))
    returned = returned.select(*columns).mutate(sales=ibis.literal(0))
    both = sold.union(returned)
    return both.group_by("customer_id", "day").aggregate(
        amount=both.amount.sum(),
        margin=both.margin.sum(),
        sales=both.sales.sum(),
        returns=(both.sales == 0).sum(),
        first_at=both.ordered_at.min(where=both.sales == 1),
        last_at=both.ordered_at.max(where=both.sales == 1),
    )


def _customers(daily: Any, bought: Any, people: Any) -> Any:
    """One row for each customer with a purchase; sums cover all days, so that they are net of all returns."""
    sums = daily.group_by("customer_id").aggregate(spend=_.amount.sum(), margin=_.margin.sum())
    times = bought.group_by("customer_id").aggregate(
        orders=_.sales.sum(), first_at=_.first_at.min(), last_at=_.last_at.max()
    )
    known = times.inner_join(sums, "customer_id").left_join(people, "customer_id")
    return known.select(
        "customer_id",
        "orders",
        "spend",
        "margin",
        "first_at",
        "last_at",
        segment=ibis.coalesce(_.segment, ""),
    ).order_by("customer_id")


def _as_customers(rows: pa.Table) -> Customers:
    segment = rows["segment"].combine_chunks().dictionary_encode()
    return Customers(
        ids=rows["customer_id"].combine_chunks(),
        segment=segment.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        segments=segment.dictionary.to_pylist(),
        orders=rows["orders"].to_numpy().astype(np.int64),
        spend=rows["spend"].to_numpy(),
        margin=rows["margin"].to_numpy(),
        first_at=rows["first_at"].combine_chunks(),
        last_at=rows["last_at"].combine_chunks(),
    )
