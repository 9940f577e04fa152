"""The answer of who is asked."""

import datetime
import uuid

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.approvals import access
from zhiyin.approvals.actions.asking import lapse
from zhiyin.approvals.actions.telling import record, set_state, tell_requester
from zhiyin.approvals.actions.turns import go_on
from zhiyin.approvals.choices import Answer, Did, RequestState
from zhiyin.approvals.errors import Decided
from zhiyin.approvals.models import ApprovalRequest, ApprovalSeat
from zhiyin.approvals.subjects import subject as subject_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.text import checked

_DID = {Answer.APPROVED: Did.APPROVED, Answer.REJECTED: Did.REJECTED, Answer.RETURNED: Did.RETURNED}
_ENDS = {Answer.REJECTED: RequestState.REJECTED, Answer.RETURNED: RequestState.RETURNED}


def decide_approval(
    *,
    actor: Actor,
    request_id: uuid.UUID,
    answer: str,
    comment: str = "",
    version: int | None = None,
    now: datetime.datetime,
) -> ApprovalRequest:
    """Say yes, no, or how to change it: for oneself, else for somebody absent. A no needs a word of why.

    Of what was changed meanwhile the request lapses instead, and is answered so. Raises ``Decided``, also for another
    ``version`` than was seen, ``PermissionDenied`` for who is not asked, ``NotFound`` and ``Invalid``.
    """
    actor.require(access.DECIDE)
    if answer not in Answer.values:
        raise Invalid(_("This is not one of the choices."), field="answer")
    said = checked(comment, "comment", 2000, needed=answer != Answer.APPROVED)
    request = access.request(actor, request_id, timezone.localdate(now), lock=True)
    if request.state != RequestState.PENDING or version not in (None, request.version):
        raise Decided
    seat = _seat(actor, request, now)
    matter = subject_of(request.subject).matter(request.subject_id)
    if matter is None or matter.digest != request.digest:
        lapse(request, actor, now)
        return request
    _answer(seat, Answer(answer), actor, now)
    if answer == Answer.APPROVED:
        go_on(request, seat.turn, actor, now)
    else:
        set_state(request, _ENDS[Answer(answer)], now)
    behind = seat.member_id if seat.member_id != actor.member_id else None
    record(request, _DID[Answer(answer)], actor=actor, now=now, text=said, on_behalf=behind)
    if request.state != RequestState.PENDING:
        tell_requester(request, f"approvals.{request.state}", actor, now)
    return request


def _answer(seat: ApprovalSeat, answer: Answer, actor: Actor, now: datetime.datetime) -> None:
    seat.answer, seat.answered_by_id, seat.answered_at = answer, actor.member_id, now
    seat.save(update_fields=["answer", "answered_by", "answered_at"])


def _seat(actor: Actor, request: ApprovalRequest, now: datetime.datetime) -> ApprovalSeat:
    """The actor's own before one that he answers for."""
    there = access.waiting(actor, timezone.localdate(now)).filter(turn__request=request)
    found = sorted(there.select_related("turn"), key=lambda each: each.member_id != actor.member_id)
    if found:
        return found[0]
    if ApprovalSeat.objects.filter(turn__request=request, member__in=[actor.member_id]).exists():
        raise Decided(_("You have answered, or somebody else did in your place."))
    raise PermissionDenied(_("You are not asked here."))
