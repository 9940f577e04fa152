"""Operations on the analysis: its results, each customer's value, its settings."""

import uuid
from typing import Any

from zhiyin.accounts.models import Tenant
from zhiyin.analytics import actions, queries
from zhiyin.analytics.models import Analysis, InsightSettings
from zhiyin.analytics.sentences import sentence
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.insight.schemas import (
    AnalysisOut,
    AnalysisRequest,
    AnalysisRow,
    CustomerValueOut,
    InsightSettingsChange,
    InsightSettingsOut,
)
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.customers import access
from zhiyin.platform import jobs
from zhiyin.platform.errors import NotFound

routes = Routes("insight")


@routes.get("/insight/analyses/", permission="insight.company", response=PageOut[AnalysisRow])
def list_analyses(request: Request, after: str = "", limit: int = 50) -> dict[str, Any]:
    """Analyses, newest first."""
    return page_out(queries.analyses(request.actor, after=after, limit=limit))


@routes.post("/insight/analyses/", permission="insight.run", response=JobOut, status=201)
def start_analysis(request: Request, body: AnalysisRequest) -> jobs.Job:
    """Analyse all customers anew, as a job."""
    return actions.start_analysis(actor=request.actor, now=now(), until=body.until)


@routes.get("/insight/analyses/latest/", permission="insight.company", response=AnalysisOut)
def latest_analysis(request: Request) -> dict[str, Any]:
    """The last analysis with its models, their errors and what was found."""
    found = queries.latest_analysis()
    if found is None:
        raise NotFound
    return analysis_out(request, found)


@routes.get("/insight/analyses/{uuid:analysis_id}/", permission="insight.company", response=AnalysisOut)
def get_analysis(request: Request, analysis_id: uuid.UUID) -> dict[str, Any]:
    """One analysis."""
    return analysis_out(request, queries.analysis(request.actor, analysis_id))


def analysis_out(request: Request, found: Analysis) -> dict[str, Any]:
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=request.actor.tenant_id)
    same = ("id", "as_of", "finished_at", "settings", "counts", "backtest", "retention", "concentration")
    return {name: getattr(found, name) for name in (*same, "groups", "findings")} | {
        "models": found.fits,
        "sentences": [text for each in found.findings if (text := sentence(each, currency=currency))],
    }


@routes.get("/customers/{uuid:customer_id}/value/", permission="insight.view", response=CustomerValueOut)
def get_customer_value(request: Request, customer_id: uuid.UUID) -> dict[str, Any]:
    """What a customer is worth, with the interval; 404 as well for one who never bought."""
    access.customer(request.actor, customer_id)
    found = queries.customer_value(request.actor, customer_id)
    if found is None:
        raise NotFound
    names = (name for name in CustomerValueOut.model_fields if name != "as_of")
    return {name: getattr(found, name) for name in names} | {"as_of": found.analysis.as_of}


@routes.get("/insight/settings/", permission="insight.company", response=InsightSettingsOut)
def get_insight_settings(request: Request) -> InsightSettings:
    """The numbers that the analysis goes by."""
    return queries.insight_settings()


@routes.put("/insight/settings/", permission="insight.run", response=InsightSettingsOut)
def change_insight_settings(request: Request, body: InsightSettingsChange) -> InsightSettings:
    """Change them; all customers are analysed anew."""
    return actions.change_settings(actor=request.actor, now=now(), **body.model_dump())
