"""The flow between statuses: counted with an analysis, moves by hand at once."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.analytics.shop import Shop
from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, CustomField, RelationType, StatusFlow
from zhiyin.customers.queries import Flow
from zhiyin.customers.queries.measures import Average
from zhiyin.platform.errors import PermissionDenied

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def shop(cast: Company) -> Shop:
    shop = Shop(cast)
    shop.sell(
        ("a", "2024-01-05", 10), ("a", "2024-02-05", 10), ("a", "2026-11-03", 10),
        ("b", "2026-10-01", 1), ("c", "2026-11-01", 1), ("c", "2026-11-09", 1),
    )  # fmt: skip
    shop.analyse()
    return shop


def flow(company: Company, months: int = 12) -> Flow:
    with company.scope():
        return queries.status_flow(company.gao.actor, months=months, today=TODAY)


def test_moves_are_counted_by_month(shop: Shop) -> None:
    whole = flow(shop.company, 60)
    assert whole.moves == {
        ("potential", "first_time"): 3, ("first_time", "repeat"): 2, ("repeat", "lost"): 1, ("lost", "won_back"): 1,
    }  # fmt: skip
    found = flow(shop.company, 2)
    october, november = found.months
    assert (october.month, october.new, october.active) == (datetime.date(2026, 10, 1), 1, 0)
    assert (november.new, november.won_back, november.active, november.kept) == (1, 1, 1, 1.0)
    assert {each: n for each, n in november.stocks.items() if n} == {
        "first_time": 1,
        "repeat": 1,
        "won_back": 1,
    }
    assert found.repeat_rate == pytest.approx(2 / 3)


def test_stocks_are_the_customers_of_today(shop: Shop) -> None:
    shop.known(["d"])
    shop.analyse()
    stocks = flow(shop.company).months[-1].stocks
    with shop.company.scope():
        present = dict.fromkeys(stocks, 0)
        for status in Customer.objects.values_list("status", flat=True):
            present[status] += 1
    assert stocks == present


def test_a_move_by_hand_counts_at_once_and_once(shop: Shop) -> None:
    company = shop.company
    with company.scope():
        customer = Customer.objects.get(code="b")
        now = timezone.now()
        actions.update_customer(
            actor=company.gao.actor,
            customer_id=customer.pk,
            changes={"status": "lost"},
            reason="停业",
            now=now,
        )
        today = timezone.localdate(now)
        by_hand = StatusFlow.objects.get(previous="first_time", status="lost")
        assert (by_hand.month, by_hand.customers) == (today.replace(day=1), 1)
    shop.analyse()
    with company.scope():
        assert StatusFlow.objects.get(previous="first_time", status="lost").customers == 1


def test_one_statement_however_many(shop: Shop) -> None:
    with shop.company.scope(), CaptureQueriesContext(connection) as asked:
        queries.status_flow(shop.company.gao.actor, months=60, today=TODAY)
    assert len([each for each in asked if "statusflow" in each["sql"]]) == 1
    with shop.company.scope(), pytest.raises(PermissionDenied):
        queries.status_flow(shop.company.lin.actor, months=12, today=TODAY)


def test_the_page_draws_it_and_a_program_reads_it(shop: Shop, other: Company) -> None:
    client = shop.company.gao.client
    client.cookies["zhiyin_language"] = "en"
    page = client.get("/customers/flow/?months=60").content.decode()
    assert "data-flow" in page
    assert '"source": "from-lost", "target": "to-won_back", "value": 1' in page
    told = client.get("/api/v1/status-flow/?months=60").json()
    assert {"previous": "lost", "status": "won_back", "customers": 1} in told["moves"]
    assert len(told["months"]) <= 60
    other.gao.client.cookies["zhiyin_language"] = "en"
    assert "Nobody has moved yet" in other.gao.client.get("/customers/flow/").content.decode()


def test_the_record_tells_one_customers_way(shop: Shop) -> None:
    with shop.company.scope():
        customer = Customer.objects.get(code="a")
    client = shop.company.gao.client
    client.cookies["zhiyin_language"] = "en"
    page = client.get(f"/customers/{customer.pk}/").content.decode()
    assert "Did not buy for long" in page
    told = client.get(f"/api/v1/customers/{customer.pk}/relationship/").json()
    assert [each["status"] for each in told["moves"]] == ["first_time", "repeat", "lost", "won_back"]
    assert (told["times_lost"], told["times_won_back"], told["referred"]) == (1, 1, 0)


def test_depth_says_what_is_known_and_what_not(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        actions.add_ready_fields(
            actor=cast.gao.actor, codes=["wallet_share", "satisfaction", "market_role"], now=now
        )
        made = actions.create_customer(
            actor=cast.gao.actor,
            name="王小明",
            fields={"wallet_share": "60", "market_role": "Dealer"},
            now=now,
        )
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "zh-hans"
    page = client.get(f"/customers/{made.pk}/").content.decode()
    assert "60 %" in page
    assert "未询问" in page
    assert "经销商" in page


def test_what_a_role_does_not_see_is_not_told_as_depth_either(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        gao = cast.gao.actor
        actions.add_ready_fields(actor=gao, codes=["wallet_share", "satisfaction"], now=now)
        CustomField.objects.filter(key="satisfaction").update(roles=[cast.gao.member.role_id])
        told = {"satisfaction": "9.75", "wallet_share": "37.5"}
        made = actions.create_customer(
            actor=gao, name="王小明", fields=told, owner_id=cast.lin.member.pk, now=now
        )
    for client, sees in ((cast.gao.client, True), (cast.lin.client, False)):
        page = client.get(f"/customers/{made.pk}/").content.decode()
        said = client.get(f"/api/v1/customers/{made.pk}/relationship/").json()["said"]
        assert "37.5" in page
        assert ("9.75" in page, "satisfaction" in said) == (sees, sees)


def test_who_was_referred_beyond_ones_reach_is_not_counted(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        gao = cast.gao.actor
        kind = RelationType.objects.get(code="referred_by")
        one = actions.create_customer(actor=gao, name="介绍人", owner_id=cast.lin.member.pk, now=now)
        for owner in (cast.lin, cast.wu):
            came = actions.create_customer(actor=gao, name="来人", owner_id=owner.member.pk, now=now)
            actions.add_relation(actor=gao, customer_id=came.pk, type_id=kind.pk, other_id=one.pk, now=now)
    for client, count in ((cast.gao.client, 2), (cast.lin.client, 1)):
        assert client.get(f"/api/v1/customers/{one.pk}/relationship/").json()["referred"] == count


def test_length_and_depth_of_all(shop: Shop) -> None:
    now, gao = timezone.now(), shop.company.gao
    with shop.company.scope():
        actions.add_ready_fields(actor=gao.actor, codes=["wallet_share", "satisfaction"], now=now)
        kind = RelationType.objects.get(code="referred_by")
        keys = {each.code: each.pk for each in Customer.objects.all()}
        for code, share in (("a", "30"), ("b", "50"), ("c", "100")):
            actions.update_customer(
                actor=gao.actor, customer_id=keys[code], changes={}, fields={"wallet_share": share}, now=now
            )
        for code in ("b", "c"):
            actions.add_relation(
                actor=gao.actor, customer_id=keys[code], type_id=kind.pk, other_id=keys["a"], now=now
            )
        actions.restrict_customer(actor=gao.actor, customer_id=keys["c"], reason="按要求", now=now)
        with CaptureQueriesContext(connection) as asked:
            found = queries.base_measures(gao.actor)
        assert len([each for each in asked if "customers_" in each["sql"]]) <= 5
        with pytest.raises(PermissionDenied):
            queries.base_measures(shop.company.lin.actor)
    assert found.said == {"wallet_share": Average(40.0, 2), "satisfaction": Average(None, 0)}
    assert (found.referred, found.referrers) == (1, 1)
    assert sum(found.stages.values()) == 2
    gao.client.cookies["zhiyin_language"] = "en"
    page = gao.client.get("/customers/flow/").content.decode()
    assert "40.0%" in page
    assert "known of 2 customers" in page
    assert gao.client.get("/api/v1/relationship-measures/").json()["said"]["wallet_share"]["mean"] == 40
