"""Operations on approvals: asking, answering, rules, deputies."""

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.approvals import access, actions, queries
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.models import Absence, ApprovalRequest, ApprovalRule

routes = Routes("approvals")
LINES = r"^[^\x00]*$"
Long = Annotated[str, StringConstraints(max_length=2000, pattern=LINES)]
Bound = Annotated[Decimal, Field(max_digits=19, decimal_places=4)]
Percent = Annotated[Decimal, Field(max_digits=6, decimal_places=2)]


class ApprovalIn(Schema):
    """``subject`` is the kind of thing, such as ``sales.discount``, ``subject_id`` its key."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(max_length=50, pattern=TEXT)
    subject_id: uuid.UUID
    reason: Long = ""


class ApprovalAnswerIn(Schema):
    """With the ``version`` that was read, an answer to what was asked anew meanwhile is refused."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["approved", "rejected", "returned"]
    comment: Long = ""
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class ApprovalReasonIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Long = ""


class ApprovalCommentIn(Schema):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=LINES)]


class ApprovalOut(Schema):
    id: uuid.UUID
    subject: str
    subject_id: uuid.UUID
    amount: Decimal | None
    currency: str
    discount: Decimal | None
    margin: Decimal | None
    reason: str
    requester_id: uuid.UUID | None
    rule_id: uuid.UUID
    state: str
    version: int
    created_at: datetime.datetime
    ended_at: datetime.datetime | None


class ApprovalSeatOut(Schema):
    member_id: uuid.UUID
    way: str
    answer: str
    answered_by_id: uuid.UUID | None
    answered_at: datetime.datetime | None


class ApprovalTurnOut(Schema):
    position: int
    mode: str
    state: str
    due_at: datetime.datetime | None
    seats: list[ApprovalSeatOut]


class ApprovalActOut(Schema):
    member_id: uuid.UUID | None
    on_behalf_id: uuid.UUID | None
    did: str
    text: str
    at: datetime.datetime


class ApprovalDetailOut(ApprovalOut):
    turns: list[ApprovalTurnOut]
    acts: list[ApprovalActOut]


class ApprovalFilter(BaseModel):
    box: Literal["waiting", "asked", "all"] = "waiting"
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")


class ApprovalStepIn(Schema):
    model_config = ConfigDict(extra="forbid")

    who: Literal["superior", "people"] = "superior"
    mode: Literal["any", "all"] = "any"
    people: list[uuid.UUID] = Field([], max_length=50)
    hours: int | None = Field(None, ge=1, le=2160)


class ApprovalRuleIn(Schema):
    """Bounds that are left out ask for nothing; without steps what fits is allowed."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(max_length=50, pattern=TEXT)
    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=TEXT)]
    amount_from: Bound | None = None
    discount_from: Percent | None = None
    margin_below: Percent | None = None
    unit_id: uuid.UUID | None = None
    member_id: uuid.UUID | None = None
    grades: list[Annotated[str, StringConstraints(max_length=50, pattern=TEXT)]] = Field([], max_length=50)
    steps: list[ApprovalStepIn] = Field([], max_length=5)

    def said(self) -> RuleSaid:
        steps = [StepSaid(each.who, each.mode, tuple(each.people), each.hours) for each in self.steps]
        plain = self.dict(exclude={"steps", "grades", "version"})
        return RuleSaid(**plain, steps=steps, grades=tuple(self.grades))


class ApprovalRuleChangeIn(ApprovalRuleIn):
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class ApprovalStepOut(Schema):
    position: int
    who: str
    mode: str
    people: list[uuid.UUID]
    hours: int | None

    @staticmethod
    def resolve_people(step: Any) -> list[uuid.UUID]:
        return [each.member_id for each in step.named.all()]


class ApprovalRuleOut(Schema):
    id: uuid.UUID
    subject: str
    name: str
    currency: str
    amount_from: Decimal | None
    discount_from: Decimal | None
    margin_below: Decimal | None
    unit_id: uuid.UUID | None
    member_id: uuid.UUID | None
    grades: list[str]
    version: int
    archived_at: datetime.datetime | None
    steps: list[ApprovalStepOut]

    @staticmethod
    def resolve_steps(rule: ApprovalRule) -> list[Any]:
        return sorted(rule.steps.all(), key=lambda each: each.position)


class ApprovalRuleOrderIn(Schema):
    model_config = ConfigDict(extra="forbid")

    ids: list[uuid.UUID] = Field(max_length=1000)


class AbsenceIn(Schema):
    model_config = ConfigDict(extra="forbid")

    deputy_id: uuid.UUID
    starts_on: datetime.date
    ends_on: datetime.date


class AbsenceOut(AbsenceIn):
    model_config = ConfigDict(extra="ignore")

    id: uuid.UUID
    member_id: uuid.UUID


@routes.get("/approvals/", permission=None, response=PageOut[ApprovalOut])
def list_approvals(request: Request, where: Query[ApprovalFilter]) -> dict[str, Any]:
    """Requests that wait for one's answer, that one asked, or all that one sees; the newest first."""
    found = queries.box(request.actor, where.box, timezone.localdate(), after=where.after)
    return {**page_out(found), "items": [each.request for each in found.rows]}


@routes.get("/approvals/{uuid:request_id}/", permission=None, response=ApprovalDetailOut)
def get_approval(request: Request, request_id: uuid.UUID) -> dict[str, Any]:
    """One request with who is asked and what happened."""
    found = access.request(request.actor, request_id, timezone.localdate())
    plain = {name: getattr(found, name) for name in ApprovalOut.model_fields}
    return {**plain, "turns": [_turn(each) for each in queries.turns(found)], "acts": queries.acts(found)}


def _turn(turn: Any) -> dict[str, Any]:
    plain = {name: getattr(turn, name) for name in ("position", "mode", "state", "due_at")}
    return {**plain, "seats": list(turn.seats.all())}


@routes.post("/approvals/", permission=None, response=ApprovalOut, status=201)
def ask_approval(request: Request, body: ApprovalIn) -> ApprovalRequest:
    """Ask for a yes to something as it is now; needs the permission to work on it."""
    return actions.ask_approval(actor=request.actor, **body.dict(), now=now())


@routes.post("/approvals/{uuid:request_id}/decide/", permission="approvals.decide", response=ApprovalOut)
def decide_approval(request: Request, request_id: uuid.UUID, body: ApprovalAnswerIn) -> ApprovalRequest:
    """Answer for oneself, else for somebody absent. Of what was changed meanwhile the state is ``lapsed``."""
    return actions.decide_approval(actor=request.actor, request_id=request_id, **body.dict(), now=now())


@routes.post("/approvals/{uuid:request_id}/comment/", permission=None, response=ApprovalOut)
def comment_approval(request: Request, request_id: uuid.UUID, body: ApprovalCommentIn) -> ApprovalRequest:
    """Say something to all who take part."""
    return actions.comment_approval(actor=request.actor, request_id=request_id, text=body.text, now=now())


@routes.post("/approvals/{uuid:request_id}/again/", permission=None, response=ApprovalOut)
def ask_approval_again(request: Request, request_id: uuid.UUID, body: ApprovalReasonIn) -> ApprovalRequest:
    """Send a returned request once more, about the thing as it is now."""
    return actions.ask_again(actor=request.actor, request_id=request_id, reason=body.reason, now=now())


@routes.post("/approvals/{uuid:request_id}/recall/", permission=None, response=ApprovalOut)
def recall_approval(request: Request, request_id: uuid.UUID) -> ApprovalRequest:
    """Who asked takes it back."""
    return actions.recall_approval(actor=request.actor, request_id=request_id, now=now())


@routes.get("/approval-rules/", permission="settings.manage", response=list[ApprovalRuleOut])
def list_approval_rules(request: Request, archived: bool = False) -> list[ApprovalRule]:
    """In the order in which they are asked."""
    return queries.rules(archived=archived)


@routes.post("/approval-rules/", permission="settings.manage", response=ApprovalRuleOut, status=201)
def create_approval_rule(request: Request, body: ApprovalRuleIn) -> ApprovalRule:
    return actions.create_rule(actor=request.actor, said=body.said(), now=now())


@routes.put("/approval-rules/order/", permission="settings.manage", response=list[ApprovalRuleOut])
def order_approval_rules(request: Request, body: ApprovalRuleOrderIn) -> list[ApprovalRule]:
    """Those not named come after."""
    actions.order_rules(actor=request.actor, ids=body.ids, now=now())
    return queries.rules()


@routes.put("/approval-rules/{uuid:rule_id}/", permission="settings.manage", response=ApprovalRuleOut)
def change_approval_rule(request: Request, rule_id: uuid.UUID, body: ApprovalRuleChangeIn) -> ApprovalRule:
    """All of it; what is asked for already keeps the people it has."""
    return actions.change_rule(
        actor=request.actor, rule_id=rule_id, said=body.said(), version=body.version, now=now()
    )


@routes.post(
    "/approval-rules/{uuid:rule_id}/archive/", permission="settings.manage", response=ApprovalRuleOut
)
def archive_approval_rule(request: Request, rule_id: uuid.UUID) -> ApprovalRule:
    return actions.set_rule_archived(actor=request.actor, rule_id=rule_id, archived=True, now=now())


@routes.post(
    "/approval-rules/{uuid:rule_id}/restore/", permission="settings.manage", response=ApprovalRuleOut
)
def restore_approval_rule(request: Request, rule_id: uuid.UUID) -> ApprovalRule:
    return actions.set_rule_archived(actor=request.actor, rule_id=rule_id, archived=False, now=now())


@routes.get("/absences/", permission="approvals.decide", response=list[AbsenceOut])
def list_absences(request: Request) -> list[Absence]:
    """One's own that are not over, and those in which one answers for somebody."""
    return queries.absences(request.actor, timezone.localdate())


@routes.post("/absences/", permission="approvals.decide", response=AbsenceOut, status=201)
def add_absence(request: Request, body: AbsenceIn) -> Absence:
    """On these days the deputy answers for oneself."""
    return actions.add_absence(actor=request.actor, **body.dict(), now=now())


@routes.delete("/absences/{uuid:absence_id}/", permission="approvals.decide")
def remove_absence(request: Request, absence_id: uuid.UUID) -> None:
    actions.remove_absence(actor=request.actor, absence_id=absence_id, now=now())
