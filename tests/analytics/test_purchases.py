"""What counts as a purchase, and what it brought."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.analytics.shop import NOW, Shop
from zhiyin.analytics.compute.purchases import Purchases, read_purchases
from zhiyin.analytics.warehouse.export import export, snapshot
from zhiyin.analytics.warehouse.registry import registered

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


def read(shop: Shop, *, until: datetime.date | None = None, margin_rate: float = 0.5) -> Purchases:
    tenant, home = shop.company.tenant, Path(settings.ZHIYIN_HOME)
    with snapshot(tenant.id):
        for dataset in registered().values():
            export(dataset, home=home, tenant_id=tenant.id, time_zone=tenant.time_zone, now=NOW)
    return read_purchases(home=home, tenant_id=tenant.id, today=TODAY, margin_rate=margin_rate, until=until)


def days(found: Purchases) -> list[tuple[str, float]]:
    return [(str(day), float(amount)) for day, amount in zip(found.day, found.amount, strict=True)]


def test_orders_of_one_day_are_one_purchase(shop: Shop) -> None:
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-01-05", 5), ("a", "2026-01-07", 1))
    found = read(shop)
    assert days(found) == [("2026-01-05", 15.0), ("2026-01-07", 1.0)]
    assert found.customers.orders.tolist() == [3]
    assert found.as_of == datetime.date(2026, 1, 7)


def test_days_are_those_of_the_company(shop: Shop) -> None:
    (order,) = shop.sell(("a", "2026-01-05", 10))
    with shop.company.scope():
        order.ordered_at = datetime.datetime(2026, 1, 5, 16, 30, tzinfo=datetime.UTC)
        order.save()
    assert days(read(shop)) == [("2026-01-06", 10.0)]


def test_a_return_comes_off_the_day_of_its_order_or_else_of_the_last_purchase(shop: Shop) -> None:
    first, _second = shop.sell(("a", "2026-01-05", 10), ("a", "2026-02-05", 20))
    shop.sell(("a", "2026-02-07", -3), kind="return", returns=first)
    shop.sell(("a", "2026-02-08", -4), kind="return")
    found = read(shop)
    assert days(found) == [("2026-01-05", 7.0), ("2026-02-05", 16.0)]
    assert found.customers.spend.tolist() == [23.0]
    assert found.counts["returns"] == 2


def test_what_was_brought_back_whole_is_no_purchase_and_what_was_free_is_one(shop: Shop) -> None:
    (order,) = shop.sell(("a", "2026-01-05", 10))
    shop.sell(("a", "2026-01-06", -10), kind="return", returns=order)
    shop.sell(("b", "2026-01-05", 10), ("c", "2026-01-09", 0))
    shop.known(["d"])
    found = read(shop)
    assert found.customers.ids.to_pylist() == [str(shop.customers["b"]), str(shop.customers["c"])]
    assert found.counts["customers"] == 4


def test_a_return_without_any_purchase_takes_nothing_from_others(shop: Shop) -> None:
    shop.sell(("a", "2026-01-05", -10), kind="return")
    shop.sell(("b", "2026-01-05", 10))
    assert days(read(shop)) == [("2026-01-05", 10.0)]


def test_anonymous_and_future_orders_are_left_out_and_counted(shop: Shop) -> None:
    shop.sell((None, "2026-01-05", 7), ("a", "2026-01-05", 10), ("a", "2027-01-05", 10))
    found = read(shop)
    assert days(found) == [("2026-01-05", 10.0)]
    assert (found.counts["anonymous_orders"], found.counts["anonymous_amount"]) == (1, 7.0)
    assert found.counts["future_orders"] == 1


def test_margin_is_what_the_cost_leaves_and_else_the_companys_rate(shop: Shop) -> None:
    shop.sell(("a", "2026-01-05", 10), cost=4)
    shop.sell(("a", "2026-01-06", 10))
    assert read(shop, margin_rate=0.3).customers.margin.tolist() == [pytest.approx(6 + 3)]


def test_later_orders_are_left_out_until(shop: Shop) -> None:
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-03-05", 10), ("b", "2026-03-06", 1))
    found = read(shop, until=datetime.date(2026, 2, 1))
    assert days(found) == [("2026-01-05", 10.0)]
    assert found.as_of == datetime.date(2026, 2, 1)


def test_customers_are_divided_by_kind(shop: Shop) -> None:
    shop.known(["firm"], kind="organisation")
    shop.sell(("firm", "2026-01-05", 10), ("a", "2026-01-05", 10))
    people = read(shop).customers
    assert sorted(people.segments) == ["organisation", "person"]
    assert len(set(people.segment.tolist())) == 2


def test_a_company_without_orders(shop: Shop) -> None:
    found = read(shop)
    assert (len(found.customers), found.as_of, found.counts["orders"]) == (0, None, 0)
