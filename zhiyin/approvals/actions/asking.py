"""To ask for a yes, to need one, to let it be; and what a change of the thing does to it."""

import datetime
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.approvals import access, queries
from zhiyin.approvals.actions.guards import asker_of
from zhiyin.approvals.actions.telling import (
    asked_in,
    record,
    set_state,
    tell,
    tell_requester,
)
from zhiyin.approvals.actions.turns import begin_turns, open_next
from zhiyin.approvals.choices import OPEN, Did, RequestState
from zhiyin.approvals.errors import (
    AskedAlready,
    Decided,
    NeedsNone,
)
from zhiyin.approvals.models import ApprovalRequest
from zhiyin.approvals.subjects import Matter, Subject
from zhiyin.approvals.subjects import subject as subject_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.text import checked


def ask_approval(
    *, actor: Actor, subject: str, subject_id: uuid.UUID, reason: str = "", now: datetime.datetime
) -> ApprovalRequest:
    """Ask for a yes to something as it is now.

    Raises ``NotFound``, ``NeedsNone`` where no rule fits, ``AskedAlready``, ``NobodyDecides`` and ``Invalid``.
    """
    kind = subject_of(subject)
    actor.require(kind.permission)
    asker = asker_of(actor)
    matter = _matter(actor, kind, subject_id)
    rule = queries.rule_for(subject, matter, asker)
    if rule is None:
        raise NeedsNone
    said = checked(reason, "reason", 2000)
    request = ApprovalRequest(
        subject=subject, subject_id=subject_id, requester=asker, rule=rule, reason=said, created_at=now
    )
    _take_facts(request, matter)
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        raise AskedAlready from error
    begin_turns(request, asker)
    record(request, Did.ASKED, actor=actor, now=now, text=said)
    open_next(request, actor, now)
    return request


def ask_again(
    *, actor: Actor, request_id: uuid.UUID, reason: str = "", now: datetime.datetime
) -> ApprovalRequest:
    """Send a returned request once more, about the thing as it is now; all are asked anew. Raises ``Decided``."""
    request = _own(actor, request_id, now)
    kind = subject_of(request.subject)
    actor.require(kind.permission)
    if request.state != RequestState.RETURNED:
        raise Decided
    matter = _matter(actor, kind, request.subject_id)
    asker = asker_of(actor)
    rule = queries.rule_for(request.subject, matter, asker)
    if rule is None:
        raise NeedsNone
    said = checked(reason, "reason", 2000)
    request.rule = rule
    _take_facts(request, matter)
    request.save(update_fields=["rule", "digest", "amount", "currency", "discount", "margin"])
    set_state(request, RequestState.PENDING, now)
    begin_turns(request, asker)
    record(request, Did.AGAIN, actor=actor, now=now, text=said)
    open_next(request, actor, now)
    return request


def _take_facts(request: ApprovalRequest, matter: Matter) -> None:
    request.digest, request.amount, request.currency = matter.digest, matter.amount, matter.currency
    request.discount, request.margin = matter.discount, matter.margin


def _matter(actor: Actor, kind: Subject, subject_id: uuid.UUID) -> Matter:
    found = kind.matter(subject_id) if subject_id in set(kind.seen(actor, [subject_id])) else None
    if found is None:
        raise NotFound
    return found


def _own(actor: Actor, request_id: uuid.UUID, now: datetime.datetime) -> ApprovalRequest:
    request = access.request(actor, request_id, timezone.localdate(now), lock=True)
    if actor.member_id is None or request.requester_id != actor.member_id:
        raise PermissionDenied(_("Only who asked does this."))
    return request


def note_changed(
    *, actor: Actor, subject: str, subject_id: uuid.UUID, now: datetime.datetime
) -> ApprovalRequest | None:
    """After a change of something: a request that says nothing of it any more lapses, approved or not.

    Called in the transaction of the change, or by the news of it. The request that lapsed.
    """
    kind = subject_of(subject)
    actor.require(kind.permission)
    living = ApprovalRequest.objects.filter(
        subject=subject, subject_id=subject_id, state__in=(RequestState.PENDING, RequestState.APPROVED)
    )
    found = living.select_for_update(no_key=True).order_by("-created_at").first()
    matter = kind.matter(subject_id) if found else None
    if found is None or (matter and matter.digest == found.digest):
        return None
    lapse(found, actor, now)
    return found


def lapse(request: ApprovalRequest, actor: Actor, now: datetime.datetime) -> None:
    """The request is locked by the caller."""
    asked = asked_in(request.turns.filter(state="open").prefetch_related("seats"))
    set_state(request, RequestState.LAPSED, now)
    record(request, Did.LAPSED, actor=actor, now=now)
    told = {*asked, request.requester_id} - {None}
    tell(request, "approvals.lapsed", [each for each in told if each], actor, now)


def recall_approval(*, actor: Actor, request_id: uuid.UUID, now: datetime.datetime) -> ApprovalRequest:
    """Who asked lets it be, decided or not. Raises ``Decided`` for what ended otherwise, and ``PermissionDenied``."""
    request = _own(actor, request_id, now)
    actor.require(subject_of(request.subject).permission)
    if request.state not in (*OPEN, RequestState.APPROVED):
        raise Decided
    set_state(request, RequestState.RECALLED, now)
    record(request, Did.RECALLED, actor=actor, now=now)
    return request


def comment_approval(
    *, actor: Actor, request_id: uuid.UUID, text: str, now: datetime.datetime
) -> ApprovalRequest:
    """Say something to all who take part. Raises ``NotFound`` and ``Invalid``."""
    request = access.request(actor, request_id, timezone.localdate(now), lock=True)
    if request.requester_id != actor.member_id:
        actor.require(access.DECIDE)
    said = checked(text, "text", 2000, needed=True)
    record(request, Did.COMMENTED, actor=actor, now=now, text=said)
    asked = asked_in(queries.turns(request)) if request.state in OPEN else set()
    tell(request, "approvals.commented", asked, actor, now)
    tell_requester(request, "approvals.commented", actor, now)
    return request
