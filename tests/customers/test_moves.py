"""Status by hand: only along the arrows, with a reason, until the customer buys again."""

import datetime
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.shop import Shop
from tests.cast import Company
from zhiyin.analytics.methods import lifecycle
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import MOVES, Status
from zhiyin.customers.models import Customer, StatusChange
from zhiyin.platform.errors import Invalid

NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


@given(
    gaps=st.lists(st.integers(1, 900), min_size=1, max_size=12),
    loyal=st.integers(3, 6),
    won_back=st.integers(2, 4),
)
@settings(max_examples=300, deadline=None)
def test_purchases_move_along_the_arrows(gaps: list[int], loyal: int, won_back: int) -> None:
    days = np.datetime64("2015-01-01") + np.cumsum(gaps)
    rules = lifecycle.Rules(loyal_purchases=loyal, won_back_purchases=won_back)
    history = lifecycle.status_history(
        np.zeros(len(days), int), days, now=datetime.date(2060, 1, 1), rules=rules
    )
    names = [Status[lifecycle.Status(each).name] for each in history.status]
    assert names[0] == Status.FIRST_TIME
    assert all(new in MOVES[old] for old, new in itertools.pairwise(names))


def move(company: Company, customer: Customer, status: str, reason: str = "展会见过") -> Customer:
    with company.scope():
        return actions.update_customer(
            actor=company.gao.actor,
            customer_id=customer.pk,
            changes={"status": status},
            reason=reason,
            now=NOW,
        )


@pytest.fixture
def wang(cast: Company) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.gao.actor, name="王小明", code="a", now=NOW)


@pytest.mark.django_db
def test_a_move_has_a_reason_and_stands_in_history_timeline_and_trail(cast: Company, wang: Customer) -> None:
    move(cast, wang, "target")
    with cast.scope():
        change = StatusChange.objects.get(customer=wang)
        assert (change.status, change.reason, change.note, change.actor_name) == (
            "target",
            "hand",
            "展会见过",
            "高敏",
        )
        touch = queries.timeline(wang.pk, kinds=["status"]).rows[0]
        assert touch["data"] == {"status": ["potential", "target"], "reason": "展会见过"}
        entry = queries.trail(cast.gao.actor, wang.pk).rows[0]
    assert entry.changes == {"status": ["potential", "target"], "reason": [None, "展会见过"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "reason", "field"),
    [
        ("loyal", "想当然", "status"),
        ("lost", "想当然", "status"),
        ("target", "  ", "reason"),
        ("target", "长" * 201, "reason"),
    ],
)
def test_impossible_moves_and_missing_reasons_are_refused(
    cast: Company, wang: Customer, status: str, reason: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        move(cast, wang, status, reason)
    assert refused.value.field == field
    with cast.scope():
        assert Customer.objects.get(pk=wang.pk).status == "potential"
        assert not StatusChange.objects.exists()


@pytest.mark.django_db
def test_what_was_said_holds_until_the_next_purchase(cast: Company) -> None:
    shop = Shop(cast)
    shop.sell(("a", "2026-06-05", 10), ("b", "2026-06-05", 10))
    shop.analyse()
    with cast.scope():
        customer = Customer.objects.get(code="a")
    move(cast, customer, "lost", "停业")
    shop.analyse()
    assert status_of(cast, "a") == "lost"
    move(cast, customer, "non_customer", "不再联系")
    shop.analyse()
    assert status_of(cast, "a") == "non_customer"
    assert status_of(cast, "b") == "first_time"
    shop.sell(("a", "2026-11-21", 10))
    shop.analyse()
    assert status_of(cast, "a") == "repeat"
    with cast.scope():
        entry = queries.trail(cast.gao.actor, customer.pk).rows[0]
        assert entry.changes["status"] == ["non_customer", "repeat"]


@pytest.mark.django_db
def test_a_target_who_buys_has_the_whole_history_told(cast: Company) -> None:
    shop = Shop(cast)
    shop.known(["a"])
    with cast.scope():
        wang = Customer.objects.get(code="a")
    move(cast, wang, "target")
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-02-05", 10))
    shop.analyse()
    with cast.scope():
        rows = StatusChange.objects.filter(customer=wang).order_by("changed_at")
        assert [row.status for row in rows] == ["first_time", "repeat", "target"]
    assert status_of(cast, "a") == "repeat"


def status_of(company: Company, code: str) -> str:
    with company.scope():
        return str(Customer.objects.values_list("status", flat=True).get(code=code))


@pytest.mark.django_db
def test_the_page_offers_the_ways_and_asks_why(cast: Company, wang: Customer) -> None:
    cast.gao.client.cookies["zhiyin_language"] = "en"
    address = f"/customers/{wang.pk}/field/status/"
    page = cast.gao.client.get(address).content.decode()
    assert 'value="target"' in page
    assert 'value="loyal"' not in page
    assert cast.gao.client.post(address, {"status": "target"}).status_code == 422
    done = cast.gao.client.post(address, {"status": "target", "reason": "Fair"})
    assert done.status_code == 302
    assert status_of(cast, "a") == "target"
    assert "Fair" in cast.gao.client.get(f"/customers/{wang.pk}/").content.decode()


@pytest.mark.django_db
def test_a_program_gives_a_reason_too(cast: Company, wang: Customer) -> None:
    def patch(**body: Any) -> int:
        given = {"version": 1, "status": "target", **body}
        address = f"/api/v1/customers/{wang.pk}/"
        return cast.gao.client.patch(address, given, content_type="application/json").status_code

    assert patch() == 400
    assert patch(status="loyal", reason="x") == 400
    assert patch(reason="展会") == 200
