"""The whole demo company, drawn as tables of rows ready to be loaded."""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.config.demo.load import changed, instant, numbers, table
from zhiyin.config.demo.people import contact_rows, customer_rows, note_rows, search_rows, tag_rows
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
    """Rows by table, in the order in which they must be loaded; how many customers of each kind buy."""

    rows: dict[str, pa.Table]
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
    people = customer_rows(world, np.concatenate(since), dealer)
    return Company(assemble(world, people, joined(bought)), buyers)


def joined(parts: list[Sales]) -> Sales:
    return Sales(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sales.__slots__))


def assemble(world: World, people: pa.Table, sales: Sales) -> dict[str, pa.Table]:
    products = product_rows(world)
    line = lines(sales, world.catalogue, world.random)
    order = orders(world, sales, line, channels(people, sales))
    order = order.filter(pc.less_equal(order["moment"], world.until))
    returned = returns(world, order, line)
    booked = order_rows(order, returned, people)
    notes = note_rows(world, people)
    return {
        "commerce_product": products,
        "customers_customer": people.drop_columns(["moment", "phone", "email", "address"]),
        "customers_customersearch": search_rows(world, people),
        "customers_contactpoint": contact_rows(world, people),
        **tag_rows(world, people),
        "customers_note": notes.drop_columns(["moment", "actor_name"]),
        "commerce_order": booked.drop_columns(["customer", "moment"]),
        "commerce_orderline": line_rows(order, line, returned, products),
        "commerce_payment": payment_rows(world, order),
        "customers_timelineevent": timeline(world, people, booked, notes),
    }


def channels(people: pa.Table, sales: Sales) -> np.ndarray:
    """Where each sale was made: dealers through their channel, the others where they were found."""
    online = numbers(people, "source") == "网上商城"
    names = np.where(sales.dealer, "经销", np.where(online[sales.customer], "网上商城", "门店"))
    names[sales.customer < 0] = "门店"
    return names


def product_rows(world: World) -> pa.Table:
    goods = world.catalogue
    begun = np.full(len(goods.codes), world.until - (DAYS + 30) * DAY_MS)
    return table(
        id=world.keys(begun),
        code=goods.codes,
        name=goods.names,
        name_key=[name_key(name) for name in goods.names],
        category=goods.categories,
        unit="件",
        price=goods.price,
        cost=goods.cost,
        currency=CURRENCY,
        is_active=True,
        created_at=instant(begun),
        updated_at=instant(begun),
    )


def timeline(world: World, people: pa.Table, booked: pa.Table, notes: pa.Table) -> pa.Table:
    """One event for each beginning, order, return and note, in order of time."""
    named = booked.filter(booked["customer_id"].is_valid())
    kinds = {"sale": "order", "return": "return"}
    events = pa.concat_tables(
        [
            table(
                customer_id=people["id"], kind="created", object_id=people["id"], data="{}",
                actor_name="", moment=people["moment"],
            ),
            table(
                customer_id=named["customer_id"], kind=[kinds[each] for each in named["kind"].to_pylist()],
                object_id=named["id"], data=written(named, "number", "total", "currency", "channel"),
                actor_name="", moment=named["moment"],
            ),
            table(
                customer_id=notes["customer_id"], kind="note", object_id=notes["id"],
                data=written(notes, "body"), actor_name=notes["actor_name"], moment=notes["moment"],
            ),
        ]
    )  # fmt: skip
    events = events.take(np.argsort(numbers(events, "moment"), kind="stable"))
    moment = numbers(events, "moment")
    return changed(events, id=world.keys(moment), occurred_at=instant(moment)).drop_columns("moment")


def written(rows: pa.Table, *names: str) -> list[str]:
    """Columns of each row as JSON, numbers as text."""
    return [
        json.dumps({name: str(value) for name, value in row.items()}, ensure_ascii=False)
        for row in rows.select(names).to_pylist()
    ]
