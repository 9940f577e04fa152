"""The only way to reach a request: what this actor asked, is asked, or has people who asked."""

import datetime
import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.accounts.access import within
from zhiyin.approvals.choices import RequestState, TurnState
from zhiyin.approvals.models import Absence, ApprovalRequest, ApprovalRule, ApprovalSeat
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound

DECIDE = "approvals.decide"


def represented(actor: Actor, today: datetime.date) -> QuerySet[Absence]:
    """Absences of today in which this actor answers for somebody."""
    there = Absence.objects.filter(starts_on__lte=today, ends_on__gte=today)
    return there.filter(deputy__in=[actor.member_id])


def seats(actor: Actor, today: datetime.date) -> QuerySet[ApprovalSeat]:
    """Where this actor answers, for himself or for somebody absent, never to what he asked himself."""
    if not actor.may(DECIDE):
        return ApprovalSeat.objects.none()
    absent = Q(member__in=represented(actor, today).values("member"))
    mine = ApprovalSeat.objects.filter(Q(member__in=[actor.member_id]) | absent)
    return mine.exclude(turn__request__requester__in=[actor.member_id])


def waiting(actor: Actor, today: datetime.date) -> QuerySet[ApprovalSeat]:
    """Those of them that wait for an answer."""
    pending = seats(actor, today).filter(turn__request__state=RequestState.PENDING)
    return pending.filter(answer="", turn__state=TurnState.OPEN)


def requests(actor: Actor, today: datetime.date) -> QuerySet[ApprovalRequest]:
    if actor.scope == "all" and actor.may(DECIDE):
        return ApprovalRequest.objects.all()
    asked = Q(requester__in=[actor.member_id])
    answers = ApprovalSeat.objects.filter(turn__request=OuterRef("pk"), member__in=[actor.member_id])
    mine = asked | Q(Exists(answers)) | Q(Exists(seats(actor, today).filter(turn__request=OuterRef("pk"))))
    if actor.may(DECIDE):
        mine |= Q(requester__in=within(actor))
    return ApprovalRequest.objects.filter(mine)


def request(
    actor: Actor, request_id: uuid.UUID, today: datetime.date, *, lock: bool = False
) -> ApprovalRequest:
    """One request, locked against others' answers when asked. Raises ``NotFound``."""
    rows = requests(actor, today).select_related("requester", "rule")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def rule(rule_id: uuid.UUID, *, lock: bool = False) -> ApprovalRule:
    """Raises ``NotFound``."""
    rows = ApprovalRule.objects.select_for_update() if lock else ApprovalRule.objects.all()
    found = rows.filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def absence(actor: Actor, absence_id: uuid.UUID) -> Absence:
    """One of the actor's own, or of members within reach of who may hand over. Raises ``NotFound``."""
    mine = Q(member__in=[actor.member_id])
    if actor.may("accounts.manage"):
        mine |= Q(member__in=within(actor))
    found = Absence.objects.filter(mine, pk=absence_id).select_related("member", "deputy").first()
    if found is None:
        raise NotFound
    return found
