"""Who may see the analysis of the company and run it. 安宁 sees no value, 陈晨 and 吴桐 not that of 林岚's customer."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.analytics.models import Analysis
from zhiyin.customers.actions import create_customer

# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
RUN = "302 403*5 {}*3"
SETTINGS = {
    "unit": "week", "horizon_months": 12, "discount_rate": "0.1", "margin_rate": "0.4", "loyal_orders": 5,
    "lost_after_days": 365,
}  # fmt: skip


def analysis(_company: Company) -> Mapping[str, Any]:
    now = timezone.now()
    made = Analysis.objects.create(
        as_of=now,
        finished_at=now,
        counts={"future_orders": 0, "last_day": "2026-11-21"},
        settings={"unit": "week", "months": 12},
    )
    return {"analysis_id": made.pk}


def latest(company: Company) -> Mapping[str, Any]:
    analysis(company)
    return {}


def customer(company: Company) -> Mapping[str, Any]:
    made = create_customer(actor=company.lin.actor, name="王小明", now=timezone.now())
    return {"customer_id": made.pk}


ROWS = [
    Row("GET", "insight:overview", RUN.format(200)),
    Row("GET", "insight:history", RUN.format(200)),
    Row("GET", "insight:analysis", "302 403*5 200*2 404", given=analysis),
    Row("GET", "insight:value", "302 200 404 200 404 403 200*2 404", given=customer),
    Row("POST", "insight:run", RUN.format(302)),
    Row("GET", "insight:settings", RUN.format(200)),
    Row("POST", "insight:settings", RUN.format(302), data=SETTINGS),
    Row("GET", "api:list_analyses", "401 403*5 200*3"),
    Row("GET", "api:latest_analysis", "401 403*5 200*2 404", given=latest),
    Row("GET", "api:get_analysis", "401 403*5 200*2 404", given=analysis),
    Row("POST", "api:start_analysis", "401 403*5 201*3"),
    Row("GET", "api:get_customer_value", "401 404*4 403 404*3", given=customer, note="who never bought"),
    Row("GET", "api:get_insight_settings", "401 403*5 200*3"),
    Row("PUT", "api:change_insight_settings", "401 403*5 200*3", data=SETTINGS),
]
