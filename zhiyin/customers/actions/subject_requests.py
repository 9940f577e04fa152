"""Requests of people about the data that a company keeps of them: received, handled in time, answered."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member, Tenant
from zhiyin.customers import access
from zhiyin.customers.actions.bin import before_purge
from zhiyin.customers.actions.consents import Answer, record_consent
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import ConsentAnswer, ConsentSource, RequestKind, RequestState, TimelineKind
from zhiyin.customers.events import SubjectRequestChanged
from zhiyin.customers.models import Purpose, SubjectRequest
from zhiyin.customers.models.subject_request import SOON
from zhiyin.platform import files, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

EARLIEST = datetime.timedelta(days=366)
LATEST = datetime.timedelta(days=366)
ENDED = {RequestState.DONE, RequestState.REFUSED, RequestState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What was asked, as ``SubjectRequest`` describes it; ``source`` says where, as of a consent."""

    kind: str
    note: str = ""
    requester: str = ""
    received_on: datetime.date | None = None
    purpose_id: uuid.UUID | None = None
    source: str = ConsentSource.MESSAGE


def receive_subject_request(
    *, actor: Actor, customer_id: uuid.UUID, rules: RequestRules, now: datetime.datetime
) -> SubjectRequest:
    """Write down what somebody asks; whoever answers such requests is told, and an objection holds at once.

    Raises ``Invalid`` and what ``access.customer`` does.
    """
    actor.require("customers.edit")
    access.hold(access.customer(actor, customer_id, need="write").pk)
    received = _received(rules, now)
    days = Tenant.objects.get(pk=actor.tenant_id).days_to_answer
    made = SubjectRequest.objects.create(
        customer_id=customer_id,
        kind=rules.kind,
        note=checked(rules.note, "note", 5000),
        requester=checked(rules.requester, "requester", 200),
        purpose=_purpose(rules),
        handler_id=actor.member_id if actor.may("customers.requests") else None,
        received_on=received,
        due_on=received + datetime.timedelta(days=days),
        recorded_by=actor.name,
        created_at=now,
    )
    if made.kind == RequestKind.OBJECTION:
        said = Answer(ConsentAnswer.REFUSED, rules.source, answered_on=received)
        record_consent(
            actor=actor, customer_id=customer_id, purpose_id=rules.purpose_id, answer=said, now=now
        )
    able = access.members_who_may("customers.requests", customer_id)
    _tell_members("customers.request_received", [each.pk for each in able], made, actor, now)
    _tell(actor, made, "received", {"kind": [None, made.kind], "due_on": [None, made.due_on]}, now)
    return made


def change_subject_request(
    *,
    actor: Actor,
    request_id: uuid.UUID,
    handler_id: uuid.UUID | None,
    due_on: datetime.date,
    note: str,
    version: str | None = None,
    now: datetime.datetime,
) -> SubjectRequest:
    """Who answers it, until when, and what is to be known. Raises ``Conflict`` when answered or not of ``version``."""
    found = _held(actor, request_id, version)
    _require_open(found)
    if not found.received_on <= due_on <= found.received_on + LATEST:
        raise Invalid(_("The last day lies after the day it came, within a year."), field="due_on")
    if handler_id and not Member.objects.filter(pk=handler_id, is_active=True).exists():
        raise Invalid(_("There is no such person."), field="handler")
    values: dict[str, Any] = {"handler_id": handler_id, "due_on": due_on, "note": checked(note, "note", 5000)}
    changes: dict[str, list[Any]] = {
        name: [getattr(found, name), value] for name, value in values.items() if getattr(found, name) != value
    }
    if not changes:
        return found
    for name, value in values.items():
        setattr(found, name, value)
    if "due_on" in changes:
        found.told_soon = found.told_overdue = False
    found.save(update_fields=["handler", "due_on", "note", "told_soon", "told_overdue"])
    if "handler_id" in changes and handler_id:
        _tell_members("customers.request_given", [handler_id], found, actor, now)
    _tell(actor, found, "changed", changes, now)
    return found


def answer_subject_request(
    *,
    actor: Actor,
    request_id: uuid.UUID,
    state: str,
    answer: str,
    version: str | None = None,
    now: datetime.datetime,
) -> SubjectRequest:
    """End it: done, refused with the reason, or taken back. Raises ``Conflict`` when answered or not of ``version``."""
    found = _held(actor, request_id, version)
    _require_open(found)
    if state not in ENDED:
        raise Invalid(_("This is not one of the choices."), field="state")
    found.answer = checked(answer, "answer", 5000, needed=state == RequestState.REFUSED)
    found.state, found.answered_at, found.answered_by = state, now, actor.name
    found.save(update_fields=["answer", "state", "answered_at", "answered_by"])
    changes: dict[str, list[Any]] = {"state": [RequestState.OPEN, state], "answer": [None, found.answer]}
    _tell(actor, found, "answered", changes, now)
    return found


def reopen_subject_request(
    *, actor: Actor, request_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> SubjectRequest:
    """Take an answer back."""
    found = _held(actor, request_id, version)
    if found.is_open:
        return found
    before, found.state, found.answered_at, found.answered_by = found.state, RequestState.OPEN, None, ""
    found.save(update_fields=["state", "answered_at", "answered_by"])
    _tell(actor, found, "reopened", {"state": [before, RequestState.OPEN]}, now)
    return found


def warn_of_due_requests(*, actor: Actor, today: datetime.date, now: datetime.datetime) -> int:
    """Tell who answers them of requests that are due soon, and once more when they are overdue; how many requests."""
    actor.require("customers.requests")
    due = Q(told_soon=False, due_on__lte=today + SOON) | Q(told_overdue=False, due_on__lt=today)
    rows = SubjectRequest.objects.filter(due, state=RequestState.OPEN, customer__gone="").select_for_update(
        of=("self",)
    )
    warned = list(rows.order_by("due_on", "pk"))
    for each in warned:
        overdue = each.is_overdue(today)
        code = "customers.request_overdue" if overdue else "customers.request_due"
        able = access.members_who_may("customers.requests", each.customer_id) if each.customer_id else []
        members = [member.pk for member in able]
        if each.handler_id and not overdue:
            members = [each.handler_id]
        _tell_members(code, members, each, actor, now)
        each.told_soon, each.told_overdue = True, overdue
        _tell(actor, each, "warned", {"due_on": [None, each.due_on]}, now)
    SubjectRequest.objects.bulk_update(warned, ["told_soon", "told_overdue"])
    return len(warned)


@before_purge
def forget_requests(customers: Sequence[uuid.UUID]) -> None:
    """Of a customer's requests only that they were made and answered stays; one to be erased is fulfilled so."""
    rows = SubjectRequest.objects.filter(customer__in=customers)
    for stored in StoredFile.objects.filter(
        pk__in=list(rows.exclude(file=None).values_list("file", flat=True))
    ):
        files.delete(stored)
    rows.filter(kind=RequestKind.ERASURE, state=RequestState.OPEN).update(
        state=RequestState.DONE, answered_at=Now()
    )
    rows.update(customer=None, requester="", note="", answer="", file=None, file_ends_at=None, job_id=None)


def _received(rules: RequestRules, now: datetime.datetime) -> datetime.date:
    if rules.kind not in RequestKind.values:
        raise Invalid(_("This is not one of the choices."), field="kind")
    today = timezone.localdate(now)
    received = rules.received_on or today
    if not today - EARLIEST <= received <= today:
        raise Invalid(_("It came today or on an earlier day of the last year."), field="received_on")
    return received


def _purpose(rules: RequestRules) -> Purpose | None:
    if rules.purpose_id is None:
        return None
    if rules.kind != RequestKind.OBJECTION:
        raise Invalid(_("Only an objection is against a purpose."), field="purpose")
    found = Purpose.objects.filter(pk=rules.purpose_id, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such purpose."), field="purpose")
    return found


def _held(actor: Actor, request_id: uuid.UUID, version: str | None) -> SubjectRequest:
    actor.require("customers.requests")
    found = access.subject_request(actor, request_id, need="write", lock=True)
    require_seen(version, found.version, str(found.get_state_display()))
    return found


def _require_open(found: SubjectRequest) -> None:
    if not found.is_open:
        raise Conflict(_("This request is answered."))


def _tell_members(
    code: str, members: Sequence[uuid.UUID], found: SubjectRequest, actor: Actor, now: datetime.datetime
) -> None:
    data = {"who": actor.name, "customer": str(found.customer_id), "request": str(found.pk)}
    notifications.tell(members=members, code=code, data=data, actor=actor, now=now)


def _tell(
    actor: Actor, found: SubjectRequest, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    if found.customer_id and what in ("received", "answered", "reopened"):
        add_to_timeline(
            actor=actor,
            customer_id=found.customer_id,
            kind=TimelineKind.REQUEST,
            occurred_at=now,
            object_id=found.pk,
            data={"kind": found.kind, "what": what, "state": found.state},
        )
    record(
        SubjectRequestChanged(found.pk, found.customer_id, what),
        actor=actor,
        now=now,
        subject=("customer", found.customer_id) if found.customer_id else ("subject_request", found.pk),
        changes=changes,
    )
