"""Operations on opportunities."""

import uuid
from typing import Any

from django.utils import timezone
from ninja import Query
from pydantic import BaseModel, Field

from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.sales.funnel import FunnelOut, funnel_out
from zhiyin.api.sales.schemas import (
    BoardLaneOut,
    CloseReasonOut,
    CloseReasonsIn,
    OpportunityIn,
    OpportunityMoveIn,
    OpportunityOut,
    OpportunityPatch,
    PipelineIn,
    PipelineOut,
    StageOut,
    StagesIn,
    SumsOut,
)
from zhiyin.platform.errors import NotFound
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Closing, StageRules
from zhiyin.sales.models import CloseReason, Pipeline, Stage
from zhiyin.sales.queries import FunnelFilter, Lane, Lanes, OpportunityFilter, OpportunitySort, Sums

routes = Routes("sales")


class DealPaging(BaseModel):
    sort: OpportunitySort = "expected"
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


@routes.get("/stages/", permission="sales.view", response=list[StageOut])
def list_stages(request: Request) -> list[Stage]:
    """The stages of all pipelines, in their order."""
    del request
    return list(access.stages())


@routes.get("/pipelines/", permission="sales.view", response=list[PipelineOut])
def list_pipelines(request: Request) -> list[Pipeline]:
    del request
    return queries.pipelines()


@routes.post("/pipelines/", permission="sales.manage", response=PipelineOut, status=201)
def create_pipeline(request: Request, body: PipelineIn) -> Pipeline:
    """A pipeline with the stages that most companies begin with."""
    return actions.create_pipeline(actor=request.actor, name=body.name, unit_id=body.unit_id, now=now())


@routes.put("/pipelines/{uuid:pipeline_id}/stages/", permission="sales.manage", response=list[StageOut])
def set_stages(request: Request, pipeline_id: uuid.UUID, body: StagesIn) -> list[Stage]:
    """All stages of a pipeline, in their order."""
    rules = [
        StageRules(**{**each.model_dump(), "entry": tuple(each.entry), "leave": tuple(each.leave)})
        for each in body.stages
    ]
    actions.set_stages(
        actor=request.actor,
        pipeline_id=pipeline_id,
        stages=rules,
        goes_to=body.goes_to,
        version=body.version,
        now=now(),
    )
    return queries.stages_of(pipeline_id)


@routes.put("/close-reasons/", permission="sales.manage", response=list[CloseReasonOut])
def set_close_reasons(request: Request, body: CloseReasonsIn) -> list[CloseReason]:
    return actions.set_close_reasons(actor=request.actor, kind=body.kind, names=body.names, now=now())


@routes.get("/close-reasons/", permission="sales.view", response=list[CloseReasonOut])
def list_close_reasons(request: Request) -> list[CloseReason]:
    """Why opportunities are won or lost, as the company names it."""
    del request
    return queries.close_reasons()


@routes.get("/opportunities/", permission="sales.view", response=PageOut[OpportunityOut])
def list_opportunities(
    request: Request, where: Query[OpportunityFilter], paging: Query[DealPaging]
) -> dict[str, Any]:
    """A page of the opportunities that a filter lets through."""
    page = queries.list_opportunities(
        request.actor,
        where,
        sort=paging.sort,
        after=paging.after,
        limit=paging.limit,
        now=now(),
        today=timezone.localdate(),
    )
    return page_out(page)


@routes.get("/opportunities/sums/", permission="sales.view", response=list[SumsOut])
def sum_opportunities(request: Request, where: Query[OpportunityFilter]) -> list[Sums]:
    """What the opportunities that a filter lets through come to, by currency."""
    rows = queries.matching_opportunities(request.actor, where, now=now(), today=timezone.localdate())
    return queries.sum_opportunities(rows)


@routes.get("/board/", permission="sales.view", response=list[BoardLaneOut])
def read_board(request: Request, where: Query[OpportunityFilter], by: Lanes = "stage") -> list[Lane]:
    """The open opportunities of a pipeline, the default one without a name, in lanes with their sums and first cards.

    The others of a lane are those of ``/opportunities/`` by stage.
    """
    pipeline = where.pipeline or next((each.pk for each in queries.boards()), None)
    if pipeline is None:
        return []
    return queries.board(request.actor, pipeline, by, where, now=now(), today=timezone.localdate())


@routes.get("/funnel/", permission="sales.view", response=FunnelOut)
def read_funnel(
    request: Request, where: Query[FunnelFilter], pipeline: uuid.UUID | None = None
) -> dict[str, Any]:
    """How far the opportunities of a pipeline, the default one without a name, came, and what became of them.

    Counted are those that are one's own, or of the units that one reaches.
    """
    chosen = pipeline or next((each.pk for each in queries.boards()), None)
    if chosen is None:
        raise NotFound
    return funnel_out(queries.funnel(request.actor, chosen, where))


@routes.post("/opportunities/", permission="sales.edit", response=OpportunityOut, status=201)
def create_opportunity(request: Request, body: OpportunityIn) -> dict[str, Any]:
    made = actions.create_opportunity(actor=request.actor, now=now(), **body.values())
    return queries.opportunity_row(request.actor, made.pk)


@routes.get("/opportunities/{uuid:opportunity_id}/", permission="sales.view", response=OpportunityOut)
def read_opportunity(request: Request, opportunity_id: uuid.UUID) -> dict[str, Any]:
    return queries.opportunity_row(request.actor, opportunity_id)


@routes.patch("/opportunities/{uuid:opportunity_id}/", permission="sales.edit", response=OpportunityOut)
def update_opportunity(request: Request, opportunity_id: uuid.UUID, body: OpportunityPatch) -> dict[str, Any]:
    actions.update_opportunity(
        actor=request.actor,
        opportunity_id=opportunity_id,
        changes=body.changes(),
        version=body.version,
        now=now(),
    )
    return queries.opportunity_row(request.actor, opportunity_id)


@routes.post("/opportunities/{uuid:opportunity_id}/move/", permission="sales.edit", response=OpportunityOut)
def move_opportunity(request: Request, opportunity_id: uuid.UUID, body: OpportunityMoveIn) -> dict[str, Any]:
    """Into another stage; into one that closes it is won or lost."""
    actions.move_opportunity(
        actor=request.actor,
        opportunity_id=opportunity_id,
        stage_id=body.stage_id,
        version=body.version,
        closing=Closing(body.reason_id, body.reason_text, body.closed_on),
        now=now(),
    )
    return queries.opportunity_row(request.actor, opportunity_id)


@routes.delete("/opportunities/{uuid:opportunity_id}/", permission="sales.edit", status=204)
def remove_opportunity(request: Request, opportunity_id: uuid.UUID) -> None:
    """Out of every list, board and total; it can be restored."""
    actions.remove_opportunity(actor=request.actor, opportunity_id=opportunity_id, now=now())


@routes.post(
    "/opportunities/{uuid:opportunity_id}/restore/", permission="sales.edit", response=OpportunityOut
)
def restore_opportunity(request: Request, opportunity_id: uuid.UUID) -> dict[str, Any]:
    actions.restore_opportunity(actor=request.actor, opportunity_id=opportunity_id, now=now())
    return queries.opportunity_row(request.actor, opportunity_id)
