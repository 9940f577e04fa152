# ruff: noqa: S311
"""Made-up data for the page that shows every component (only with DEBUG)."""

import math
import random
from collections import namedtuple
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.web.charts import Cell, Chart, HeatTable, Series
from zhiyin.web.templatetags.zhiyin import KeyNumber

Job = namedtuple("Job", "id title state done total message error created_by", defaults=("", None))
Row = namedtuple("Row", "code name kind owner status orders value alive last")
TimelineItem = namedtuple("TimelineItem", "icon title text at url")
Tab = namedtuple("Tab", "label url current count")
Chip = namedtuple("Chip", "label value remove_url")
Column = namedtuple("Column", "key label shown fixed numeric direction sort_url")


class ExampleForm(forms.Form):
    name = forms.CharField(label="Name", max_length=50)
    kind = forms.ChoiceField(label="Kind", choices=[("person", "Person"), ("organisation", "Organisation")])
    phone = forms.CharField(label="Phone", required=False, help_text="With or without the country's code.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="May be called", required=False)


def context() -> dict[str, Any]:
    form = ExampleForm({"name": "", "kind": "person", "phone": "12"})
    form.add_error("phone", "This is not a phone number in China. Example: 138 0013 8000.")
    return {
        "form": form,
        "numbers": _numbers(),
        "rows": _rows(),
        "jobs": _jobs(),
        "timeline": _timeline(),
        "charts": _charts(),
        "heat": _heat(),
        "tabs": [
            Tab("所有客户", "#", True, "20,000"),
            Tab("重点客户", "#", False, "812"),
            Tab("快要流失", "#", False, None),
        ],
        "chips": [Chip("城市", "杭州", "#"), Chip("最近购买", "90 天内", "#")],
        "all_columns": tuple(
            Column(key, key.title(), True, key == "name", False, "", "")
            for key in ("name", "code", "owner", "status", "value")
        ),
        "step_labels": [_("File"), _("Columns"), _("Check"), _("Import")],
    }


def _numbers() -> list[KeyNumber]:
    return [
        KeyNumber("累计购买", "¥128,450.00", "37 个订单"),
        KeyNumber("未来价值", "¥36,200", "区间 ¥28,900 – ¥44,100", "#why"),
        KeyNumber("仍然活跃", "87.3%", "", "#why"),
        KeyNumber("最近购买", "12 天前", "平均每 31 天一次"),
    ]


def _rows() -> list[Row]:
    chance = random.Random(7)
    names = (
        "欧阳若琳,王建国,杭州明远电器有限公司,陈晨,李雪,上海恒信商贸有限公司,周文博,Anna Schmidt,吴桐,赵一鸣"
    )
    now = timezone.now()
    return [
        Row(
            f"C{10482 + i}",
            name,
            "组织" if "公司" in name else "个人",
            chance.choice(["陈晨", "马超", "吴桐"]),
            chance.choice([("is-good", "忠诚"), ("is-info", "首购"), ("is-warn", "流失风险"), ("", "复购")]),
            chance.randint(1, 60),
            Decimal(chance.randint(10_000, 9_999_999)) / 100,
            chance.random(),
            now - timedelta(hours=chance.randint(1, 4000)),
        )
        for i, name in enumerate(names.split(","))
    ]


def _jobs() -> list[Job]:
    return [
        Job(UUID(int=1), "导入 online_retail.parquet", "running", 241_000, 541_909, "正在写入订单"),
        Job(UUID(int=2), "分析客户价值", "queued", 0, 0, "等待中"),
        Job(
            UUID(int=3),
            "导入 customers.csv",
            "failed",
            120,
            4_000,
            "",
            "第 121 行：日期无法识别。",
        ),
        Job(UUID(int=4), "导出客户", "succeeded", 20_000, 20_000, "20,000 行已导出"),
    ]


def _timeline() -> list[TimelineItem]:
    now = timezone.now()
    return [
        TimelineItem(
            "shopping-cart",
            "下单 SO-20481",
            "智能电饭煲 ×2，合计 ¥3,286.00",
            now - timedelta(hours=3),
            "#",
        ),
        TimelineItem("note", "陈晨写了备注", "周五前回电，想了解以旧换新。", now - timedelta(days=2), ""),
        TimelineItem("truck-return", "退货 RT-811", "", now - timedelta(days=40), "#"),
    ]


def _charts() -> list[Chart]:
    weeks = [f"W{i}" for i in range(1, 40)]
    actual = [math.sin(i / 6) * 40 + 150 + i for i in range(39)]
    model = [value + 8 * math.cos(i) for i, value in enumerate(actual)]
    share = [1 - (1 - i / 20) ** 3 for i in range(21)]
    return [
        Chart(
            key="back-test",
            title="模型预测与实际购买相差 3.1%",
            subtitle="每周重复购买次数，前 39 周拟合，后 39 周检验",
            categories=weeks,
            x_label="周",
            y_label="购买次数",
            format="integer",
            series=[
                Series("实际", actual),
                Series("预测", model, dashed=True, low=[v - 18 for v in model], high=[v + 18 for v in model]),
            ],
        ),
        Chart(
            key="concentration",
            title="20% 的客户带来 49% 的毛利",
            kind="area",
            categories=[f"{i * 5}%" for i in range(21)],
            x_label="客户占比",
            y_label="毛利占比",
            format="percent",
            series=[Series("", share)],
        ),
        Chart(
            key="by-channel",
            title="网店的收入两年里翻了一番",
            kind="bar",
            categories=["2023", "2024", "2025"],
            y_label="收入",
            format="money",
            currency="CNY",
            series=[
                Series("网店", [3_200_000, 4_700_000, 6_500_000]),
                Series("门店", [2_900_000, 2_800_000, 3_000_000]),
                Series("经销商", [1_900_000, 2_100_000, 2_000_000]),
            ],
        ),
    ]


def _heat() -> HeatTable:
    rows = [
        (
            f"2025-{month:02}",
            [Cell(v := max(0.0, 0.62**i * (1 - month / 40)), f"{v:.0%}", url="#") for i in range(12 - month)],
        )
        for month in range(1, 9)
    ]
    return HeatTable(
        key="retention",
        title="首购后第二个月，四成客户还会回来",
        subtitle="按首购月份分组的留存率",
        corner="首购月份",
        columns=[str(i) for i in range(10)],
        rows=rows,
    )


def _share(value: float) -> Cell:
    return Cell(value, f"{value:.0%}", url="#")
