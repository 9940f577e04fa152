"""What runs by the clock."""

import datetime
import zoneinfo
from typing import Any

import structlog
from django.db import connection
from django.utils import timezone

from zhiyin.accounts.models import Tenant
from zhiyin.platform import clock, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.sales.actions import escalate_leads, take_forecast
from zhiyin.sales.actions.forecast import KIND as FORECAST

log = structlog.get_logger("zhiyin.clock")
FEW = 20
"""Fewer opportunities than these say nothing of a stage's chances."""
MONTHS = 24
EVENING = 23
_LEARN = """
WITH came AS (
    SELECT s.id, sum(c.count) FILTER (WHERE c.state = 'won') AS won,
        sum(c.count) FILTER (WHERE c.state = 'lost' AND f.position >= s.position) AS lost
    FROM sales_stage s JOIN sales_funnelcell c ON c.pipeline_id = s.pipeline_id AND c.part = 'way' AND c.month >= %(since)s
    JOIN sales_stage f ON f.id = c.stage_id WHERE s.kind = 'open' GROUP BY s.id
), found AS (
    SELECT s.id, coalesce(won, 0) + coalesce(lost, 0) AS closed, coalesce(won, 0) AS won
    FROM sales_stage s LEFT JOIN came USING (id) WHERE s.kind = 'open'
)
UPDATE sales_stage s SET usual_of = closed, usual = CASE WHEN closed >= %(few)s THEN round(100.0 * won / closed) END
FROM found f WHERE f.id = s.id
AND (usual_of, usual) IS DISTINCT FROM (closed, CASE WHEN closed >= %(few)s THEN round(100.0 * won / closed) END)
"""
_KEYS = "tenant_id, part, pipeline_id, month, state, owner_id, unit_id, stage_id, reason_id, source, currency"
_SUMS = ("count", "amount", "unknown", "timed", "days")
_ADD_UP = f"""
WITH gone AS (DELETE FROM sales_funnelcell RETURNING *)
INSERT INTO sales_funnelcell ({_KEYS}, {", ".join(_SUMS)})
SELECT {_KEYS}, {", ".join(f"sum({name})" for name in _SUMS)} FROM gone GROUP BY {_KEYS}
HAVING {" OR ".join(f"sum({name}) <> 0" for name in _SUMS)}
"""  # noqa: S608 - names of ours


@clock.periodic("sales.escalate_leads", cron="* * * * *")
def escalate(now: datetime.datetime) -> None:
    """Tell of leads that wait too long, each company by itself."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            due = escalate_leads(actor=Actor.system(tenant_id), now=now)
        if due:
            log.info("sales.leads_escalated", tenant_id=str(tenant_id), due=due)


@clock.periodic("sales.probabilities", cron="15 * * * *")
def learn_probabilities(now: datetime.datetime) -> None:
    """What the stages' chances are by what became of those begun in the last ``MONTHS``."""
    since = (now - datetime.timedelta(days=MONTHS * 31)).date().replace(day=1)
    _each(_LEARN, {"since": since, "few": FEW})


@clock.periodic("sales.funnel", cron="45 18 * * *")
def add_up_funnels(now: datetime.datetime) -> None:
    """Make one cell of those that are alike, so that funnels stay small however often opportunities change."""
    del now
    _each(_ADD_UP, {})


@clock.periodic("sales.forecast", cron="50 * * * *")
def take_forecasts(now: datetime.datetime) -> None:
    """Keep the forecast of each company where the day is about to end."""
    for tenant in Tenant.objects.order_by("id"):
        zone = zoneinfo.ZoneInfo(tenant.time_zone)
        if now.astimezone(zone).hour == EVENING:
            with scope(tenant.pk), timezone.override(zone):
                take_forecast(actor=Actor.system(tenant.pk), now=now)


@jobs.handler(FORECAST, permission="sales.manage", repeatable=True)
def forecast(run: jobs.JobRun) -> dict[str, Any]:
    with run.scope():
        return {"cells": take_forecast(actor=run.actor, now=run.now)}


def _each(sql: str, values: dict[str, Any]) -> None:
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(sql, values)
