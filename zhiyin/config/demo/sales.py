"""Purchases made into orders with lines of real-looking products, payments and returns."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhiyin.config.demo.catalogue import Catalogue
from zhiyin.config.demo.load import changed, instant, numbers, table
from zhiyin.config.demo.world import CURRENCY, DAY_MS, HOUR_MS, World, moments

MORE_LINES = 0.35
RETURNED = 0.07
ANONYMOUS_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Sales:
    """Purchases to be made into orders: arrays of one entry each. ``customer`` is -1 for anonymous ones."""

    customer: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    dealer: np.ndarray

    def __len__(self) -> int:
        return len(self.day)


def lines(sales: Sales, catalogue: Catalogue, random: np.random.Generator) -> pa.Table:
    """One row per order line; ``sale`` and ``product`` are row numbers.

    The lines of an order add up to its drawn amount to the cent: what was drawn stays the truth. The list
    price is at most 18 % above what is paid; dealers pay about a quarter less than the list price.
    """
    split = (random.random(len(sales)) < MORE_LINES) & (sales.amount > 150)
    share = np.where(split, random.uniform(0.06, 0.35, len(sales)), 0.0)
    total = np.maximum(np.round(sales.amount, 2), 1.0)
    second = np.round(total * share, 2)
    rows = np.arange(len(sales))
    sale = np.concatenate((rows, rows[split]))
    position = np.concatenate((np.ones(len(sales), int), np.full(split.sum(), 2)))
    amount = np.concatenate((total - second, second[split]))
    product, quantity = choose(amount, sales.dealer[sale], catalogue, random)
    return table(
        sale=sale,
        position=position,
        product=product,
        quantity=quantity,
        unit_price=np.round(amount / quantity, 4),
        amount=np.round(amount, 2),
        cost=np.round(catalogue.cost[product] * quantity, 2),
    ).take(np.lexsort((position, sale)))


def choose(
    amount: np.ndarray, dealer: np.ndarray, catalogue: Catalogue, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A product and a quantity for each amount, so that the price paid is a little below the list price."""
    pieces = np.where(dealer, np.ceil(amount / random.uniform(400, 2_500, len(amount))), 1.0)
    pieces = np.maximum(pieces, np.ceil(amount / catalogue.price[-1]))
    list_price = amount / pieces / np.where(dealer, random.uniform(0.7, 0.78, len(amount)), 1.0)
    low = np.searchsorted(catalogue.price, list_price)
    high = np.searchsorted(catalogue.price, list_price * 1.18)
    span = np.maximum(high - low, 1)
    product = np.minimum(low + (random.random(len(amount)) * span).astype(int), len(catalogue.price) - 1)
    return product, pieces.astype(int)


def orders(world: World, sales: Sales, line: pa.Table, channels: np.ndarray) -> pa.Table:
    """One row per order, in order of time, with its key and number; ``sale`` is the row of ``sales``."""
    moment = moments(sales.day, world.random)
    sale = numbers(line, "sale")
    quantity, total, cost = (
        np.bincount(sale, numbers(line, name)) for name in ("quantity", "amount", "cost")
    )
    rows = table(
        sale=np.arange(len(sales)),
        customer=sales.customer,
        dealer=sales.dealer,
        moment=moment,
        channel=channels,
        quantity=quantity.astype(int),
        total=np.round(total, 2),
        cost=np.round(cost, 2),
        line_count=np.bincount(sale),
    ).take(np.argsort(moment, kind="stable"))
    serial = range(10_000_001, 10_000_001 + len(sales))
    return changed(rows, id=world.keys(numbers(rows, "moment")), number=[f"LH{each}" for each in serial])


def order_of(order: pa.Table, sale: np.ndarray) -> np.ndarray:
    """The row of each sale's order; -1 where there is none."""
    place = np.full(sale.max(initial=-1) + 1, -1)
    own = numbers(order, "sale")
    known = own < len(place)
    place[own[known]] = np.flatnonzero(known)
    return np.asarray(place[sale])


def returns(world: World, order: pa.Table, line: pa.Table) -> pa.Table:
    """Some second lines brought back within a fortnight: one row per return, amounts negative."""
    chosen = (numbers(line, "position") == 2) & (world.random.random(len(line)) < RETURNED)
    back = line.filter(pa.array(chosen))
    place = order_of(order, numbers(back, "sale"))
    sold = order.take(np.maximum(place, 0))
    moment = numbers(sold, "moment") + world.random.integers(DAY_MS, 14 * DAY_MS, len(back))
    kept = np.flatnonzero((place >= 0) & (moment <= world.until))
    kept = kept[np.argsort(moment[kept], kind="stable")]
    back, sold, moment = back.take(kept), sold.take(kept), moment[kept]
    return changed(
        back,
        customer=sold["customer"],
        moment=moment,
        channel=sold["channel"],
        returns_id=sold["id"],
        id=world.keys(moment),
        number=[f"{each}-T" for each in sold["number"].to_pylist()],
        **{name: -numbers(back, name) for name in ("quantity", "amount", "cost")},
    )


def order_rows(order: pa.Table, returned: pa.Table, people: pa.Table) -> pa.Table:
    """Sales and returns as rows of the order table, with three columns more: customer, moment and kind."""
    shared = ["id", "number", "customer", "moment", "channel", "quantity", "total", "cost", "line_count"]
    sold = changed(order.select(shared), kind="sale", returns_id=None)
    back = changed(returned, total=returned["amount"], line_count=np.ones(len(returned), int), kind="return")
    rows = pa.concat_tables([sold, back.select(sold.column_names)])
    customer = numbers(rows, "customer")
    buyer = people.take(pa.array(customer, mask=customer < 0))
    return changed(
        rows,
        customer_id=buyer["id"],
        owner_id=buyer["owner_id"],
        unit_id=buyer["unit_id"],
        source="",
        country="中国",
        currency=CURRENCY,
        ordered_at=instant(numbers(rows, "moment")),
        created_at=instant(numbers(rows, "moment")),
    )


def line_rows(order: pa.Table, line: pa.Table, returned: pa.Table, products: pa.Table) -> pa.Table:
    """Lines of sales and of returns."""
    place = order_of(order, numbers(line, "sale"))
    sold = line.filter(pa.array(place >= 0))
    sold = changed(sold, order_id=order["id"].take(place[place >= 0]))
    back = changed(returned, position=np.ones(len(returned), int), order_id=returned["id"])
    columns = ["order_id", "position", "product", "quantity", "unit_price", "amount"]
    rows = pa.concat_tables([sold.select(columns), back.select(columns)])
    return changed(rows, product_id=products["id"].take(rows["product"])).drop_columns("product")


def payment_rows(world: World, order: pa.Table) -> pa.Table:
    """Consumers pay at once, dealers by transfer within six weeks or not yet."""
    random, dealer = world.random, numbers(order, "dealer")
    wait = np.where(
        dealer, random.uniform(1, 42, len(order)) * DAY_MS, random.uniform(0, 0.1, len(order)) * HOUR_MS
    )
    method = np.where(
        dealer,
        "transfer",
        random.choice(["wechat", "alipay", "card", "cash"], len(order), p=[0.45, 0.38, 0.12, 0.05]),
    )
    moment = numbers(order, "moment") + wait.astype(np.int64)
    kept = moment <= world.until
    paid, moment = order.filter(pa.array(kept)), moment[kept]
    return table(
        id=world.keys(moment),
        order_id=paid["id"],
        amount=paid["total"],
        method=method[kept],
        currency=CURRENCY,
        reference="",
        paid_at=instant(moment),
        created_at=instant(moment),
    )


def anonymous(world: World, amount: np.ndarray) -> Sales:
    """Shop sales to people who left no name, priced like the others."""
    count = round(len(amount) * ANONYMOUS_SHARE)
    days = np.datetime64(world.end, "D") - np.sort(world.random.integers(0, 3 * 365, count))[::-1]
    return Sales(np.full(count, -1), days, world.random.choice(amount, count), np.zeros(count, bool))
