"""People who may buy from the demo company: from its website, a fair and by telephone, in every state."""

import datetime
from dataclasses import dataclass

from zhiyin.config.demo.daily import Day
from zhiyin.sales import actions
from zhiyin.sales.actions import FormRules, LeadRules
from zhiyin.sales.choices import LeadField, LeadOrigin, LeadState


@dataclass(frozen=True, slots=True)
class Came:
    """``ago`` hours since it came, with the telephone number's last digits and what has become of it."""

    name: str
    company: str
    digits: str
    city: str
    origin: LeadOrigin
    source: str
    details: str
    ago: int
    state: LeadState = LeadState.NEW
    reason: str = ""


CAME = (
    Came("周敏", "明远酒店用品", "1201", "杭州", LeadOrigin.WEB, "官网", "客房电热水壶两百台，想要报价。", 1),
    Came("黄立", "", "1202", "苏州", LeadOrigin.WEB, "官网", "家里装修，问净水机。", 5),
    Came("方晓", "启明连锁超市", "1203", "南京", LeadOrigin.EVENT, "家电展", "想代理小家电。", 30, LeadState.WORKING),
    Came("赵一鸣", "德盛物业", "1204", "上海", LeadOrigin.REFERRAL, "老客户介绍", "食堂厨具。", 52, LeadState.QUALIFIED),
    Came("何静", "", "1205", "宁波", LeadOrigin.CALL, "电话", "只问维修。", 70, LeadState.UNFIT, "只要维修"),
    Came("吕波", "海川贸易", "1206", "无锡", LeadOrigin.EVENT, "家电展", "风扇出口。", 96, LeadState.QUALIFIED),
)  # fmt: skip


def ask(day: Day) -> None:
    """A form and a rule as they were set up, and what came."""
    boss = day.actor("马超")
    begun = day.now - datetime.timedelta(days=30)
    form = FormRules(
        "官网咨询",
        "需要我们做什么？",
        intro="请留下联系方式，我们在一个工作日内答复。",
        consent="我同意贵公司为答复此咨询而使用我的联系方式。",
        fields=(LeadField.COMPANY, LeadField.PHONE, LeadField.CITY, LeadField.DETAILS),
        source="官网",
    )
    actions.create_lead_form(actor=boss, rules=form, now=begun)
    people = tuple(member for name in ("林岚", "陈晨") if (member := day.actor(name).member_id))
    rule = LeadRules("轮流接待", people=people, answer_minutes=120, escalate_to_id=boss.member_id)
    actions.create_lead_rule(actor=boss, rules=rule, now=begun)
    for each in CAME:
        _came(day, each)


def _came(day: Day, each: Came) -> None:
    at = day.now - datetime.timedelta(hours=each.ago)
    boss = day.actor("马超")
    made = actions.create_lead(
        actor=boss,
        name=each.name,
        company=each.company,
        phone=f"1540000{each.digits}",
        city=each.city,
        origin=each.origin,
        source=each.source,
        details=each.details,
        now=at,
    )
    if each.state != LeadState.NEW:
        taken_up = at + datetime.timedelta(minutes=40)
        actions.set_lead_state(
            actor=boss, lead_id=made.pk, state=each.state, reason=each.reason, now=taken_up
        )
