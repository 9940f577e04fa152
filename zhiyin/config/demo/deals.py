"""Deals that the demo company's sales people work on: dealers' yearly purchases in every stage."""

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal

from zhiyin.config.demo.daily import Day
from zhiyin.sales import actions
from zhiyin.sales.access import stages
from zhiyin.sales.actions import Closing
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import CloseReason


@dataclass(frozen=True, slots=True)
class Deal:
    """``stage`` by its place, ``in_days`` until it is expected to close, ``ago`` days since it began."""

    name: str
    amount: int
    stage: int
    in_days: int
    ago: int
    next_step: str = ""
    source: str = "展会"
    category: str = "pipeline"
    horizon: str = "now"


DEALS = (
    Deal("电热水壶年度采购", 268_000, 3, 9, 40, "送合同", "老客户介绍", "commit"),
    Deal("门店样机更新", 42_000, 1, 25, 12, "周三回访"),
    Deal("空气净化器首单", 96_500, 2, 18, 30, "报价等回复", "网站"),
    Deal("食堂厨具一批", 158_000, 2, -6, 45, "催负责人"),
    Deal("节日礼品套装", 73_200, 0, 60, 5, "了解数量", "电话", horizon="3"),
    Deal("风扇补货", 18_900, 1, 14, 33),
    Deal("新店开业整套", 325_000, 3, 12, 26, "约见总经理", "老客户介绍", "best_case"),
    Deal("售后配件框架", 54_000, 0, 120, 3, "寄资料", "网站", horizon="6"),
    Deal("电饭煲秋季订货", 187_000, 4, -20, 70, source="展会"),
    Deal("热水器工程", 412_000, 4, -35, 95, source="老客户介绍"),
    Deal("加湿器试销", 23_500, 5, -15, 50, source="网站"),
    Deal("小家电团购", 88_000, 5, -40, 80, source="电话"),
)  # fmt: skip


def sell(day: Day) -> None:
    """A dozen deals of two sales people; the earlier ones are won and lost."""
    sellers = ("林岚", "陈晨")
    buyers = {name: day.of(name, len(DEALS)) for name in sellers}
    for number, deal in enumerate(DEALS):
        name = sellers[number % 2]
        if number < len(buyers[name]):
            _work_on(day, name, buyers[name][number], deal)


def _work_on(day: Day, name: str, buyer: uuid.UUID, deal: Deal) -> None:
    began = day.now - datetime.timedelta(days=deal.ago)
    seller = day.actor(name)
    made = actions.create_opportunity(
        actor=seller,
        name=deal.name,
        amount=Decimal(deal.amount),
        customer_id=buyer,
        expected_on=(day.now + datetime.timedelta(days=deal.in_days)).date(),
        next_step=deal.next_step,
        source=deal.source,
        category=deal.category,
        horizon=deal.horizon,
        now=began,
    )
    way = list(stages().filter(pipeline=made.pipeline_id))
    if deal.stage == 0:
        return
    target = way[deal.stage]
    is_over = target.kind != StageKind.OPEN
    moved = (
        day.now + datetime.timedelta(days=deal.in_days)
        if is_over
        else began + datetime.timedelta(deal.ago // 2)
    )
    reason = CloseReason.objects.filter(kind=target.kind).order_by("position").first()
    actions.move_opportunity(
        actor=seller,
        opportunity_id=made.pk,
        stage_id=target.pk,
        closing=Closing(reason.pk if reason else None),
        now=moved,
    )
