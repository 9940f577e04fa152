"""A few days of work at the demo company, done as its people would: pools, assignment, sharing, appointments, law."""

import datetime
import uuid
from dataclasses import dataclass

from zhiyin.accounts.access import actor_for
from zhiyin.activities.actions import create_appointment
from zhiyin.config.demo.staff import DEALERS, Staff
from zhiyin.customers import actions
from zhiyin.customers.actions import (
    AssignmentRules,
    GradeRules,
    PoolRules,
    ProtectionRules,
    RequestRules,
    Selection,
    Sharing,
    Turn,
)
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.choices import AssignmentTarget, GradeMeasure, GradeRule, RequestKind, TagColour
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Customer, Pool
from zhiyin.platform.actors import Actor

ZONE = "Asia/Shanghai"
EAST = "华东大区"
IN_POOL = 12


@dataclass(frozen=True, slots=True)
class Day:
    """The staff at their work on one day."""

    staff: Staff
    now: datetime.datetime

    def actor(self, name: str) -> Actor:
        return actor_for(self.staff.members[name])

    def unit(self, name: str) -> uuid.UUID:
        return self.staff.units[name].pk

    def customers(self, most: int, **conditions: object) -> list[uuid.UUID]:
        """The latest that fit, so that many will see them on the first page."""
        found = Customer.objects.filter(**conditions).order_by("-created_at", "id")
        return list(found.values_list("id", flat=True)[:most])

    def of(self, name: str, most: int, **conditions: object) -> list[uuid.UUID]:
        return self.customers(most, owner=self.staff.members[name], **conditions)


def work(staff: Staff, now: datetime.datetime) -> None:
    """Do it all, in the transaction's tenant."""
    day = Day(staff, now)
    set_rules(day)
    pools = found_pools(day)
    assign(day, pools["线上公海"])
    claim_and_dispute(day, pools["华东公海"])
    share(day)
    arrange(day)
    keep_the_law(day)
    refresh_holdings(staff.members["高敏"].tenant_id, now)


def set_rules(day: Day) -> None:
    """Grades by value, how long an owner is left alone, and what is cleared when."""
    boss = day.actor("高敏")
    actions.set_grades(
        actor=boss,
        grades=[
            GradeRules("重点客户", GradeRule.SHARE, GradeMeasure.VALUE, "20", TagColour.ORANGE),
            GradeRules("普通客户", GradeRule.SHARE, GradeMeasure.VALUE, "50", TagColour.BLUE),
            GradeRules("小客户", GradeRule.REST, colour=TagColour.GREEN),
        ],
        now=day.now,
    )
    for rules in (
        ProtectionRules("经销商", 730, chosen("kind", "organisation"), 1, warn_days=14),
        ProtectionRules("其他客户", 1095, position=2),
    ):
        actions.create_protection_rule(actor=boss, rules=rules, now=day.now)


def found_pools(day: Day) -> dict[str, Pool]:
    """One for a region, with quotas, and one for whoever comes from the web shop; by name."""
    boss = day.actor("高敏")
    rules = (
        PoolRules("华东公海", units=(day.unit(EAST),), daily_limit=5, held_limit=50, position=1),
        PoolRules(
            "线上公海", daily_limit=10, cooling_days=14, filter=chosen("source", "网上商城"), position=2
        ),
    )
    pools = {each.name: actions.create_pool(actor=boss, rules=each, now=day.now) for each in rules}
    back = (
        ("韩梓轩", "华东公海", "半年未联系上，交由他人跟进"),
        ("何雨彤", "线上公海", "客户迁居，已不在本区"),
    )
    for seller, pool, reason in back:
        given = Selection(ids=tuple(day.of(seller, IN_POOL)))
        actions.return_customers(
            actor=day.actor(seller), selection=given, pool_id=pools[pool].pk, reason=reason, now=day.now
        )
    return pools


def assign(day: Day, pool: Pool) -> None:
    """New customers: firms to the dealers' people in turn, Hangzhou's to its branch, the web shop's to a pool."""
    turns = tuple(
        Turn(member.pk, weight) for member, weight in zip(day.staff.sellers[DEALERS], (2, 1, 1), strict=True)
    )
    for rules in (
        AssignmentRules("经销商轮流分配", chosen("kind", "organisation"), people=turns, reason="渠道部负责经销商"),
        AssignmentRules(
            "杭州客户归营业部", chosen("city", "杭州"), AssignmentTarget.UNIT, unit=day.unit("杭州营业部")
        ),
        AssignmentRules(
            "网上商城进公海", chosen("source", "网上商城"), AssignmentTarget.POOL, pool=pool.pk
        ),
    ):  # fmt: skip
        actions.create_assignment_rule(actor=day.actor("高敏"), rules=rules, now=day.now)


def claim_and_dispute(day: Day, pool: Pool) -> None:
    """Somebody claims from the pool, and a colleague says that a customer was his all the time."""
    waiting = day.customers(2, pool=pool)
    if not waiting:
        return
    actions.claim_customers(actor=day.actor("林岚"), pool_id=pool.pk, customer_ids=waiting, now=day.now)
    for customer in waiting[:1]:
        code = Customer.objects.values_list("code", flat=True).get(pk=customer)
        actions.open_dispute(
            actor=day.actor("周子昂"), asked=code, reason="上周已与该客户约好上门测量",
            evidence="11 月的通话记录与报价单", now=day.now,
        )  # fmt: skip


def share(day: Day) -> None:
    """One customer with a colleague to write, one with the service centre to read."""
    until = day.now.date() + datetime.timedelta(60)
    mate, service = day.staff.members["陈晨"].pk, day.staff.units["客户服务中心"].pk
    whom = (
        Sharing(member_id=mate, may_write=True, until=until, reason="休假期间代为跟进"),
        Sharing(unit_id=service, reason="安装与保修"),
    )
    for customer, sharing in zip(day.of("林岚", 2, kind="person"), whom, strict=False):
        actions.share_customer(actor=day.actor("林岚"), customer_id=customer, sharing=sharing, now=day.now)


def arrange(day: Day) -> None:
    """A weekly meeting of the region, and a visit to a customer."""
    lead, seller = day.actor("马超"), day.actor("林岚")
    morning = day.now.replace(hour=1, minute=0, second=0, microsecond=0)
    monday = morning - datetime.timedelta(morning.weekday())
    members = [day.staff.members[name].pk for name in ("高敏", "林岚", "陈晨", "周子昂")]
    create_appointment(
        actor=lead, title="华东大区周会", place="杭州营业部三楼", starts_at=monday, zone=ZONE,
        ends_at=monday + datetime.timedelta(hours=1), rule="FREQ=WEEKLY", members=members, now=day.now,
    )  # fmt: skip
    visit = morning + datetime.timedelta(2, hours=5)
    create_appointment(
        actor=seller, title="上门回访", starts_at=visit, zone=ZONE, ends_at=visit + datetime.timedelta(hours=2),
        remind_minutes=60, customers=day.of("林岚", 1, kind="person"), now=day.now,
    )  # fmt: skip


def keep_the_law(day: Day) -> None:
    """A person asks for a copy of his data; a dealer's file is held for a law suit."""
    boss = day.actor("高敏")
    for customer in day.of("陈晨", 1, kind="person"):
        asked = RequestRules(RequestKind.ACCESS, note="希望以电子邮件接收", requester="本人")
        actions.receive_subject_request(actor=boss, customer_id=customer, rules=asked, now=day.now)
    for customer in day.customers(1, kind="organisation", unit=day.unit(DEALERS)):
        actions.set_legal_hold(
            actor=boss, customer_id=customer, reason="货款纠纷，诉讼期间须保留全部资料", now=day.now
        )


def chosen(field: str, *values: str) -> Group:
    """A filter: a field has one of these values."""
    return Group.model_validate({"of": [{"field": field, "op": "in", "value": list(values)}]})
