"""Status and stage follow the purchases, with a history that is told once."""

import datetime

import pytest

from tests.analytics.shop import Shop
from tests.cast import Company
from zhiyin.analytics.models import InsightSettings
from zhiyin.commerce.models import Order
from zhiyin.customers.models import Customer, StatusChange, TimelineEvent

pytestmark = pytest.mark.django_db
History = list[tuple[str, str, str]]


@pytest.fixture
def shop(cast: Company) -> Shop:
    return Shop(cast)


def status(shop: Shop, code: str) -> tuple[str, str]:
    with shop.company.scope():
        return Customer.objects.values_list("status", "stage").get(code=code)


def history(shop: Shop, code: str) -> History:
    with shop.company.scope():
        rows = StatusChange.objects.filter(customer__code=code).order_by("changed_at", "id")
        day = datetime.timedelta(hours=8)
        return [(row.status, row.reason, (row.changed_at + day).date().isoformat()) for row in rows]


def told(shop: Shop) -> list[dict[str, list[str]]]:
    with shop.company.scope():
        return list(TimelineEvent.objects.filter(kind="status").values_list("data", flat=True))


def test_the_first_analysis_tells_the_whole_history_and_no_touch(shop: Shop) -> None:
    shop.known(["never"])
    shop.sell(("a", "2024-01-05", 10), ("a", "2024-02-05", 10), ("b", "2026-06-01", 1))
    shop.analyse()
    assert status(shop, "a") == ("lost", "decline")
    assert history(shop, "a") == [
        ("first_time", "bought", "2024-01-05"),
        ("repeat", "bought", "2024-02-05"),
        ("lost", "silent", "2025-02-05"),
    ]
    assert status(shop, "b") == ("first_time", "exploration")
    assert status(shop, "never") == ("potential", "")
    assert told(shop) == []


def test_later_only_what_is_new_is_told(shop: Shop) -> None:
    shop.sell(("a", "2024-01-05", 10), ("a", "2024-02-05", 10), ("b", "2026-06-01", 1))
    shop.analyse()
    before = history(shop, "a")
    shop.sell(("a", "2026-06-02", 10))
    shop.analyse()
    assert status(shop, "a")[0] == "won_back"
    assert history(shop, "a") == [*before, ("won_back", "bought", "2026-06-02")]
    assert {"status": ["lost", "won_back"], "stage": ["decline", "formation"]} in told(shop)
    count = len(told(shop))
    shop.analyse()
    assert len(told(shop)) == count


def rule(shop: Shop, loyal_orders: int) -> None:
    with shop.company.scope():
        InsightSettings.objects.update_or_create(defaults={"loyal_orders": loyal_orders})


def test_other_rules_move_customers_at_once(shop: Shop) -> None:
    rule(shop, 3)
    shop.sell(*(("a", f"2026-0{month}-05", 10) for month in (1, 2, 3)))
    shop.analyse()
    assert history(shop, "a")[-1] == ("loyal", "bought", "2026-03-05")
    rule(shop, 5)
    shop.analyse()
    assert status(shop, "a")[0] == "repeat"
    assert history(shop, "a")[-1] == ("repeat", "rules", "2026-11-22")
    assert told(shop) == [{"status": ["loyal", "repeat"]}]


def test_who_loses_all_purchases_is_a_prospect_again(shop: Shop) -> None:
    shop.sell(("a", "2026-01-05", 10), ("b", "2026-01-05", 10))
    shop.analyse()
    with shop.company.scope():
        Order.objects.filter(customer__code="a").delete()
    shop.analyse()
    assert status(shop, "a") == ("potential", "")
    assert history(shop, "a")[-1][:2] == ("potential", "undone")


def test_a_prospects_status_is_peoples_own(shop: Shop) -> None:
    shop.known(["a"])
    shop.sell(("b", "2026-01-05", 10))
    with shop.company.scope():
        Customer.objects.filter(code="a").update(status="target")
    shop.analyse()
    assert status(shop, "a")[0] == "target"


def test_another_companys_customers_do_not_move(shop: Shop, other: Company) -> None:
    stranger = Shop(other)
    stranger.sell(("a", "2026-01-05", 10))
    shop.sell(("a", "2026-01-05", 10))
    shop.analyse()
    assert status(stranger, "a") == ("potential", "")
