"""Grades of customers."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import GradeRules, Selection
from zhiyin.customers.choices import GradeMeasure, GradeRule, TagColour

routes = Routes("customers")


class GradeOut(Schema):
    """A grade: of several the first whose rule takes a customer holds."""

    id: uuid.UUID
    name: str
    colour: str
    rule: str
    measure: str
    amount: Decimal | None


class GradeIn(Schema):
    id: uuid.UUID | None = Field(None, description="Of one that is there; a new one has none.")
    name: str = Field(max_length=50, pattern=TEXT)
    colour: TagColour = TagColour.BLUE
    rule: GradeRule = GradeRule.HAND
    measure: GradeMeasure | None = Field(None, description="For the rules share and least.")
    amount: Decimal | None = Field(None, description="Per cent for share, the least amount for least.")


class GradesIn(Schema):
    grades: list[GradeIn] = Field(max_length=20, description="From the best to the least; others go.")


class GradeMoveOut(Schema):
    before: uuid.UUID | None
    after: uuid.UUID | None
    customers: int


class GradePreviewOut(Schema):
    """What applying the rules would change."""

    moves: list[GradeMoveOut]
    held: int = Field(description="By hand; they stay.")


class GradedOut(Schema):
    customers: int = Field(description="How many have another grade now.")


class GradeSetIn(Schema):
    grade_id: uuid.UUID | None
    reason: str = Field(max_length=200, pattern=TEXT)
    until: datetime.date | None = Field(None, description="For good without.")


class GradeChangeOut(Schema):
    """That a customer came from one grade to another, by their names."""

    previous: str
    grade: str
    reason: str
    note: str
    actor_name: str
    changed_at: datetime.datetime


@routes.get("/grades/", permission="customers.view", response=list[GradeOut])
def list_grades(request: Request) -> Any:
    """The company's grades, from the best to the least."""
    return queries.all_grades()


@routes.put("/grades/", permission="settings.manage", response=list[GradeOut])
def set_grades(request: Request, body: GradesIn) -> Any:
    """Set the grades and their rules; nobody is graded anew by this."""
    given = [
        GradeRules(
            id=each.id,
            name=each.name,
            colour=str(each.colour),
            rule=str(each.rule),
            measure=str(each.measure or ""),
            amount="" if each.amount is None else str(each.amount),
        )
        for each in body.grades
    ]
    return actions.set_grades(actor=request.actor, grades=given, now=now())


@routes.get("/grades/preview/", permission="settings.manage", response=GradePreviewOut)
def preview_grades(request: Request) -> dict[str, Any]:
    """What the rules would change now."""
    found = queries.preview_grades(request.actor, queries.all_grades(), timezone.localdate())
    moves = [{"before": old, "after": new, "customers": count} for (old, new), count in found.moves.items()]
    return {"moves": moves, "held": found.held}


@routes.post("/grades/apply/", permission="settings.manage", response=GradedOut)
def apply_grades(request: Request) -> dict[str, int]:
    """Give every customer the grade of the rules, but for those held by hand."""
    return {"customers": actions.apply_grades(actor=request.actor, now=now())}


@routes.get("/customers/{customer_id}/grades/", permission="customers.view", response=list[GradeChangeOut])
def list_grade_changes(request: Request, customer_id: uuid.UUID) -> Any:
    """How a customer came to his grade, the newest first."""
    return queries.grade_history(request.actor, customer_id)


@routes.put("/customers/{customer_id}/grade/", permission="customers.edit", response=None, status=204)
def set_grade(request: Request, customer_id: uuid.UUID, body: GradeSetIn) -> None:
    """Grade a customer by hand."""
    access.customer(request.actor, customer_id, need="write")
    selection = Selection(ids=(customer_id,))
    actions.set_grade(actor=request.actor, selection=selection, now=now(), **body.model_dump())


@routes.delete("/customers/{customer_id}/grade/", permission="customers.edit")
def release_grade(request: Request, customer_id: uuid.UUID) -> None:
    """Leave a customer's grade to the rules again."""
    actions.release_grade(actor=request.actor, customer_id=customer_id, now=now())
