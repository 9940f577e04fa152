"""Rates of exchange: written down, read from lines, and sums told in the company's currency with the rates they used."""

import datetime
from decimal import Decimal

import pytest
from django.utils import translation

from tests.cast import Company
from zhiyin.commerce.actions import Rate, read_rates, remove_rate, set_rates
from zhiyin.commerce.models import ExchangeRate
from zhiyin.commerce.queries import converted
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.sales.actions import create_opportunity

DAY = datetime.date(2026, 11, 20)
pytestmark = pytest.mark.django_db


def given(company: Company, now: datetime.datetime, *lines: str) -> int:
    return set_rates(actor=company.gao.actor, rates=read_rates("\n".join(lines)), now=now)


def test_the_last_rate_on_or_before_a_day_holds(inside: Company, now: datetime.datetime) -> None:
    assert given(inside, now, "EUR 2026-11-01 7.7", "eur,2026-11-20,7.81", "", "USD\t2026-11-25\t7.1") == 3
    amounts = {"CNY": Decimal(100), "EUR": Decimal(10), "USD": Decimal(1), "JPY": Decimal(0)}
    found = converted(amounts, currency="CNY", day=DAY)
    assert (found.amount, found.missing) == (Decimal("178.1"), ["USD"])
    assert [(each.currency, each.day, each.rate) for each in found.rates] == [("EUR", DAY, Decimal("7.81"))]
    before = converted(amounts, currency="CNY", day=DAY - datetime.timedelta(days=1))
    assert before.amount == Decimal(177)
    assert converted(amounts, currency="CNY", day=datetime.date(2020, 1, 1)).missing == ["EUR", "USD"]


def test_without_other_currencies_nothing_is_asked(inside: Company, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert converted({"CNY": Decimal(5)}, currency="CNY", day=DAY).amount == 5
    with django_assert_num_queries(1):
        converted({"EUR": Decimal(5)}, currency="CNY", day=DAY)


def test_a_rate_of_the_same_day_is_written_over_and_told(inside: Company, now: datetime.datetime) -> None:
    assert given(inside, now, "EUR 2026-11-20 7.81") == 1
    assert given(inside, now, "EUR 2026-11-20 7.81", "EUR 2026-11-20 7.9") == 1
    assert given(inside, now, "EUR 2026-11-20 7.9") == 0
    assert list(ExchangeRate.objects.values_list("rate", flat=True)) == [Decimal("7.9")]
    told = AuditEntry.objects.filter(action="commerce.exchange_rates_changed").latest("id").changes
    assert told == {"EUR 2026-11-20": ["7.81000000", "7.90000000"]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("EUR 7.81", "Line 2"),
        ("EUR 2026-11-31 7.81", "Line 2"),
        ("EUR 2026-11-20 dear", "Line 2"),
        ("EURO 2026-11-20 7.81", "three letters"),
        ("CNY 2026-11-20 1", "own currency"),
        ("EUR 2026-11-20 0", "above zero"),
        ("EUR 2026-11-20 -1", "above zero"),
        ("EUR 2026-11-20 NaN", "above zero"),
        ("EUR 2026-11-20 1.000000001", "eight decimal places"),
    ],
)
def test_a_wrong_line_is_told_and_nothing_is_written(
    inside: Company, now: datetime.datetime, line: str, said: str
) -> None:
    with translation.override("en"), pytest.raises(Invalid, match=said):
        given(inside, now, "USD 2026-11-20 7.1", line)
    assert not ExchangeRate.objects.exists()


def test_removed_and_only_by_who_may(inside: Company, other: Company, now: datetime.datetime) -> None:
    given(inside, now, "EUR 2026-11-01 7.7", "EUR 2026-11-20 7.81")
    latest = ExchangeRate.objects.get(day=DAY)
    for denied in (inside.lin.actor, inside.ma.actor):
        with pytest.raises(PermissionDenied):
            remove_rate(actor=denied, rate_id=latest.pk, now=now)
    assert remove_rate(actor=inside.gao.actor, rate_id=latest.pk, now=now) == Rate("EUR", DAY, latest.rate)
    with pytest.raises(NotFound):
        remove_rate(actor=inside.gao.actor, rate_id=latest.pk, now=now)
    assert converted({"EUR": Decimal(1)}, currency="CNY", day=DAY).amount == Decimal("7.7")


def test_another_company_has_rates_of_its_own(cast: Company, other: Company, now: datetime.datetime) -> None:
    with cast.scope():
        given(cast, now, "EUR 2026-11-20 7.81")
    with other.scope():
        assert converted({"EUR": Decimal(1)}, currency="CNY", day=DAY).missing == ["EUR"]


def test_the_page_and_the_list_say_which_rates_they_used(cast: Company, now: datetime.datetime) -> None:
    client = cast.gao.client
    page = client.post("/settings/rates/", {"rates": "EUR 2026-11-20 7.81\nUSD 2026-11-20 7.1"})
    assert page.status_code == 302
    assert "7.81" in client.get("/settings/rates/").content.decode()
    assert client.post("/settings/rates/", {"rates": "EUR"}).status_code == 422
    with cast.scope():
        for amount, currency in ((100, "CNY"), (10, "EUR"), (1, "GBP")):
            create_opportunity(actor=cast.lin.actor, name="d", amount=amount, currency=currency, now=now)
        rate = ExchangeRate.objects.get(currency="EUR")
    listed = client.get("/sales/opportunities/").content.decode()
    assert "178.10" in listed
    assert "EUR 7.81" in listed
    assert "GBP" in listed
    undo = client.post(f"/settings/rates/{rate.pk}/remove/")
    assert undo.status_code == 302
    assert client.post("/settings/rates/restore/?rates=EUR+2026-11-20+7.81").status_code == 302
    with cast.scope():
        assert ExchangeRate.objects.count() == 2


def test_by_program(cast: Company) -> None:
    client = cast.gao.client
    body = {"rates": [{"currency": "eur", "day": "2026-11-20", "rate": "7.81"}]}
    assert client.put("/api/v1/rates/", body, content_type="application/json").json() == {"changed": 1}
    listed = client.get("/api/v1/rates/").json()["items"]
    assert [(each["currency"], each["rate"]) for each in listed] == [("EUR", "7.81000000")]
    assert client.delete(f"/api/v1/rates/{listed[0]['id']}/").status_code == 204
    assert client.put("/api/v1/rates/", {"rates": []}, content_type="application/json").status_code == 400
