"""Opportunities: begun, changed, moved, won, lost, opened again, removed; who may, and what is asked for."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company, Person
from zhiyin.customers import actions as customers
from zhiyin.customers.access import OnlyShared
from zhiyin.customers.actions import Sharing
from zhiyin.customers.models import Customer, TimelineEvent
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Closing
from zhiyin.sales.models import CloseReason, Opportunity, Stage, StageStay
from zhiyin.sales.queries import OpportunityFilter

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def buyer(inside: Company, now: Now) -> Customer:
    return customers.create_customer(actor=inside.lin.actor, name="明远电器", kind="organisation", now=now)


def begin(who: Person, now: Now, name: str = "年度采购", **values: Any) -> Opportunity:
    return actions.create_opportunity(actor=who.actor, name=name, now=now, **values)


def stage(name: str) -> Stage:
    return Stage.objects.get(name=name)


def move(who: Person, deal: Opportunity, to: str, now: Now, **how: Any) -> Opportunity:
    return actions.move_opportunity(
        actor=who.actor, opportunity_id=deal.pk, stage_id=stage(to).pk, now=now, **how
    )


def listed(who: Person, now: Now, sort: Any = "name", **where: Any) -> list[str]:
    found = queries.list_opportunities(
        who.actor, OpportunityFilter(**where), sort=sort, now=now, today=now.date()
    )
    return [str(row["name"]) for row in found.rows]


def test_the_first_begins_in_the_first_stage_of_a_pipeline_made_for_it(
    inside: Company, buyer: Customer, now: Now
) -> None:
    deal = begin(inside.lin, now, amount="12000.50", customer_id=buyer.pk)
    assert (deal.stage.name, deal.state, deal.currency, deal.owner_id) == (
        "资格确认", "open", "CNY", inside.lin.member.pk,
    )  # fmt: skip
    assert deal.code.startswith("D")
    assert begin(inside.wu, now).pipeline == deal.pipeline
    event = TimelineEvent.objects.get(customer_id=buyer.pk, kind="opportunity")
    assert (event.data["what"], event.data["name"], event.data["amount"]) == (
        "opened",
        "年度采购",
        "12000.5000",
    )
    entry = AuditEntry.objects.get(subject_id=deal.pk)
    assert entry.changes["amount"] == [None, "12000.5000"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"amount": "abc"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"currency": "元"}, "currency"),
        ({"probability": 101}, "probability"),
        ({"category": "sure"}, "category"),
        ({"horizon": "24"}, "horizon"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    inside: Company, now: Now, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        begin(inside.lin, now, **{"name": "x", **values})
    assert refused.value.field == field
    assert not Opportunity.objects.exists()


def test_an_amount_without_currency_is_the_companys(inside: Company, now: Now) -> None:
    assert begin(inside.lin, now, amount=5, currency="").currency == "CNY"
    assert begin(inside.lin, now, amount=5, currency="usd").currency == "USD"


def test_a_stage_asks_for_what_it_needs_and_says_all_of_it(
    inside: Company, buyer: Customer, now: Now
) -> None:
    deal = begin(inside.lin, now)
    with pytest.raises(Invalid, match="Amount, Expected close"):
        move(inside.lin, deal, "谈判", now)
    Stage.objects.filter(name="资格确认").update(leave=["horizon", "next_step"])
    with pytest.raises(Invalid, match="Buying horizon, Next step, Amount"):
        move(inside.lin, deal, "报价", now)
    assert move(inside.lin, deal, "输单", now).state == "lost"
    Stage.objects.filter(name="资格确认").update(leave=["next_step"])
    other = begin(inside.lin, now, customer_id=buyer.pk, amount=5)
    actions.update_opportunity(
        actor=inside.lin.actor, opportunity_id=other.pk, changes={"next_step": "送样"}, now=now
    )
    assert move(inside.lin, other, "报价", now).stage.name == "报价"


def test_won_once_with_a_reason_and_a_day_and_open_again(inside: Company, buyer: Customer, now: Now) -> None:
    deal = begin(inside.lin, now, amount=100, customer_id=buyer.pk)
    price = CloseReason.objects.create(kind="won", name="熟人介绍")
    won = move(inside.lin, deal, "赢单", now + DAY, closing=Closing(price.pk, "便宜", now.date()))
    assert (won.state, won.closed_on, won.reason, won.reason_text) == ("won", now.date(), price, "便宜")
    with pytest.raises(actions.AlreadyThere):
        move(inside.lin, deal, "赢单", now + DAY)
    with pytest.raises(Invalid) as refused:
        move(inside.lin, deal, "输单", now, closing=Closing(reason_id=price.pk))
    assert refused.value.field == "reason_id"
    again = move(inside.lin, deal, "报价", now + 2 * DAY)
    assert (again.state, again.closed_on, again.reason, again.reason_text) == ("open", None, None, "")
    told = TimelineEvent.objects.filter(kind="opportunity").order_by("occurred_at", "id")
    assert [each.data["what"] for each in told] == ["opened", "won", "moved"]


def test_a_day_to_come_closes_nothing(inside: Company, now: Now) -> None:
    deal = begin(inside.lin, now)
    with pytest.raises(Invalid) as refused:
        move(inside.lin, deal, "输单", now, closing=Closing(on=now.date() + 2 * DAY))
    assert refused.value.field == "closed_on"
    deal.refresh_from_db()
    assert (deal.state, deal.closed_on) == ("open", None)


def test_stays_are_kept_one_after_the_other(inside: Company, now: Now) -> None:
    deal = begin(inside.lin, now, amount=1)
    move(inside.lin, deal, "报价", now + DAY)
    move(inside.lin, deal, "资格确认", now + 3 * DAY)
    stays = [(each.stage.name, each.left_at) for each in queries.stays_of(deal)]
    assert stays == [("资格确认", None), ("报价", now + 3 * DAY), ("资格确认", now + DAY)]
    assert StageStay.objects.filter(left_at=None).count() == 1


def test_who_moves_an_older_card_is_told(inside: Company, now: Now) -> None:
    deal = begin(inside.lin, now, amount=1)
    move(inside.lin, deal, "报价", now, version=1)
    with pytest.raises(actions.MovedMeanwhile):
        move(inside.gao, deal, "输单", now, version=1)
    with pytest.raises(Conflict):
        actions.update_opportunity(
            actor=inside.lin.actor, opportunity_id=deal.pk, changes={"amount": 2}, version=1, now=now
        )
    deal.refresh_from_db()
    assert (deal.stage.name, deal.amount, deal.version) == ("报价", Decimal(1), 2)


def test_removed_is_in_no_list_and_comes_back(inside: Company, now: Now) -> None:
    deal = begin(inside.lin, now)
    actions.remove_opportunity(actor=inside.lin.actor, opportunity_id=deal.pk, now=now)
    assert listed(inside.lin, now) == []
    with pytest.raises(NotFound):
        access.opportunity(inside.lin.actor, deal.pk)
    actions.restore_opportunity(actor=inside.lin.actor, opportunity_id=deal.pk, now=now)
    assert listed(inside.lin, now) == ["年度采购"]


def test_who_sees_what(inside: Company, buyer: Customer, now: Now) -> None:
    deal = begin(inside.lin, now, customer_id=buyer.pk)
    begin(inside.wu, now, "别的")
    seen = {who: listed(inside.people[who], now) for who in ("lin", "chen", "ma", "wu", "gao")}
    assert seen == {
        "lin": ["年度采购"], "chen": [], "ma": ["年度采购"], "wu": ["别的"], "gao": ["别的", "年度采购"],
    }  # fmt: skip
    shared = Sharing(member_id=inside.chen.member.pk)
    customers.share_customer(actor=inside.lin.actor, customer_id=buyer.pk, sharing=shared, now=now)
    assert listed(inside.chen, now) == ["年度采购"]
    with pytest.raises(OnlyShared):
        move(inside.chen, deal, "输单", now)
    with pytest.raises(PermissionDenied):
        move(inside.an, deal, "输单", now)


def test_nobody_gives_to_whom_he_does_not_reach(inside: Company, now: Now) -> None:
    deal = begin(inside.lin, now)

    def give(who: Person, to: Person) -> Opportunity:
        return actions.update_opportunity(
            actor=who.actor, opportunity_id=deal.pk, changes={"owner_id": to.member.pk}, now=now
        )

    with pytest.raises(Invalid):
        give(inside.lin, inside.wu)
    assert give(inside.ma, inside.chen).owner_id == inside.chen.member.pk
    assert listed(inside.lin, now) == []


def test_lists_are_narrowed_sorted_and_summed(inside: Company, buyer: Customer, now: Now) -> None:
    past, soon = now.date() - DAY, now.date() + 10 * DAY
    first = begin(inside.lin, now, "甲 泵", amount=100, expected_on=past, next_step="回访", horizon="3")
    begin(inside.lin, now + DAY, "乙 阀", amount=300, expected_on=soon, currency="USD", customer_id=buyer.pk)
    begin(inside.lin, now + 2 * DAY, "丙", source="web")
    lost = begin(inside.lin, now, "丁", amount=7, expected_on=past)
    move(inside.lin, lost, "输单", now)
    ask = {
        "beng": ["甲 泵"], first.code: ["甲 泵"],
    }  # fmt: skip
    for words, names in ask.items():
        assert listed(inside.lin, now, q=words) == names
    assert listed(inside.lin, now, state=["lost"]) == ["丁"]
    assert listed(inside.lin, now, overdue=True) == ["甲 泵"]
    assert set(listed(inside.lin, now, aimless=True)) == {"乙 阀", "丙"}
    assert listed(inside.lin, now, customer=buyer.pk) == ["乙 阀"]
    assert listed(inside.lin, now, amount_min=200) == ["乙 阀"]
    assert listed(inside.lin, now, horizon=["3"]) == ["甲 泵"]
    assert listed(inside.lin, now + 20 * DAY, stuck=True, sort="created") == ["甲 泵", "乙 阀", "丙"]
    assert listed(inside.lin, now, sort="-amount") == ["乙 阀", "甲 泵", "丁", "丙"]
    rows = queries.matching_opportunities(
        inside.lin.actor, OpportunityFilter(state=["open"]), now=now, today=now.date()
    )
    sums = queries.sum_opportunities(rows)
    assert [(each.currency, each.count, each.amount, each.weighted, each.unknown) for each in sums] == [
        ("CNY", 2, Decimal(100), Decimal(10), 1),
        ("USD", 1, Decimal(300), Decimal(30), 0),
    ]
