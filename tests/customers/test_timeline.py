"""What of a customer's timeline a reader sees."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.cast import Company
from zhiyin.activities.actions import add_follow_up
from zhiyin.commerce.actions import create_order, create_product
from zhiyin.commerce.actions.orders import NewLine
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer

Now = datetime.datetime


@pytest.fixture
def customer(inside: Company, now: Now) -> Customer:
    made = actions.create_customer(actor=inside.gao.actor, name="颐和", now=now)
    kettle = create_product(actor=inside.gao.actor, code="K1", name="水壶", price=Decimal(9), now=now)
    line = NewLine(kettle.pk, Decimal(1))
    create_order(actor=inside.gao.actor, customer_id=made.pk, lines=[line], now=now)
    add_follow_up(actor=inside.gao.actor, customer_id=made.pk, kind="call", body="谈过", now=now)
    return made


@pytest.mark.parametrize(
    ("without", "show", "kinds"),
    [
        ("", "", ["follow_up", "order", "created"]),
        ("orders.view", "", ["follow_up", "created"]),
        ("orders.view", "orders", []),
        ("activities.view", "", ["order", "created"]),
        ("activities.view", "notes", []),
        ("activities.view", "nonsense", ["order", "created"]),
    ],
)
def test_what_needs_a_permission_is_left_out(
    inside: Company, customer: Customer, without: str, show: str, kinds: list[str]
) -> None:
    actor = replace(inside.gao.actor, permissions=inside.gao.actor.permissions - {without})
    assert [row["kind"] for row in queries.touches(actor, customer.pk, show=show).rows] == kinds
