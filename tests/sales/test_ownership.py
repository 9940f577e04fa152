"""What follows from whose opportunities are: handing over, protection, merging, a person's copy."""

import datetime

from tests.accounts.test_handover import moved, to, undone
from tests.cast import Company
from tests.sales.test_opportunities import begin, move
from zhiyin.customers import actions as customers
from zhiyin.customers.actions import ProtectionRules
from zhiyin.customers.models import Customer, Holding
from zhiyin.platform.models import AuditEntry
from zhiyin.sales import actions as leads
from zhiyin.sales.models import Opportunity

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


def test_open_deals_go_with_their_customers_and_come_back(inside: Company, now: Now) -> None:
    buyers = [customers.create_customer(actor=inside.lin.actor, name=f"客户{n}", now=now) for n in range(4)]
    deals = [begin(inside.lin, now, customer_id=each.pk) for each in buyers]
    loose = begin(inside.lin, now, "无客户")
    lost = begin(inside.lin, now, "已输")
    move(inside.lin, lost, "输单", now)
    plan = to(inside.chen, inside.ma, parts=("customers", "opportunities"))
    made = moved(inside, plan, now)
    assert made.parts["opportunities"]["count"] == 5
    for deal, buyer in zip(deals, buyers, strict=True):
        deal.refresh_from_db()
        assert deal.owner_id == Customer.objects.get(pk=buyer.pk).owner_id != inside.lin.member.pk
    loose.refresh_from_db()
    lost.refresh_from_db()
    assert loose.owner_id in (inside.chen.member.pk, inside.ma.member.pk)
    assert loose.unit_id in (inside.chen.member.unit_id, inside.ma.member.unit_id)
    assert lost.owner_id == inside.lin.member.pk
    assert AuditEntry.objects.filter(subject_id=loose.pk, actor_name="马超").exists()
    assert undone(inside, made, now)["opportunities"] == 5
    assert set(Opportunity.objects.values_list("owner", flat=True)) == {inside.lin.member.pk}


def test_an_open_deal_prolongs_protection_and_a_lost_one_does_not(inside: Company, now: Now) -> None:
    customers.create_protection_rule(
        actor=inside.gao.actor, rules=ProtectionRules("规则", 30), now=now - 90 * DAY
    )
    kept, left = (
        customers.create_customer(actor=inside.lin.actor, name=name, now=now - 60 * DAY) for name in "甲乙"
    )
    begin(inside.lin, now - 60 * DAY, customer_id=kept.pk)
    move(inside.lin, begin(inside.lin, now - 60 * DAY, customer_id=left.pk), "输单", now - 50 * DAY)
    customers.refresh_holdings(inside.tenant.pk, now)
    held = {each.customer_id: each for each in Holding.objects.all()}
    assert held[kept.pk].cause == "opportunity"
    assert (held[kept.pk].until or now) > now + 29 * DAY
    assert held[left.pk].until == now - 30 * DAY


def test_deals_move_with_a_merge_and_back(inside: Company, now: Now) -> None:
    one, other = (
        customers.create_customer(actor=inside.lin.actor, name=name, now=now) for name in ("甲", "乙")
    )
    deal = begin(inside.lin, now, customer_id=other.pk)
    merge = customers.merge_customers(
        actor=inside.gao.actor, survivor_id=one.pk, customer_ids=[one.pk, other.pk], now=now
    )
    deal.refresh_from_db()
    assert deal.customer_id == one.pk
    customers.undo_merge(actor=inside.gao.actor, merge_id=merge.merge.pk, now=now)
    deal.refresh_from_db()
    assert deal.customer_id == other.pk


def test_leads_that_may_still_come_are_handed_over_and_come_back(inside: Company, now: Now) -> None:
    lin = inside.lin.actor
    waiting, unfit = (leads.create_lead(actor=lin, name=name, now=now) for name in ("周敏", "李雷"))
    leads.set_lead_state(actor=lin, lead_id=unfit.pk, state="unfit", reason="太小", now=now)
    made = moved(inside, to(inside.chen, parts=("leads",)), now)
    assert made.parts["leads"]["count"] == 1
    waiting.refresh_from_db()
    unfit.refresh_from_db()
    assert (waiting.owner_id, unfit.owner_id) == (inside.chen.member.pk, inside.lin.member.pk)
    assert AuditEntry.objects.filter(subject_id=waiting.pk, actor_name="马超").exists()
    assert undone(inside, made, now)["leads"] == 1
    waiting.refresh_from_db()
    assert waiting.owner_id == inside.lin.member.pk
