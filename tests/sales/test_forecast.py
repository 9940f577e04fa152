"""The forecast: what it counts, by whose, in which currency; how it is kept, and how true it was."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.accounts.models import Unit
from zhiyin.commerce.models import ExchangeRate
from zhiyin.customers.actions import create_customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Closing, take_forecast
from zhiyin.sales.choices import Category
from zhiyin.sales.models import ForecastCell, Opportunity, Stage
from zhiyin.sales.periods import Period, moved
from zhiyin.sales.queries import ForecastFilter, Told

Now = datetime.datetime
pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 23, 4, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 11, 23)


def begin(actor: Actor, amount: int | None, expected: str = "2026-12-20", **values: Any) -> Opportunity:
    return actions.create_opportunity(
        actor=actor,
        name="d",
        amount=amount,
        expected_on=datetime.date.fromisoformat(expected),
        now=NOW,
        **values,
    )


def win(actor: Actor, deal: Opportunity, now: Now = NOW) -> None:
    stage = Stage.objects.get(pipeline=deal.pipeline_id, kind="won", archived_at=None)
    Opportunity.objects.filter(pk=deal.pk).update(customer=create_customer(actor=actor, name="颐和", now=now))
    actions.move_opportunity(
        actor=actor, opportunity_id=deal.pk, stage_id=stage.pk, closing=Closing(), now=now
    )


def told(company: Company, who: str = "gao", today: datetime.date = TODAY, **where: Any) -> Told:
    actor = getattr(company, who).actor
    return queries.forecast(actor, ForecastFilter(**where), currency="CNY", today=today)


@pytest.mark.parametrize(
    ("text", "end", "later"),
    [
        ("2026", "2026-12-31", "2027"),
        ("2026-Q4", "2026-12-31", "2027-Q1"),
        ("2028-02", "2028-02-29", "2028-03"),
    ],
)
def test_periods(text: str, end: str, later: str) -> None:
    period = Period.parse(text)
    assert (str(period), period.end.isoformat(), str(period.moved(1))) == (text, end, later)
    assert Period.of(period.kind, period.end) == period
    assert moved(period.start, -12).year == period.start.year - 1


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "0000", "9999", "26", "2026-1"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Period.parse(text)


def test_it_counts_what_is_won_promised_and_likely_in_the_period(inside: Company) -> None:
    lin = inside.lin.actor
    begin(lin, 100, category=Category.COMMIT, probability=50)
    begin(lin, 30, category=Category.BEST_CASE, probability=10)
    begin(lin, None)
    begin(lin, 1000, category=Category.OMITTED)
    begin(lin, 7, "2027-01-01")
    begin(lin, 9, "2026-09-30")
    actions.create_opportunity(actor=lin, name="d", amount=5, now=NOW)
    win(lin, begin(lin, 40))
    found = told(inside)
    total = found.total
    assert (total.won, total.commit, total.best_case, total.pipeline) == (40, 100, 30, 0)
    assert (total.weighted, total.committed, total.best, total.likely) == (53, 140, 170, 93)
    assert (total.won_count, total.open_count, total.unknown) == (1, 3, 1)
    assert (found.beside.overdue, found.beside.undated) == (1, 1)
    assert told(inside, period="2027-Q1").total.all == 7
    over = told(inside, today=datetime.date(2027, 2, 1), period="2026-Q4")
    assert (over.total.all, over.beside.undated) == (40, 0)


def test_units_add_up_and_lead_down_to_people(inside: Company) -> None:
    begin(inside.lin.actor, 100)
    begin(inside.chen.actor, 20)
    win(inside.chen.actor, begin(inside.chen.actor, 3))
    whole = told(inside)
    assert whole.total.all == 123 == sum(each.figures.all for each in whole.branches)
    unit = Unit.objects.get(pk=inside.lin.member.unit_id)
    below = told(inside, unit=unit.pk)
    own = {each.id: each.figures.all for each in below.branches}
    assert own[inside.lin.member.pk] == 100
    assert [each.pk for each in below.way] == unit.path
    assert told(inside, owner=inside.chen.member.pk).total.all == 23
    with pytest.raises(NotFound):
        told(inside, unit=uuid.uuid4())


def test_each_sees_what_their_role_reaches(inside: Company) -> None:
    begin(inside.lin.actor, 100)
    begin(inside.chen.actor, 20)
    assert told(inside, "lin").total.all == 100
    assert told(inside, "gao").total.all == 120


def test_other_currencies_count_at_the_last_rate_or_are_named(inside: Company) -> None:
    ExchangeRate.objects.create(currency="USD", day=datetime.date(2026, 11, 1), rate=Decimal(7))
    ExchangeRate.objects.create(currency="USD", day=datetime.date(2026, 12, 1), rate=Decimal(8))
    begin(inside.lin.actor, 10, currency="USD")
    begin(inside.lin.actor, 1, currency="JPY")
    found = told(inside)
    assert found.total.all == 70
    assert ([each.rate for each in found.rates.used], found.rates.missing) == ([7], ["JPY"])


def test_a_kept_forecast_keeps_its_past_when_people_and_units_move(inside: Company) -> None:
    lin, gao = inside.lin.actor, inside.gao.actor
    before = inside.lin.member.unit_id
    deal = begin(lin, 100, category=Category.COMMIT)
    take_forecast(actor=gao, now=NOW)
    assert take_forecast(actor=gao, now=NOW) == ForecastCell.objects.count()
    other = Unit.objects.create(name="新区", parent=None)
    Unit.objects.filter(pk=other.pk).update(path=[other.pk])
    Opportunity.objects.filter(pk=deal.pk).update(unit=other, owner=inside.chen.member, amount=70)
    later = NOW + datetime.timedelta(days=2)
    take_forecast(actor=gao, now=later)
    day = timezone.localdate(later)
    points = told(inside, unit=before, today=day).points
    assert [each.figures.commit for each in points] == [100]
    assert [each.figures.commit for each in told(inside, today=day).points] == [100, 70]
    assert [each.figures.commit for each in told(inside, owner=inside.chen.member.pk, today=day).points] == [
        70
    ]
    assert [each.figures.commit for each in told(inside, "lin", today=day).points] == [100]


def test_who_leads_only_some_keeps_no_forecast(inside: Company) -> None:
    for who in (inside.lin, inside.ma):
        with pytest.raises(PermissionDenied):
            take_forecast(actor=who.actor, now=NOW)
    assert not ForecastCell.objects.exists()


def test_the_model_says_nothing_of_few_and_something_of_many(inside: Company) -> None:
    gao, lin = inside.gao.actor, inside.lin.actor
    for number in range(24):
        day = NOW - datetime.timedelta(days=number * 3)
        deal = actions.create_opportunity(
            actor=lin, name="d", amount=100, now=day - datetime.timedelta(days=20), engaged_on=timezone.localdate(day) - datetime.timedelta(days=20)
        )  # fmt: skip
        if number == 19:
            take_forecast(actor=gao, now=NOW)
            assert told(inside).expected is None
        win(lin, deal, day)
    take_forecast(actor=gao, now=NOW)
    quarter = told(inside)
    expected = quarter.expected
    assert expected
    assert float(quarter.total.won) < expected.low <= expected.mean <= expected.high
    year = told(inside, period="2027")
    assert year.expected
    assert year.expected.mean > 0
    assert told(inside, period="2028").expected is None
    tomorrow = TODAY + datetime.timedelta(days=1)
    one, other = Opportunity.objects.filter(state="won")[:2]
    Opportunity.objects.filter(pk=one.pk).update(closed_on=tomorrow)
    Opportunity.objects.filter(pk=other.pk).update(engaged_on=tomorrow)
    take_forecast(actor=gao, now=NOW)
    branch = next(each for each in quarter.branches if each.expected)
    assert branch.expected
    assert branch.expected.mean == pytest.approx(expected.mean)


def test_what_came_is_held_against_what_was_forecast(inside: Company) -> None:
    gao, lin = inside.gao.actor, inside.lin.actor
    kept, lost = begin(lin, 100, "2026-12-20", category=Category.COMMIT), begin(lin, 60, "2026-12-20")
    del lost
    for text in ("2026-10-05", "2026-11-20", "2026-11-25"):
        take_forecast(actor=gao, now=datetime.datetime.fromisoformat(f"{text}T15:50:00+00:00"))
    win(lin, kept, NOW + datetime.timedelta(days=20))
    found = queries.forecast_outcomes(gao, ForecastFilter(), currency="CNY", today=datetime.date(2027, 1, 10))
    assert [(str(each.period), each.moment, each.point.day.isoformat()) for each in found] == [
        ("2026-Q4", "beginning", "2026-10-05"), ("2026-Q4", "middle", "2026-11-20")
    ]  # fmt: skip
    assert found[0].came == 100
    assert found[0].error(found[0].point.figures.committed) == 0
    assert found[0].error(found[0].point.figures.best + found[0].point.figures.pipeline) == pytest.approx(0.6)
    assert found[0].held is None


def test_a_forecast_costs_no_more_statements_for_more_deals(
    inside: Company, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        begin(inside.lin.actor if number % 2 else inside.chen.actor, number)
    gao = inside.gao.actor
    take_forecast(actor=gao, now=NOW)
    with django_assert_max_num_queries(9):
        queries.forecast(gao, ForecastFilter(), currency="CNY", today=TODAY)


def test_its_page_and_the_api_say_the_same(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        for amount in (1234567, 7):
            actions.create_opportunity(
                actor=cast.lin.actor, name="d", amount=amount, expected_on=timezone.localdate(now), category=Category.COMMIT, now=now
            )  # fmt: skip
            take_forecast(actor=cast.gao.actor, now=now - datetime.timedelta(days=int(amount > 7)))
    gao = cast.gao.client
    assert "1,234,574" in gao.get("/sales/forecast/").text
    found = gao.get("/api/v1/forecast/").json()
    assert Decimal(found["total"]["commit"]) == 1234574
    assert [Decimal(each["figures"]["commit"]) for each in found["points"]] == [1234567, 1234574]
    assert gao.get("/api/v1/forecast/outcomes/").json() == []
    assert gao.get("/sales/forecast/?period=x").status_code == 400
    assert gao.get("/api/v1/forecast/?period=2026-Q5").status_code == 422
    assert "没有成交" in gao.get("/sales/forecast/?period=2019-07").text
