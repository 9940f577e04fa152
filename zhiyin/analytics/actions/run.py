"""One analysis of a company, from the database through the warehouse back to the database."""

import datetime
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.analytics import hooks
from zhiyin.analytics.actions.keep import keep_values
from zhiyin.analytics.events import AnalysisFinished
from zhiyin.analytics.models import Analysis, Dataset, InsightSettings
from zhiyin.analytics.queries import insight_settings, latest_analysis, running_job, segmentations
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import Conflict
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import scope
from zhiyin.platform.versions import version_of

if TYPE_CHECKING:
    from zhiyin.analytics.compute.options import Options
    from zhiyin.analytics.compute.result import Result

KIND = "analytics.analyse"
STEPS = 6
Progress = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _message: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An analysis, and whether it was made now or nothing had changed since."""

    analysis: Analysis
    fresh: bool


def start_analysis(
    *, actor: Actor, now: datetime.datetime, until: datetime.date | None = None, foreground: bool = False
) -> jobs.Job:
    """A job that analyses the company's purchases. Raises ``Conflict`` when one waits or runs already."""
    actor.require("insight.run")
    if not foreground and running_job() is not None:
        raise Conflict(_("An analysis of this company is running already."))
    return queue_analysis(actor, now, until, foreground=foreground)


def analyse_soon(tenant_id: uuid.UUID, *, now: datetime.datetime) -> None:
    """Have the program analyse a company, unless an analysis waits already; one that runs may miss news."""
    if running_job(states=[JobState.QUEUED]) is None:
        queue_analysis(Actor.system(tenant_id), now)


def queue_analysis(
    actor: Actor, now: datetime.datetime, until: datetime.date | None = None, *, foreground: bool = False
) -> jobs.Job:
    return jobs.start(
        actor=actor,
        kind=KIND,
        title=_("Analysis of all customers"),
        arguments={"until": until.isoformat() if until else None},
        now=now,
        foreground=foreground,
    )


def run_analysis(
    *,
    actor: Actor,
    now: datetime.datetime,
    until: datetime.date | None = None,
    job_id: uuid.UUID | None = None,
    progress: Progress = silent,
) -> Outcome:
    """Export what changed, model, and keep the results in one transaction.

    When neither data, settings nor methods have changed since the last analysis, that one is given back. Runs
    outside any transaction; what is cancelled or breaks off leaves the earlier results as they were.
    """
    # DuckDB, Arrow and SciPy are loaded by those who analyse, not by the servers of pages
    from zhiyin.analytics.warehouse.export import alone

    actor.require("insight.run")
    with alone(actor.tenant_id, waiting=lambda: progress(0, STEPS, _("Waiting for another analysis"))):
        return analyse(actor, now, until, job_id, progress)


def analyse(
    actor: Actor,
    now: datetime.datetime,
    until: datetime.date | None,
    job_id: uuid.UUID | None,
    progress: Progress,
) -> Outcome:
    from zhiyin.analytics.compute.options import METHOD
    from zhiyin.analytics.compute.purchases import read_purchases
    from zhiyin.analytics.compute.result import compute

    home = Path(settings.ZHIYIN_HOME)
    with scope(actor.tenant_id):
        tenant = Tenant.objects.get(pk=actor.tenant_id)
        options = options_of(insight_settings())
        before = latest_analysis()
        left_out = [str(each) for each in hooks.left_out()]
    zone = zoneinfo.ZoneInfo(tenant.time_zone)
    exported = export_changes(tenant, home, now, progress)
    asked = {"until": until.isoformat() if until else None, "warehouse": exported, "method": METHOD}
    if left_out:
        asked["left_out"] = version_of(*left_out)
    request = options.to_dict() | asked
    if before and before.settings == request and not before.counts["future_orders"]:
        return Outcome(before, fresh=False)
    progress(1, STEPS, _("Reading purchases"))
    purchases = read_purchases(
        home=home,
        tenant_id=actor.tenant_id,
        today=now.astimezone(zone).date(),
        margin_rate=options.margin_rate,
        segment_by=options.segment_by,
        until=until,
        left_out=left_out,
        memory=settings.ZHIYIN_ANALYTICS_MEMORY,
    )
    result = compute(purchases, options, progress=lambda step, message: progress(step, STEPS, message))
    progress(5, STEPS, _("Keeping the results"))
    with scope(actor.tenant_id):
        analysis = keep(actor, now, result, request=request, job_id=job_id, zone=zone)
        progress(STEPS, STEPS, "")
    return Outcome(analysis, fresh=True)


def options_of(chosen: InsightSettings) -> "Options":
    """The company's settings as the calculations take them."""
    from zhiyin.analytics.compute.options import Options

    return Options(
        unit=chosen.unit,  # type: ignore[arg-type]  # one of its choices
        months=chosen.horizon_months,
        discount_rate=float(chosen.discount_rate),
        margin_rate=float(chosen.margin_rate),
        loyal_orders=chosen.loyal_orders,
        lost_after_days=chosen.lost_after_days,
        thresholds={name: list(cuts) for name, cuts in chosen.scores.items() if cuts},
        # a field that is gone, or not for everybody's eyes any more, parts nobody
        segment_by=chosen.segment_by if chosen.segment_by in {each.key for each in segmentations()} else "",
    )


def export_changes(tenant: Tenant, home: Path, now: datetime.datetime, progress: Progress) -> dict[str, str]:
    """Bring the warehouse up to date; returns what tells this state of each dataset from any other."""
    from zhiyin.analytics.warehouse.export import export, snapshot
    from zhiyin.analytics.warehouse.registry import registered

    progress(0, STEPS, _("Exporting what changed"))
    with snapshot(tenant.id):
        for dataset in registered().values():
            export(
                dataset,
                home=home,
                tenant_id=tenant.id,
                time_zone=tenant.time_zone,
                now=now,
                progress=lambda _rows: progress(0, STEPS, _("Exporting what changed")),
            )
        return dict(Dataset.objects.values_list("name", "watermark"))


def refresh_warehouse(tenant_id: uuid.UUID, now: datetime.datetime, waiting: Callable[[], None]) -> None:
    """Write the files of the warehouse anew where rows changed. Runs outside any transaction."""
    from zhiyin.analytics.warehouse.export import alone

    with scope(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
    with alone(tenant_id, waiting=waiting):
        export_changes(tenant, Path(settings.ZHIYIN_HOME), now, silent)


def keep(
    actor: Actor,
    now: datetime.datetime,
    result: "Result",
    *,
    request: dict[str, Any],
    job_id: uuid.UUID | None,
    zone: zoneinfo.ZoneInfo,
) -> Analysis:
    """Write the analysis and each customer's row, and let other apps follow, in the current transaction."""
    day = result.purchases.as_of
    as_of = datetime.datetime.combine(day, datetime.time(), zone) if day else now
    analysis = Analysis.objects.create(
        as_of=as_of, started_at=now, finished_at=now, job_id=job_id, settings=request, **result.parts()
    )
    keep_values(analysis, result.customers())
    hooks.call(hooks.Finished(actor, now, zone.key, result.options, result.purchases))
    record(
        AnalysisFinished(analysis.pk, len(result.purchases.customers)),
        actor=actor,
        now=now,
        subject=("analysis", analysis.pk),
    )
    return analysis
