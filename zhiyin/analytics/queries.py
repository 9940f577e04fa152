"""Reads of analytics."""

import uuid
from collections.abc import Sequence
from typing import Any

from zhiyin.analytics.models import Analysis, CustomerValue, InsightSettings
from zhiyin.analytics.warehouse import Segmentation, registered
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import Job
from zhiyin.platform.paging import Page, keyset

SCORES = ("recency", "frequency", "monetary")
_BUSY = (JobState.QUEUED, JobState.RUNNING)


def insight_settings(*, lock: bool = False) -> InsightSettings:
    """The company's settings, or an unsaved row of defaults."""
    rows = InsightSettings.objects.select_for_update() if lock else InsightSettings.objects
    return rows.first() or InsightSettings()


def segmentations() -> list[Segmentation]:
    """The fields by which the company may part its customers."""
    known = registered().get("customers")
    return known.segmentations() if known else []


def latest_analysis() -> Analysis | None:
    """The last finished analysis."""
    return Analysis.objects.filter(finished_at__isnull=False).order_by("-finished_at", "-id").first()


def analyses(actor: Actor, *, after: str = "", limit: int = 20) -> Page[Analysis]:
    """Finished analyses, newest first."""
    actor.require("insight.company")
    rows = Analysis.objects.filter(finished_at__isnull=False)
    return keyset(rows, order=["-finished_at"], after=after, limit=limit)


def analysis(actor: Actor, analysis_id: uuid.UUID) -> Analysis:
    """One finished analysis. Raises ``NotFound``."""
    actor.require("insight.company")
    found = Analysis.objects.filter(pk=analysis_id, finished_at__isnull=False).first()
    if found is None:
        raise NotFound
    return found


def running_job(states: Sequence[JobState] = _BUSY) -> Job | None:
    """The company's analysis that waits or runs."""
    return Job.objects.filter(kind="analytics.analyse", state__in=states).order_by("-id").first()


def failed_job() -> Job | None:
    """The company's newest analysis, where it failed."""
    newest = Job.objects.filter(kind="analytics.analyse").order_by("-id").first()
    return newest if newest is not None and newest.state == JobState.FAILED else None


def customer_value(actor: Actor, customer_id: uuid.UUID) -> CustomerValue | None:
    """What the last analysis knows of one customer, whom the caller has already found visible to the actor."""
    actor.require("insight.view")
    found = CustomerValue.objects.filter(pk=customer_id).first()
    latest = latest_analysis()
    if found is not None and latest is not None:
        found.analysis = latest  # one that found the same as an earlier one has left the row as it was
    return found


def cell_of(analysis: Analysis, value: CustomerValue) -> dict[str, Any] | None:
    """The sums of all customers with the same recency and frequency score."""
    for cell in analysis.groups.get("cells", []):
        if (cell["recency"], cell["frequency"]) == (value.recency_score, value.frequency_score):
            found: dict[str, Any] = cell
            return found
    return None
