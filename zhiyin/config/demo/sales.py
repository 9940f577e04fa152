"""Purchases made into orders with lines of real-looking products, payments and returns."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from zhiyin.config.demo.catalogue import Catalogue
from zhiyin.config.demo.load import instant
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


def lines(sales: Sales, catalogue: Catalogue, random: np.random.Generator) -> pl.DataFrame:
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
    frame = pl.DataFrame(
        {
            "sale": sale,
            "position": position,
            "product": product,
            "quantity": quantity,
            "unit_price": np.round(amount / quantity, 4),
            "amount": np.round(amount, 2),
            "cost": np.round(catalogue.cost[product] * quantity, 2),
        }
    )
    return frame.sort("sale", "position")


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


def orders(world: World, sales: Sales, line: pl.DataFrame, channels: list[str]) -> pl.DataFrame:
    """One row per order, in order of time, with its key and number; ``sale`` is the row of ``sales``."""
    moment = moments(sales.day, world.random)
    sums = line.group_by("sale").agg(
        pl.col("quantity").sum(),
        pl.col("amount").sum().alias("total"),
        pl.col("cost").sum(),
        pl.len().alias("line_count"),
    )
    frame = pl.DataFrame(
        {
            "sale": np.arange(len(sales)),
            "customer": sales.customer,
            "dealer": sales.dealer,
            "moment": moment,
            "channel": channels,
        }
    ).join(sums, on="sale")
    frame = frame.sort("moment", "sale")
    return frame.with_columns(
        pl.Series("id", world.keys(frame["moment"].to_numpy())),
        number=pl.format("LH{}", (pl.int_range(pl.len()) + 10_000_001)),
        total=pl.col("total").round(2),
        cost=pl.col("cost").round(2),
    )


def returns(world: World, order: pl.DataFrame, line: pl.DataFrame) -> pl.DataFrame:
    """Some second lines brought back within a fortnight: one row per return, amounts negative."""
    back = line.filter((pl.col("position") == 2) & pl.Series(world.random.random(len(line)) < RETURNED))
    frame = back.join(
        order.select("sale", "customer", "moment", "channel", "id", "number"), on="sale", how="inner"
    ).with_columns(moment=pl.col("moment") + pl.Series(world.random.integers(DAY_MS, 14 * DAY_MS, len(back))))
    frame = frame.filter(pl.col("moment") <= world.until).sort("moment", "sale")
    return frame.with_columns(
        pl.col("id").alias("returns_id"),
        pl.Series("id", world.keys(frame["moment"].to_numpy())),
        number=pl.format("{}-T", "number"),
        quantity=-pl.col("quantity"),
        amount=-pl.col("amount"),
        cost=-pl.col("cost"),
    )


def order_rows(order: pl.DataFrame, returned: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Sales and returns as rows of the order table, with two columns more: ``moment`` and ``actor_name``."""
    shared = ["id", "number", "customer", "moment", "channel", "quantity", "total", "cost", "line_count"]
    sold = order.select(*shared, kind=pl.lit("sale"), returns_id=pl.lit(None, pl.String))
    back = returned.rename({"amount": "total"}).with_columns(line_count=pl.lit(1, pl.UInt32))
    rows = pl.concat(
        [sold, back.select(*shared, kind=pl.lit("return"), returns_id="returns_id")], how="vertical_relaxed"
    )
    buyer = people.select("owner_id", "unit_id", customer_id="id").with_row_index("customer")
    return rows.join(buyer.cast({"customer": pl.Int64}), on="customer", how="left").with_columns(
        source=pl.lit(""),
        country=pl.lit("中国"),
        currency=pl.lit(CURRENCY),
        ordered_at=instant("moment"),
        created_at=instant("moment"),
    )


def line_rows(
    order: pl.DataFrame, line: pl.DataFrame, returned: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    product = products.select(product_id="id").with_row_index("product").cast({"product": pl.Int64})
    sold = line.join(order.select("sale", order_id="id"), on="sale")
    back = returned.with_columns(position=pl.lit(1, pl.Int64)).rename({"id": "order_id"})
    columns = ["order_id", "position", "product", "quantity", "unit_price", "amount"]
    rows = pl.concat([sold.select(columns), back.select(columns)], how="vertical_relaxed")
    return rows.join(product, on="product").drop("product")


def payment_rows(world: World, order: pl.DataFrame) -> pl.DataFrame:
    """Consumers pay at once, dealers by transfer within six weeks or not yet."""
    random, dealer = world.random, order["dealer"].to_numpy()
    wait = np.where(
        dealer, random.uniform(1, 42, len(order)) * DAY_MS, random.uniform(0, 0.1, len(order)) * HOUR_MS
    )
    method = np.where(
        dealer,
        "transfer",
        random.choice(["wechat", "alipay", "card", "cash"], len(order), p=[0.45, 0.38, 0.12, 0.05]),
    )
    paid = order.select(
        order_id="id", amount="total", moment=pl.col("moment") + pl.Series(wait.astype(np.int64))
    )
    paid = paid.with_columns(pl.Series("method", method)).filter(pl.col("moment") <= world.until)
    return paid.with_columns(
        pl.Series("id", world.keys(paid["moment"].to_numpy())),
        currency=pl.lit(CURRENCY),
        reference=pl.lit(""),
        paid_at=instant("moment"),
        created_at=instant("moment"),
    ).drop("moment")


def anonymous(world: World, amount: np.ndarray) -> Sales:
    """Shop sales to people who left no name, priced like the others."""
    count = round(len(amount) * ANONYMOUS_SHARE)
    days = np.datetime64(world.end, "D") - np.sort(world.random.integers(0, 3 * 365, count))[::-1]
    return Sales(np.full(count, -1), days, world.random.choice(amount, count), np.zeros(count, bool))
