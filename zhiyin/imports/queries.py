"""Reads for the pages and the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from zhiyin.imports import access
from zhiyin.imports.messages import Message
from zhiyin.imports.models import Import, ImportProfile
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset


def imports(actor: Actor, *, after: str = "", limit: int = 20) -> Page[Import]:
    """The imports that this actor may see, newest first. One SQL statement."""
    rows = access.imports(actor).select_related("file", "job")
    return keyset(rows, order=["-id"], after=after, limit=limit)


def profiles(actor: Actor, kind: str = "") -> QuerySet[ImportProfile]:
    """Saved profiles by name, of one kind or of all."""
    actor.require("imports.run")
    rows = ImportProfile.objects.order_by("kind", "name")
    return rows.filter(kind=kind) if kind else rows


@dataclass(frozen=True)
class Report:
    """The result of a check or an import, ready to be read."""

    rows: int
    refused: int
    blank: int
    counts: dict[str, int]
    totals: dict[str, Any]
    effect: dict[str, int]
    undone: dict[str, int]
    messages: list[Message]
    refusals: list[tuple[Message, int]]


def report(batch: Import) -> Report | None:
    """What the last step of an import found; ``None`` before the first."""
    result = batch.result
    if not result:
        return None
    return Report(
        rows=result["rows"],
        refused=result["refused"],
        blank=result["blank"],
        counts=result["counts"],
        totals=result["totals"],
        effect=result["effect"],
        undone=result.get("undone", {}),
        messages=[Message.from_json(data) for data in result["messages"]],
        refusals=[(Message.from_json(data), count) for data, count in result["refusals"]],
    )
