"""Targets: whose they are, what counts for them, who may set them, and what stays when a period is over."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.accounts.models import Member
from zhiyin.commerce.models import Product
from zhiyin.customers.actions import create_customer, merge_customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Closing, Goal, TargetChanged, copy_targets, set_targets, take_forecast
from zhiyin.sales.choices import Measure
from zhiyin.sales.models import Opportunity, OpportunityLine, Stage, Target
from zhiyin.sales.periods import Period
from zhiyin.sales.queries import Standing, TargetFilter
from zhiyin.sales.queries.targets import gone_share

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 23, 4, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 11, 23)
Q4 = Period.parse("2026-Q4")


def won(actor: Actor, amount: int, *, on: str = "2026-11-10", product: Product | None = None) -> Opportunity:
    moment = datetime.datetime.fromisoformat(f"{on}T04:00:00+00:00")
    buyer = create_customer(actor=actor, name="颐和", now=moment)
    deal = actions.create_opportunity(actor=actor, name="d", amount=amount, customer_id=buyer.pk, now=moment)
    if product:
        OpportunityLine.objects.create(
            opportunity=deal, position=1, product=product, unit_price=amount, amount=amount
        )
    stage = Stage.objects.get(pipeline=deal.pipeline_id, kind="won")
    actions.move_opportunity(
        actor=actor, opportunity_id=deal.pk, stage_id=stage.pk, closing=Closing(), now=moment
    )
    return deal


def aim(company: Company, *goals: Goal, who: str = "gao") -> int:
    return set_targets(actor=getattr(company, who).actor, period=Q4, goals=goals, now=NOW)


def standings(
    company: Company, who: str = "gao", today: datetime.date = TODAY, **where: Any
) -> list[Standing]:
    asked = TargetFilter(period="2026-Q4", **where)
    return [*queries.targets(getattr(company, who).actor, asked, currency="CNY", today=today).standings]


def test_what_is_won_counts_for_people_their_units_and_the_company(inside: Company) -> None:
    lin, chen = inside.lin.member, inside.chen.member
    won(inside.lin.actor, 300)
    won(inside.chen.actor, 40)
    won(inside.lin.actor, 999, on="2026-09-30")
    aim(inside, Goal(Decimal(200), lin.pk), Goal(Decimal(400), chen.pk), Goal(Decimal(1000)),
        Goal(Decimal(600), unit_id=lin.unit_id), Goal(Decimal(1), unit_id=inside.units["华南大区"].pk), Goal(Decimal(2), lin.pk, measure=Measure.COUNT))  # fmt: skip
    found = standings(inside)
    told = {(each.target.member_id, each.target.unit_id, each.target.measure): each for each in found}
    assert told[lin.pk, None, "amount"].attained == 300
    assert told[lin.pk, None, "count"].attained == 1
    assert told[None, None, "amount"].attained == 340
    assert told[None, lin.unit_id, "amount"].attained == 340
    assert told[None, inside.units["华南大区"].pk, "amount"].attained == 0
    assert [told[who.pk, None, "amount"].rank for who in (lin, chen)] == [1, 2]
    assert told[lin.pk, None, "amount"].share == 1.5
    gone = gone_share(Q4, TODAY)
    assert told[lin.pk, None, "amount"].pace == pytest.approx(1.5 / gone)


def test_the_pace_counts_days_from_monday_to_friday() -> None:
    month = Period.parse("2026-11")
    assert gone_share(month, datetime.date(2026, 10, 31)) == 0
    assert gone_share(month, datetime.date(2026, 11, 6)) == 5 / 21
    assert gone_share(month, datetime.date(2026, 11, 8)) == 5 / 21
    assert gone_share(month, datetime.date(2026, 12, 31)) == 1


def test_targets_of_a_product_and_of_a_customer_count_what_is_theirs(inside: Company) -> None:
    pump = Product.objects.create(code="P", name="泵", currency="CNY")
    deal = won(inside.lin.actor, 50, product=pump)
    won(inside.lin.actor, 7)
    lin = inside.lin.member.pk
    aim(inside, Goal(Decimal(100), lin, product_id=pump.pk), Goal(Decimal(100), product_id=pump.pk, customer_id=deal.customer_id),
        Goal(Decimal(100), customer_id=deal.customer_id), Goal(Decimal(100), lin))  # fmt: skip
    told = {
        (each.target.member_id, each.target.product_id, each.target.customer_id): each.attained
        for each in standings(inside)
    }
    assert told == {
        (lin, pump.pk, None): 50, (None, pump.pk, deal.customer_id): 50, (None, None, deal.customer_id): 50, (lin, None, None): 57
    }  # fmt: skip


def test_a_target_goes_with_its_customer_when_files_are_merged(inside: Company) -> None:
    first, second = (create_customer(actor=inside.gao.actor, name="颐和", now=NOW) for _each in range(2))
    aim(inside, Goal(Decimal(100), customer_id=first.pk), Goal(Decimal(50), customer_id=second.pk))
    merge_customers(actor=inside.gao.actor, survivor_id=second.pk, customer_ids=[first.pk], now=NOW)
    assert set(Target.objects.values_list("customer_id", flat=True)) == {second.pk}


def test_each_sees_their_own_and_who_leads_all_below(inside: Company) -> None:
    aim(
        inside,
        Goal(Decimal(200), inside.lin.member.pk),
        Goal(Decimal(400), inside.chen.member.pk),
        Goal(Decimal(9)),
    )
    assert [each.target.value for each in standings(inside, "lin")] == [200]
    assert 9 not in [each.target.value for each in standings(inside, "ma")]
    assert len(standings(inside)) == 3


def test_who_leads_some_sets_only_theirs(inside: Company) -> None:
    assert aim(inside, Goal(Decimal(5), inside.lin.member.pk), who="ma") == 1
    with pytest.raises(PermissionDenied):
        aim(inside, Goal(Decimal(5)), who="ma")
    with pytest.raises(PermissionDenied):
        aim(inside, Goal(Decimal(5), inside.lin.member.pk), who="lin")
    for wrong in (Goal(Decimal(5), uuid.uuid4()), Goal(Decimal(5), unit_id=uuid.uuid4()), Goal(Decimal(0), inside.lin.member.pk),
                  Goal(Decimal("NaN")), Goal(Decimal("1.5"), measure=Measure.COUNT), Goal(Decimal(1), product_id=uuid.uuid4()),
                  Goal(Decimal(1), inside.lin.member.pk, inside.lin.member.unit_id)):  # fmt: skip
        with pytest.raises(Invalid):
            aim(inside, wrong)
    assert Target.objects.count() == 1


def test_of_two_who_set_one_the_second_is_told_and_nothing_is_lost(inside: Company) -> None:
    lin, chen = inside.lin.member.pk, inside.chen.member.pk
    aim(inside, Goal(Decimal(5), lin, is_seen=True))
    with pytest.raises(TargetChanged):
        aim(inside, Goal(Decimal(1), chen), Goal(Decimal(6), lin, is_seen=True))
    assert [each.value for each in Target.objects.all()] == [5]
    assert aim(inside, Goal(Decimal(6), lin, seen=Decimal("5.0"), is_seen=True)) == 1
    assert aim(inside, Goal(None, lin, seen=Decimal(6), is_seen=True)) == 1
    assert not Target.objects.exists()


def test_a_period_is_copied_with_growth_where_there_is_none_yet(inside: Company) -> None:
    gao, lin, chen = inside.gao.actor, inside.lin.member.pk, inside.chen.member.pk
    aim(
        inside, Goal(Decimal(100), lin), Goal(Decimal(10), chen), Goal(Decimal(3), lin, measure=Measure.COUNT)
    )
    later = Q4.moved(1)
    set_targets(actor=gao, period=later, goals=[Goal(Decimal(77), chen)], now=NOW)
    assert copy_targets(actor=gao, since=Q4, to=later, growth=Decimal("7.5"), now=NOW) == 2
    values = Target.objects.filter(starts_on=later.start).values_list("member", "measure", "value")
    assert set(values) == {(lin, "amount", Decimal("107.5")), (chen, "amount", 77), (lin, "count", 3)}
    for since, growth in ((Q4, Decimal(-100)), (Period.parse("2026"), Decimal(0)), (later, Decimal(0))):
        with pytest.raises(Invalid):
            copy_targets(actor=gao, since=since, to=later, growth=growth, now=NOW)


def test_what_was_attained_stays_when_people_move_after_the_period(inside: Company) -> None:
    lin = inside.lin.member
    deal = won(inside.lin.actor, 300)
    aim(inside, Goal(Decimal(600), unit_id=lin.unit_id), Goal(Decimal(600), lin.pk))
    last = datetime.datetime(2026, 12, 31, 15, tzinfo=datetime.UTC)
    take_forecast(actor=inside.gao.actor, now=last)
    other = inside.units["华南大区"]
    Member.objects.filter(pk=lin.pk).update(unit=other)
    Opportunity.objects.filter(pk=deal.pk).update(unit=other, owner=inside.chen.member)
    later = datetime.date(2027, 1, 5)
    assert [each.attained for each in standings(inside, today=later)] == [300, 300]
    assert [each.attained for each in standings(inside, today=datetime.date(2026, 12, 31))] == [0, 0]


def test_it_is_set_copied_and_seen_on_pages_and_by_the_api(cast: Company) -> None:
    ma, lin = cast.ma.client, cast.lin.member.pk
    today = timezone.localdate()
    quarter = str(Period.of("quarter", today))
    grid = f"/sales/targets/edit/?period={quarter}"
    assert "林岚" in ma.get(grid).text
    wrong = ma.post(grid, {f"v-m-{lin}": "viel", f"s-m-{lin}": ""})
    assert (wrong.status_code, 'value="viel"' in wrong.text) == (422, True)
    assert ma.post(grid, {f"v-m-{lin}": "1,200", f"s-m-{lin}": ""}).status_code == 302
    assert ma.post(grid, {f"v-m-{lin}": "9", f"s-m-{lin}": ""}).status_code == 409
    assert "¥1,200.00" in cast.lin.client.get("/sales/targets/").text
    assert (
        ma.post(
            grid, {"one": "1", "whose": f"m-{lin}", "product": "X", "measure": "count", "value": "3"}
        ).status_code
        == 422
    )
    assert (
        ma.post(grid, {"one": "1", "whose": f"m-{lin}", "measure": "count", "value": "3"}).status_code == 302
    )
    told = cast.lin.client.get("/api/v1/targets/").json()
    assert {each["measure"]: Decimal(each["value"]) for each in told["targets"]} == {
        "amount": 1200,
        "count": 3,
    }
    later = str(Period.of("quarter", today).moved(1))
    copied = ma.post(f"/sales/targets/copy/?period={later}", {"since": quarter, "growth": "10"})
    assert copied.status_code == 302
    assert "¥1,320.00" in ma.get(f"/sales/targets/?period={later}").text
    gone = next(each["id"] for each in told["targets"] if each["measure"] == "count")
    assert ma.post(f"/sales/targets/{gone}/remove/").status_code == 302
    goals = [{"member_id": str(lin), "value": "5", "seen": "7"}]
    put = ma.put("/api/v1/targets/", {"period": quarter, "goals": goals}, content_type="application/json")
    assert put.status_code == 409
    goals[0]["seen"] = "1200"
    put = ma.put("/api/v1/targets/", {"period": quarter, "goals": goals}, content_type="application/json")
    assert put.json() == {"changed": 1}
