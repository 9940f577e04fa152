"""The whole demo company, drawn as frames ready to be loaded."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from zhiyin.config.demo.load import instant
from zhiyin.config.demo.people import contact_frame, customer_frame, note_frame, search_frame, tag_frames
from zhiyin.config.demo.sales import (
    Sales,
    anonymous,
    line_rows,
    lines,
    order_rows,
    orders,
    payment_rows,
    returns,
)
from zhiyin.config.demo.truth import DAYS, TRUTH, draw, first_days
from zhiyin.config.demo.world import CURRENCY, DAY_MS, World
from zhiyin.platform.pinyin import name_key

DEALERS, PROSPECTS, PROSPECT_DEALERS = 0.035, 0.045, 0.01


@dataclass(frozen=True, slots=True)
class Company:
    """Frames by table, in the order in which they must be loaded; how many customers of each kind buy."""

    frames: dict[str, pl.DataFrame]
    buyers: dict[str, int]


def found_company(world: World, customers: int) -> Company:
    """Draw the company: buyers of both kinds, prospects, products, sales, and all that follows from them."""
    counts = {
        kind: round(customers * share)
        for kind, share in (("organisation", DEALERS), ("prospects", PROSPECTS))
    }
    prospect_dealers = round(customers * PROSPECT_DEALERS)
    buyers = {
        "person": customers - sum(counts.values()) - prospect_dealers,
        "organisation": counts["organisation"],
    }
    since: list[np.ndarray] = []
    bought: list[Sales] = []
    for place, (kind, count) in enumerate(buyers.items()):
        first = first_days(count, world.end, world.random)
        drawn = draw(TRUTH[kind], first, world.end, world.seed + 10 * place)
        dealer = np.full(len(drawn.day), kind == "organisation")
        bought.append(
            Sales(drawn.customer + sum(len(each) for each in since), drawn.day, drawn.amount, dealer)
        )
        since.append(first)
    bought.append(anonymous(world, bought[0].amount))
    since.append(first_days(counts["prospects"] + prospect_dealers, world.end, world.random))
    dealer = np.repeat([False, True, False, True], [*buyers.values(), counts["prospects"], prospect_dealers])
    people = customer_frame(world, np.concatenate(since), dealer)
    return Company(assemble(world, people, joined(bought)), buyers)


def joined(parts: list[Sales]) -> Sales:
    return Sales(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sales.__slots__))


def assemble(world: World, people: pl.DataFrame, sales: Sales) -> dict[str, pl.DataFrame]:
    products = product_frame(world)
    line = lines(sales, world.catalogue, world.random)
    order = orders(world, sales, line, channels(people, sales)).filter(pl.col("moment") <= world.until)
    returned = returns(world, order, line)
    booked = order_rows(order, returned, people)
    notes = note_frame(world, people)
    return {
        "commerce_product": products,
        "customers_customer": people.drop("moment", "phone", "email", "address"),
        "customers_customersearch": search_frame(world, people),
        "customers_contactpoint": contact_frame(world, people),
        **tag_frames(world, people),
        "customers_note": notes.drop("moment", "actor_name"),
        "commerce_order": booked.drop("customer", "moment"),
        "commerce_orderline": line_rows(order, line, returned, products),
        "commerce_payment": payment_rows(world, order),
        "customers_timelineevent": timeline(world, people, booked, notes),
    }


def channels(people: pl.DataFrame, sales: Sales) -> list[str]:
    """Where each sale was made: dealers through their channel, the others where they were found."""
    online = (people["source"] == "网上商城").to_numpy()
    names = np.where(sales.dealer, "经销", np.where(online[sales.customer], "网上商城", "门店"))
    names[sales.customer < 0] = "门店"
    return [str(name) for name in names]


def product_frame(world: World) -> pl.DataFrame:
    goods = world.catalogue
    begun = np.full(len(goods.codes), world.until - (DAYS + 30) * DAY_MS)
    frame = pl.DataFrame(
        {
            "id": world.keys(begun),
            "code": goods.codes,
            "name": goods.names,
            "name_key": [name_key(name) for name in goods.names],
            "category": goods.categories,
            "unit": "件",
            "price": goods.price,
            "cost": goods.cost,
            "currency": CURRENCY,
            "is_active": True,
            "moment": begun,
        }
    )
    return frame.with_columns(created_at=instant("moment"), updated_at=instant("moment")).drop("moment")


def timeline(world: World, people: pl.DataFrame, booked: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """One event for each beginning, order, return and note, in order of time."""
    begun = people.select(
        "moment", customer_id="id", kind=pl.lit("created"), object_id="id", data=pl.lit("{}")
    )
    money = pl.struct("number", pl.col("total").cast(pl.String), "currency", "channel").struct.json_encode()
    sold = booked.drop_nulls("customer_id").select(
        "moment", "customer_id", kind=pl.col("kind").replace({"sale": "order"}), object_id="id", data=money
    )
    text = pl.struct("body").struct.json_encode()
    noted = notes.select(
        "moment", "customer_id", kind=pl.lit("note"), object_id="id", data=text, actor_name="actor_name"
    )
    events = pl.concat([begun, sold, noted], how="diagonal").sort("moment")
    return events.with_columns(
        pl.Series("id", world.keys(events["moment"].to_numpy())),
        pl.col("actor_name").fill_null(""),
        occurred_at=instant("moment"),
    ).drop("moment")
