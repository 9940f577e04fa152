"""What every change of a request leaves behind: a line of its history, an audit entry, an event, notifications."""

import datetime
import uuid
from collections.abc import Collection

from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.approvals.choices import OPEN, Did, RequestState, TurnState
from zhiyin.approvals.events import ApprovalChanged
from zhiyin.approvals.models import Absence, ApprovalAct, ApprovalRequest, ApprovalTurn
from zhiyin.approvals.subjects import known
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import record as write_record


def record(
    request: ApprovalRequest,
    did: Did,
    *,
    actor: Actor,
    now: datetime.datetime,
    text: str = "",
    member: Member | None = None,
    on_behalf: uuid.UUID | None = None,
) -> None:
    """``member`` is whom it is about where the clock does it."""
    who = member.pk if member else actor.member_id
    ApprovalAct.objects.create(
        request=request, member_id=who, on_behalf_id=on_behalf, did=did, text=text, at=now
    )
    event = ApprovalChanged(request.pk, request.subject, request.subject_id, str(did), str(request.state))
    changes = (
        {"approval": [None, str(did)], "reason": [None, text]} if text else {"approval": [None, str(did)]}
    )
    write_record(event, actor=actor, now=now, subject=("approval", request.pk), changes=changes)


def set_state(request: ApprovalRequest, state: RequestState, now: datetime.datetime) -> None:
    """Whatever was open or to come is not needed once the request waits no more."""
    request.state, request.version = state, request.version + 1
    request.ended_at = None if state in OPEN else now
    request.save(update_fields=["state", "version", "ended_at"])
    if state != RequestState.PENDING:
        left = request.turns.filter(state__in=(TurnState.WAITING, TurnState.OPEN))
        left.update(state=TurnState.ENDED)


def tell_requester(request: ApprovalRequest, code: str, actor: Actor, now: datetime.datetime) -> None:
    if request.requester_id:
        tell(request, code, [request.requester_id], actor, now)


def tell_asked(
    request: ApprovalRequest, members: Collection[uuid.UUID], actor: Actor, now: datetime.datetime
) -> None:
    """They, and who answers for them today."""
    today = timezone.localdate(now)
    there = Absence.objects.filter(member__in=members, starts_on__lte=today, ends_on__gte=today)
    deputies = there.exclude(deputy=request.requester_id).values_list("deputy", flat=True)
    tell(request, "approvals.asked", {*members, *deputies}, actor, now)


def tell(
    request: ApprovalRequest,
    code: str,
    members: Collection[uuid.UUID],
    actor: Actor,
    now: datetime.datetime,
) -> None:
    asker = request.requester.name if request.requester else ""
    data = {"who": actor.name, "asker": asker, "title": name_of(request), "approval": str(request.pk)}
    notifications.tell(members=members, code=code, data=data, actor=actor, now=now)


def name_of(request: ApprovalRequest) -> str:
    kind = known(request.subject)
    return kind.names([request.subject_id]).get(request.subject_id, "") if kind else ""


def asked_in(turns: Collection[ApprovalTurn]) -> set[uuid.UUID]:
    return {seat.member_id for turn in turns for seat in turn.seats.all() if not seat.answer}
