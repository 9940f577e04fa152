"""The analysis as a job, and every company's once a night."""

import datetime
import zoneinfo
from typing import Any

from zhiyin.accounts.models import Tenant
from zhiyin.analytics import actions
from zhiyin.platform import clock, jobs
from zhiyin.platform.tenancy import scope

NIGHT_HOUR = 3


@jobs.handler("analytics.analyse", permission="insight.run", repeatable=True)
def analyse(run: jobs.JobRun) -> dict[str, Any]:
    """Analyse the company of the job; the result names the analysis."""
    until = run.arguments.get("until")
    outcome = actions.run_analysis(
        actor=run.actor,
        now=run.now,
        until=datetime.date.fromisoformat(until) if until else None,
        job_id=run.id,
        progress=run.progress,
    )
    analysis = outcome.analysis
    return {
        "analysis": str(analysis.pk),
        "fresh": outcome.fresh,
        "customers": analysis.counts["buyers"],
        "as_of": analysis.as_of.isoformat(),
    }


@clock.periodic("analytics.nightly", cron="17 * * * *")
def nightly(now: datetime.datetime) -> None:
    """Start the analysis of each company where it is night now."""
    for tenant in Tenant.objects.order_by("id"):
        if now.astimezone(zoneinfo.ZoneInfo(tenant.time_zone)).hour == NIGHT_HOUR:
            with scope(tenant.pk):
                actions.analyse_soon(tenant.pk, now=now)
