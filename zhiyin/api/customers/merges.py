"""Operations on merges."""

import datetime
import uuid
from typing import Any

from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field

from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Merged
from zhiyin.customers.choices import Survivorship
from zhiyin.customers.fields import registry
from zhiyin.customers.models import Merge

routes = Routes("customers")


class Paging(BaseModel):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class MergeIn(Schema):
    model_config = ConfigDict(extra="forbid")

    survivor_id: uuid.UUID
    customer_ids: list[uuid.UUID] = Field(
        min_length=1, max_length=10, description="Who vanishes into the survivor."
    )
    rule: Survivorship = Survivorship.SURVIVOR
    choices: dict[str, uuid.UUID] = Field({}, description="By field's name, whose value it takes.")


class MergeOut(Schema):
    id: uuid.UUID
    survivor_id: uuid.UUID
    customer_ids: list[uuid.UUID]
    precision: float | None = Field(description="The one aimed at, of a merge that nobody looked at.")
    actor_name: str
    merged_at: datetime.datetime
    undone_at: datetime.datetime | None


class PartOut(Schema):
    """Rows of one part that move, are joined with their like, were taken away or given to others since."""

    moved: int
    joined: int
    lost: int


class EffectOut(Schema):
    """``changed`` are fields of the survivor before and after, ``kept`` those that an undo leaves as they are."""

    survivor_id: uuid.UUID
    customer_ids: list[uuid.UUID]
    parts: dict[str, PartOut]
    changed: dict[str, list[Any]]
    kept: list[str]
    aside: list[str] = Field(description="Relations that cannot be there, and why.")


class MergedOut(EffectOut):
    id: uuid.UUID


def _effect(request: Request, done: Merged) -> dict[str, Any]:
    seen = {"owner_id", "unit_id", *(each.name for each in registry(request.actor))}
    return {
        "id": done.merge.pk,
        "survivor_id": done.merge.survivor_id,
        "customer_ids": done.merge.customer_ids,
        "parts": done.told,
        "changed": {name: pair for name, pair in done.changed.items() if name in seen},
        "kept": [name for name in done.kept if name in seen],
        "aside": done.aside,
    }


@routes.post("/customers/merge/", permission="customers.edit", response=MergedOut)
def merge_customers(request: Request, body: MergeIn) -> dict[str, Any]:
    """Customers become one; what refers to them refers to the survivor since."""
    return _effect(request, actions.merge_customers(actor=request.actor, now=now(), **body.model_dump()))


@routes.post("/customers/merge/preview/", permission="customers.edit", response=EffectOut)
def preview_merge(request: Request, body: MergeIn) -> dict[str, Any]:
    """What ``merge_customers`` would do."""
    return _effect(request, actions.preview_merge(actor=request.actor, now=now(), **body.model_dump()))


@routes.get("/merges/", permission="customers.view", response=PageOut[MergeOut])
def list_merges(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """Merges, the newest first."""
    return page_out(queries.list_merges(request.actor, after=paging.after, limit=paging.limit))


@routes.get("/merges/{uuid:merge_id}/", permission="customers.view", response=MergeOut)
def read_merge(request: Request, merge_id: uuid.UUID) -> Merge:
    return access.merge(request.actor, merge_id)


@routes.get("/merges/{uuid:merge_id}/undo/", permission="customers.edit", response=EffectOut)
def preview_undo_merge(request: Request, merge_id: uuid.UUID) -> dict[str, Any]:
    """What ``undo_merge`` would do."""
    return _effect(request, actions.preview_undo(actor=request.actor, merge_id=merge_id, now=now()))


@routes.post("/merges/{uuid:merge_id}/undo/", permission="customers.edit", response=EffectOut)
def undo_merge(request: Request, merge_id: uuid.UUID) -> dict[str, Any]:
    """Take a merge back, however long ago; of one file the newest first."""
    return _effect(request, actions.undo_merge(actor=request.actor, merge_id=merge_id, now=now()))
