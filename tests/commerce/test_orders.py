"""Orders by hand, returns, payments: all in Decimal, nothing beyond what was bought or is owed."""

import datetime
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Company
from zhiyin.commerce import actions, queries
from zhiyin.commerce.actions import NewLine, ReturnedLine, TooMuchReturned
from zhiyin.commerce.actions.orders import KeyReused, NumberTaken
from zhiyin.commerce.actions.payments import TooMuchPaid
from zhiyin.commerce.models import Order, OrderLine, Payment, Product
from zhiyin.commerce.queries import OrderFilter
from zhiyin.commerce.totals import totals
from zhiyin.customers import queries as customer_queries
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime


def _order(company: Company, now: Now, *lines: NewLine, **more: Any) -> Order:
    return actions.create_order(actor=company.lin.actor, lines=lines, now=now, **more)


def test_the_companys_totals_are_told_to_who_reaches_all_of_it(inside: Company) -> None:
    assert totals(inside.xu.actor)["orders"] == 0
    for other in (inside.lin.actor, inside.ma.actor):
        with pytest.raises(PermissionDenied):
            totals(other)


def test_an_order_is_numbered_by_the_companys_day(inside: Company, kettle: Product) -> None:
    late = datetime.datetime(2026, 11, 22, 17, 50, tzinfo=datetime.UTC)
    assert inside.tenant.time_zone == "Asia/Shanghai"
    assert _order(inside, late, NewLine(kettle.pk, Decimal(1))).number == "S20261123-0001"


def test_an_order_takes_prices_owner_and_number_and_is_on_the_timeline(
    inside: Company, kettle: Product, fan: Product, buyer: Customer, now: Now
) -> None:
    lines = NewLine(kettle.pk, Decimal(3)), NewLine(fan.pk, Decimal("1.5"), Decimal("0.10"))
    order = _order(inside, now, *lines, customer_id=buyer.pk, channel="web")
    order.refresh_from_db()
    assert order.total == Decimal("599.8500")
    assert (order.quantity, order.line_count, order.cost) == (Decimal("4.5"), 2, None)
    assert (order.owner_id, order.unit_id, order.country) == (buyer.owner_id, buyer.unit_id, "中国")
    assert re.fullmatch(r"S\d{8}-0001", order.number)
    assert [line.amount for line in queries.lines_of(order.pk)] == [Decimal("599.7"), Decimal("0.15")]
    touch = customer_queries.timeline(buyer.pk).rows[0]
    assert touch["object_id"] == order.pk
    assert touch["data"] == {"number": order.number, "total": "599.8500", "currency": "CNY"}
    assert AuditEntry.objects.filter(action="commerce.order_created", subject_id=order.pk).exists()
    assert OutboxEvent.objects.filter(name="commerce.order_created").count() == 1
    assert _order(inside, now, NewLine(kettle.pk, Decimal(1))).number.endswith("-0002")


def test_the_cost_of_an_order_is_known_when_all_costs_are(inside: Company, kettle: Product, now: Now) -> None:
    assert _order(inside, now, NewLine(kettle.pk, Decimal("2.5"))).cost == Decimal(200)


@pytest.mark.parametrize(
    ("quantity", "price"),
    [("0", "1"), ("-1", "1"), ("1", "-1"), ("NaN", "1"), ("1", "Infinity"), ("1.00001", "1"), ("1", "1e15"),
     ("1e14", "1e14")],
)  # fmt: skip
def test_lines_that_cannot_be_are_refused(
    inside: Company, kettle: Product, now: Now, quantity: str, price: str
) -> None:
    with pytest.raises(Invalid):
        _order(inside, now, NewLine(kettle.pk, Decimal(quantity), Decimal(price)))
    assert not Order.objects.exists()


def test_an_order_needs_lines_a_price_and_a_past(inside: Company, kettle: Product, now: Now) -> None:
    bare = actions.create_product(actor=inside.gao.actor, code="x", now=now)
    line = NewLine(kettle.pk, Decimal(1))
    for lines, more in [
        ([], {}),
        ([NewLine(uuid.uuid4(), Decimal(1))], {}),
        ([NewLine(bare.pk, Decimal(1))], {}),
        ([line], {"ordered_at": now + datetime.timedelta(days=3)}),
        ([line], {"number": "x" * 65}),
        ([line] * 501, {}),
    ]:
        with pytest.raises(Invalid):
            _order(inside, now, *lines, **more)
    assert not Order.objects.exists()


def test_a_number_is_used_once(inside: Company, kettle: Product, now: Now) -> None:
    _order(inside, now, NewLine(kettle.pk, Decimal(1)), number="A-1")
    with pytest.raises(NumberTaken):
        _order(inside, now, NewLine(kettle.pk, Decimal(1)), number=" A-1 ")


def test_a_repeated_request_gives_the_first_order(inside: Company, kettle: Product, now: Now) -> None:
    line = NewLine(kettle.pk, Decimal(1))
    first = _order(inside, now, line, request_key="abc")
    again = _order(inside, now + datetime.timedelta(hours=1), line, request_key="abc")
    assert first.pk == again.pk
    assert Order.objects.count() == 1
    with pytest.raises(KeyReused):
        _order(inside, now, NewLine(kettle.pk, Decimal(2)), request_key="abc")


def test_nobody_orders_for_a_customer_out_of_reach(
    inside: Company, kettle: Product, buyer: Customer, now: Now
) -> None:
    with pytest.raises(NotFound):
        actions.create_order(
            actor=inside.wu.actor, customer_id=buyer.pk, lines=[NewLine(kettle.pk, Decimal(1))], now=now
        )
    with pytest.raises(PermissionDenied):
        actions.create_order(actor=inside.an.actor, lines=[NewLine(kettle.pk, Decimal(1))], now=now)


def test_orders_are_seen_by_who_sees_the_customer_or_the_order(
    inside: Company, other: Company, kettle: Product, buyer: Customer, now: Now
) -> None:
    order = _order(inside, now, NewLine(kettle.pk, Decimal(1)), customer_id=buyer.pk)
    for who, sees in {"lin": 1, "chen": 0, "ma": 1, "wu": 0, "an": 0, "xu": 1, "gao": 1}.items():
        rows = queries.list_orders(inside.people[who].actor, OrderFilter()).rows
        assert len(rows) == sees, who
    with other.scope():
        assert queries.list_orders(other.gao.actor, OrderFilter()).rows == []
        with pytest.raises(NotFound):
            actions.record_payment(actor=other.gao.actor, order_id=order.pk, amount=Decimal(1), now=now)


def test_returns_come_back_at_the_price_paid(
    inside: Company, kettle: Product, buyer: Customer, now: Now
) -> None:
    order = _order(inside, now, NewLine(kettle.pk, Decimal(3), Decimal(100)), customer_id=buyer.pk)
    back = actions.record_return(
        actor=inside.lin.actor, order_id=order.pk, lines=[ReturnedLine(1, Decimal(2))], now=now
    )
    assert (back.total, back.quantity, back.kind, back.returns_id) == (-200, -2, "return", order.pk)
    assert back.cost == Decimal(-160)
    assert queries.returnable(order.pk) == {kettle.pk: Decimal(1)}
    assert customer_queries.timeline(buyer.pk, kinds=["return"]).rows[0]["object_id"] == back.pk
    with pytest.raises(TooMuchReturned):
        actions.record_return(
            actor=inside.lin.actor, order_id=order.pk, lines=[ReturnedLine(1, Decimal(2))], now=now
        )
    with pytest.raises(Invalid):
        actions.record_return(
            actor=inside.lin.actor, order_id=back.pk, lines=[ReturnedLine(1, Decimal(1))], now=now
        )
    bought = queries.purchases_of(buyer.pk)
    assert (bought.orders, bought.returns, bought.spend) == (1, 1, Decimal(100))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bought=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    attempts=st.lists(st.tuples(st.integers(1, 4), st.integers(-1, 6)), max_size=8),
)
def test_never_more_comes_back_than_was_bought(
    inside: Company, kettle: Product, bought: list[int], attempts: list[tuple[int, int]], now: Now
) -> None:
    order = _order(inside, now, *(NewLine(kettle.pk, Decimal(quantity)) for quantity in bought))
    for position, quantity in attempts:
        lines = [ReturnedLine(position, Decimal(quantity))]
        left = queries.returnable(order.pk)[kettle.pk]
        possible = position <= len(bought) and 0 < quantity <= min(left, bought[position - 1])
        try:
            actions.record_return(actor=inside.lin.actor, order_id=order.pk, lines=lines, now=now)
            assert possible
        except (TooMuchReturned, Invalid):
            assert not possible
    net = sum(
        OrderLine.objects.filter(order__in=[order, *queries.returns_of(order.pk)]).values_list(
            "quantity", flat=True
        )
    )
    assert 0 <= net == queries.returnable(order.pk)[kettle.pk]


def test_payments_stop_at_what_is_owed(inside: Company, kettle: Product, buyer: Customer, now: Now) -> None:
    order = _order(inside, now, NewLine(kettle.pk, Decimal(2), Decimal(50)), customer_id=buyer.pk)
    pay: dict[str, Any] = {"actor": inside.lin.actor, "order_id": order.pk, "now": now}
    actions.record_payment(**pay, amount=Decimal("60.01"), method="wechat", reference="42")
    with pytest.raises(TooMuchPaid):
        actions.record_payment(**pay, amount=Decimal(40))
    for amount in ("0", "-1", "NaN", "0.00001"):
        with pytest.raises(Invalid):
            actions.record_payment(**pay, amount=Decimal(amount))
    actions.record_payment(**pay, amount=Decimal("39.99"))
    assert queries.outstanding(order) == 0
    assert Payment.objects.count() == 2
    assert len(customer_queries.timeline(buyer.pk, kinds=["payment"]).rows) == 2


def test_order_filters(inside: Company, kettle: Product, buyer: Customer, now: Now) -> None:
    line = NewLine(kettle.pk, Decimal(1), Decimal(10))
    old = _order(inside, now - datetime.timedelta(days=40), line, number="A-100", channel="web")
    new = _order(inside, now, NewLine(kettle.pk, Decimal(9)), customer_id=buyer.pk, number="B-200")
    for where, found in [
        ({}, [new, old]),
        ({"q": "A-1"}, [old]),
        ({"q": "100"}, []),
        ({"kind": "return"}, []),
        ({"customer": buyer.pk}, [new]),
        ({"anonymous": True}, [old]),
        ({"channel": ["web"]}, [old]),
        ({"country": ["中国"]}, [new]),
        ({"total_max": "10"}, [old]),
        ({"total_min": "10.01"}, [new]),
        ({"date_from": (now - datetime.timedelta(days=5)).date()}, [new]),
        ({"date_to": (now - datetime.timedelta(days=5)).date()}, [old]),
    ]:
        page = queries.list_orders(inside.gao.actor, OrderFilter.model_validate(where))
        assert [row["id"] for row in page.rows] == [order.pk for order in found], where
    assert [row["number"] for row in queries.find_orders(inside.gao.actor, "B")] == ["B-200"]
