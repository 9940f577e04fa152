"""Reads of approvals; each says how many SQL statements it takes."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Member
from zhiyin.approvals import access
from zhiyin.approvals.choices import OPEN, RequestState, TurnState
from zhiyin.approvals.models import (
    Absence,
    ApprovalAct,
    ApprovalRequest,
    ApprovalRule,
    ApprovalSeat,
    ApprovalStep,
    ApprovalStepMember,
    ApprovalTurn,
)
from zhiyin.approvals.subjects import Matter, known
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset

BOXES = ("waiting", "asked", "all")


def deciders() -> QuerySet[Member]:
    """Who may decide at all: active members whose role says so."""
    able = Q(role__holds_all=True) | Q(role__permissions__contains=[access.DECIDE])
    return Member.objects.filter(able, is_active=True, user__is_active=True)


def above(member: Member, without: Iterable[uuid.UUID | None]) -> list[Member]:
    """Who decides for a member: those of the nearest unit, his own or above it, whose records reach him."""
    path = member.unit.path
    reaching = Q(role__scope__in=("subtree", "all")) | Q(role__scope="unit", unit=member.unit_id)
    left = {each for each in without if each} | {member.pk}
    by_unit: dict[uuid.UUID, list[Member]] = defaultdict(list)
    for each in deciders().filter(reaching, unit__in=path).exclude(pk__in=left).order_by("created_at"):
        by_unit[each.unit_id].append(each)
    return next((by_unit[unit] for unit in reversed(path) if unit in by_unit), [])


def rule_for(subject: str, matter: Matter, asker: Member) -> ApprovalRule | None:
    """The first rule that fits, if it asks anybody. Two SQL statements."""
    rows = ApprovalRule.objects.filter(subject=subject, archived_at=None).order_by("position", "created_at")
    steps = Prefetch("steps", ApprovalStep.objects.order_by("position"))
    first = next((each for each in rows.prefetch_related(steps) if _fits(each, matter, asker)), None)
    return first if first and list(first.steps.all()) else None


def _fits(rule: ApprovalRule, matter: Matter, asker: Member) -> bool:
    """An amount in another currency than the rule's cannot be compared: it fits, so that somebody looks at it."""
    if rule.amount_from is not None and (
        matter.amount is None or (matter.currency == rule.currency and matter.amount < rule.amount_from)
    ):
        return False
    if rule.discount_from is not None and (matter.discount is None or matter.discount < rule.discount_from):
        return False
    if rule.margin_below is not None and (matter.margin is None or matter.margin >= rule.margin_below):
        return False
    if rule.unit_id and rule.unit_id not in asker.unit.path:
        return False
    if rule.member_id and rule.member_id != asker.pk:
        return False
    return not rule.grades or matter.grade in rule.grades


def rules(*, archived: bool = False) -> list[ApprovalRule]:
    """In their order, with steps and people. Four SQL statements."""
    named = Prefetch(
        "named", ApprovalStepMember.objects.select_related("member").order_by("member__name_key")
    )
    steps = Prefetch("steps", ApprovalStep.objects.order_by("position").prefetch_related(named))
    rows = ApprovalRule.objects.filter(archived_at__isnull=not archived).select_related("unit", "member")
    return list(rows.order_by("position", "created_at").prefetch_related(steps))


def standing(subject: str, subject_id: uuid.UUID) -> ApprovalRequest | None:
    """The newest request about something. One SQL statement."""
    rows = ApprovalRequest.objects.filter(subject=subject, subject_id=subject_id)
    return rows.order_by("-created_at", "-pk").first()


@dataclass(frozen=True, slots=True)
class AnswerTo:
    """What one kind of yes to a thing is at; ``may_ask`` where it is needed and nobody asked for it as it is now."""

    code: str
    label: str
    request: ApprovalRequest | None
    may_ask: bool


def answers_to(actor: Actor, codes: Collection[str], subject_id: uuid.UUID) -> list[AnswerTo]:
    """For each kind that a rule asks for of this actor, or that somebody asked for. A few SQL statements each."""
    asker = Member.objects.select_related("unit").filter(pk__in=[actor.member_id]).first()
    found = []
    for kind in filter(None, map(known, codes)):
        matter = kind.matter(subject_id)
        needed = bool(matter and asker and rule_for(kind.code, matter, asker))
        newest = standing(kind.code, subject_id)
        stands = newest is not None and matter is not None and newest.digest == matter.digest
        holds = stands and newest is not None and newest.state == RequestState.APPROVED
        is_open = newest is not None and newest.state in OPEN
        if needed or newest:
            found.append(AnswerTo(kind.code, str(kind.label), newest, needed and not holds and not is_open))
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A request with the name of what it is about, and its address where the actor reaches it."""

    request: ApprovalRequest
    label: str
    name: str
    url_name: str
    due_at: datetime.datetime | None = None


def box(actor: Actor, which: str, today: datetime.date, *, after: str = "", limit: int = 50) -> Page[Shown]:
    """``waiting`` for the actor's answer, ``asked`` by him, or ``all`` that he sees; the newest first.

    Three SQL statements, and two for each kind of thing.
    """
    rows = access.requests(actor, today)
    if which == "waiting":
        rows = rows.filter(pk__in=access.waiting(actor, today).values("turn__request"))
    elif which == "asked":
        rows = rows.filter(requester__in=[actor.member_id])
    page = keyset(rows.select_related("requester", "rule"), order=["-id"], after=after, limit=limit)
    return Page(shown(actor, page.rows), page.next, page.previous)


def shown(actor: Actor, rows: Sequence[ApprovalRequest]) -> list[Shown]:
    """Requests with names. One SQL statement, and two for each kind of thing."""
    by_kind: dict[str, list[uuid.UUID]] = defaultdict(list)
    for each in rows:
        by_kind[each.subject].append(each.subject_id)
    names: dict[uuid.UUID, str] = {}
    reached: set[uuid.UUID] = set()
    for code, keys in by_kind.items():
        if kind := known(code):
            names.update(kind.names(keys))
            reached.update(kind.seen(actor, keys))
    turns = ApprovalTurn.objects.filter(request__in=rows, state=TurnState.OPEN)
    due = dict(turns.values_list("request", "due_at"))
    return [_shown(each, names, reached, due.get(each.pk)) for each in rows]


def _shown(
    request: ApprovalRequest,
    names: Mapping[uuid.UUID, str],
    reached: Collection[uuid.UUID],
    due_at: datetime.datetime | None,
) -> Shown:
    kind, key = known(request.subject), request.subject_id
    label, url_name = (str(kind.label), kind.url_name) if kind else (request.subject, "")
    return Shown(
        request, label, names.get(key) or _("no longer there"), url_name if key in reached else "", due_at
    )


def count_waiting(actor: Actor, today: datetime.date) -> int:
    """One SQL statement."""
    return access.waiting(actor, today).values("turn__request").distinct().count()


def turns(request: ApprovalRequest) -> list[ApprovalTurn]:
    """In their order, with who is asked. Two SQL statements."""
    people = ApprovalSeat.objects.select_related("member", "answered_by").order_by("pk")
    return list(request.turns.order_by("position").prefetch_related(Prefetch("seats", people)))


def acts(request: ApprovalRequest) -> list[ApprovalAct]:
    """What happened, the oldest first. One SQL statement."""
    return list(request.acts.select_related("member", "on_behalf").order_by("at", "pk"))


def absences(actor: Actor, today: datetime.date) -> list[Absence]:
    """The actor's own that are not over, and those in which he answers for somebody. One SQL statement."""
    whose = Q(member__in=[actor.member_id]) | Q(deputy__in=[actor.member_id])
    rows = Absence.objects.filter(whose, ends_on__gte=today).select_related("member", "deputy")
    return list(rows.order_by("starts_on", "pk"))
