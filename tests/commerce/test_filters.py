"""What filters of customers ask about orders."""

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest
from django.utils.timezone import localdate

from tests.cast import Company
from zhiyin.commerce.actions import NewLine, create_order, create_product
from zhiyin.commerce.models import Order, Product
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import CustomerKind
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.errors import PermissionDenied


def names(company: Company, field: str, op: str, value: Any = None, who: str = "gao") -> set[str]:
    where = CustomerFilter(filter=json.dumps({"of": [{"field": field, "op": op, "value": value}]}))
    return {row["name"] for row in queries.list_customers(company.people[who].actor, where).rows}


@pytest.fixture
def shop(inside: Company, now: datetime.datetime) -> dict[str, Any]:
    actor, day = inside.gao.actor, datetime.timedelta(days=1)
    kettle, lamp = (
        create_product(actor=actor, code=code, name=code, price="5", now=now) for code in ("Kettle", "Lamp")
    )
    made: dict[str, Any] = {"kettle": kettle, "lamp": lamp}
    for name, owner, orders in [
        ("often", inside.lin, [(5, kettle), (100, lamp)]),
        ("long ago", inside.lin, [(300, kettle)]),
        ("never", inside.lin, []),
        ("another's", inside.wu, [(5, kettle)]),
    ]:
        customer = actions.create_customer(actor=owner.actor, name=name, kind=CustomerKind.PERSON, now=now)
        made[name] = customer
        for ago, product in orders:
            made[f"order of {name}"] = create_order(
                actor=actor,
                customer_id=customer.pk,
                lines=[NewLine(product.pk, 1)],
                ordered_at=now - ago * day,
                now=now,
            )
    return made


def test_by_the_last_order_as_it_is_now(inside: Company, shop: dict[str, Any]) -> None:
    assert names(inside, "ordered_on", "last", {"number": 30, "unit": "day"}) == {"often", "another's"}
    assert names(inside, "ordered_on", "older", {"number": 6, "unit": "month"}) == {"long ago"}
    # he bought then, and again later
    first = localdate(Order.objects.earliest("ordered_at").ordered_at)
    assert names(inside, "ordered_on", "until", str(first)) == {"long ago"}
    assert names(inside, "ordered_on", "empty") == {"never"}
    assert names(inside, "ordered_on", "last", {"number": 30, "unit": "day"}, who="lin") == {"often"}


def test_by_products_and_numbers(inside: Company, shop: dict[str, Any]) -> None:
    kettle, lamp = (str(shop[name].pk) for name in ("kettle", "lamp"))
    assert names(inside, "product", "in", [lamp]) == {"often"}
    assert names(inside, "product", "all", [lamp, kettle]) == {"often"}
    assert names(inside, "product", "not_in", [kettle]) == {"never"}
    number = shop["order of long ago"].number
    assert names(inside, "order_number", "in", [number]) == {"long ago"}
    assert names(inside, "order_number", "in", [number.lower()]) == {"long ago"}
    assert names(inside, "order_number", "starts", number) == {"long ago"}
    assert names(inside, "returned", "is", True) == set()
    assert names(inside, "order_channel", "in", ["nowhere"]) == set()
    assert Product.objects.count() == 2


def test_orders_are_guarded(inside: Company, shop: dict[str, Any]) -> None:
    blind = replace(inside.gao.actor, permissions=inside.gao.actor.permissions - {"orders.view"})
    for field, op, value in [("ordered_on", "filled", None), ("product", "in", [str(shop["lamp"].pk)])]:
        where = CustomerFilter(filter=json.dumps({"of": [{"field": field, "op": op, "value": value}]}))
        with pytest.raises(PermissionDenied):
            queries.list_customers(blind, where)


def test_the_search_box_finds_whose_order_a_number_is_and_puts_him_first(
    inside: Company, now: datetime.datetime
) -> None:
    actor = inside.gao.actor
    product = create_product(actor=actor, code="P", name="P", price="5", now=now)
    made = [
        actions.create_customer(actor=owner.actor, name=name, code=code, now=now)
        for owner, name, code in [
            (inside.lin, "Aa SO-7001", "K1"),
            (inside.lin, "Zz", "K2"),
            (inside.wu, "Ww", "K3"),
        ]
    ]
    for customer, number in ((made[1], "SO-7001"), (made[2], "SO-7002")):
        create_order(
            actor=actor, customer_id=customer.pk, lines=[NewLine(product.pk, 1)], number=number, now=now
        )

    def listed(q: str, who: str = "gao") -> list[str]:
        found = queries.list_customers(inside.people[who].actor, CustomerFilter(q=q))
        return [row["name"] for row in found.rows]

    assert listed("SO-7001") == ["Aa SO-7001", "Zz"]
    assert listed("so-7001") == ["Aa SO-7001", "Zz"]
    assert listed("SO-7002", "lin") == []
    assert listed("SO-700") == ["Aa SO-7001"]
    assert queries.count_customers(actor, CustomerFilter(q="SO-7001")).number == 2
    assert [row["name"] for row in queries.quick_search(actor, "SO-7001")] == ["Zz", "Aa SO-7001"]
    blind = replace(actor, permissions=actor.permissions - {"orders.view"})
    assert [row["name"] for row in queries.quick_search(blind, "SO-7001")] == ["Aa SO-7001"]
