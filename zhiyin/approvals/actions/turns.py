"""Who is asked in each turn: at the beginning, when time runs out, when somebody leaves."""

import datetime
import uuid
from collections.abc import Collection

from django.db.models import Q, QuerySet

from zhiyin.accounts.models import Member
from zhiyin.approvals import queries
from zhiyin.approvals.access import DECIDE
from zhiyin.approvals.actions.telling import record, set_state, tell_asked, tell_requester
from zhiyin.approvals.choices import Did, Mode, RequestState, TurnState, Way, Who
from zhiyin.approvals.errors import NobodyDecides
from zhiyin.approvals.models import ApprovalRequest, ApprovalSeat, ApprovalStep, ApprovalTurn
from zhiyin.platform.actors import Actor

REPEATED = datetime.timedelta(hours=24)


def begin_turns(request: ApprovalRequest, asker: Member) -> None:
    """All turns with who is asked in each; raises ``NobodyDecides``. The asker himself never is."""
    ApprovalTurn.objects.filter(request=request).delete()
    for step in request.rule.steps.order_by("position"):
        people = _people(step, asker)
        if not people:
            raise NobodyDecides
        turn = ApprovalTurn.objects.create(
            request=request, position=step.position, mode=step.mode, hours=step.hours
        )
        ApprovalSeat.objects.bulk_create(ApprovalSeat(turn=turn, member=each) for each in people)


def _people(step: ApprovalStep, asker: Member) -> list[Member]:
    """Those the step names; in place of the asker, or where none is left, who is above him; at last who reaches all."""
    named: list[Member] = []
    if step.who == Who.PEOPLE:
        keys = set(step.named.values_list("member", flat=True))
        named = list(queries.deciders().filter(pk__in=keys - {asker.pk}).order_by("name_key", "pk"))
        if named and asker.pk not in keys:
            return named
    others = queries.above(asker, [each.pk for each in named])
    if named and step.mode == Mode.ANY:
        return named
    return named + others or list(_of_all().exclude(pk=asker.pk))


def _of_all() -> QuerySet[Member]:
    return queries.deciders().filter(role__scope="all").order_by("created_at")


def open_next(request: ApprovalRequest, actor: Actor, now: datetime.datetime) -> bool:
    """Ask those of the next turn; ``False`` when none is left."""
    turn = request.turns.filter(state=TurnState.WAITING).order_by("position").first()
    if turn is None:
        return False
    turn.state = TurnState.OPEN
    turn.due_at = now + datetime.timedelta(hours=turn.hours) if turn.hours else None
    turn.save(update_fields=["state", "due_at"])
    tell_asked(request, set(turn.seats.values_list("member", flat=True)), actor, now)
    return True


def go_on(request: ApprovalRequest, turn: ApprovalTurn, actor: Actor, now: datetime.datetime) -> None:
    """After a yes: the next turn once this one has what it needs, and the end after the last."""
    if not _is_complete(turn):
        return
    turn.state = TurnState.DONE
    turn.save(update_fields=["state"])
    if not open_next(request, actor, now):
        set_state(request, RequestState.APPROVED, now)


def _is_complete(turn: ApprovalTurn) -> bool:
    """One yes of anybody, or of all; of who was asked since time ran out, for all who did not answer."""
    answered = [each for each in turn.seats.all() if each.answer]
    if turn.mode == Mode.ANY or any(each.way == Way.ESCALATED for each in answered):
        return bool(answered)
    return len(answered) == turn.seats.count()


def escalate_overdue(*, actor: Actor, now: datetime.datetime) -> int:
    """Ask somebody above besides, where time ran out; where nobody is left, remind. How many turns were due."""
    actor.require(DECIDE)
    due = ApprovalTurn.objects.filter(state=TurnState.OPEN, due_at__lte=now)
    keys = list(due.order_by("due_at").values_list("request", flat=True)[:1000])
    for key in keys:
        request = _locked(key)
        turn = request.turns.filter(state=TurnState.OPEN, due_at__lte=now).first()
        if request.state == RequestState.PENDING and turn:
            _escalate(request, turn, actor, now)
    return len(keys)


def _locked(key: uuid.UUID) -> ApprovalRequest:
    rows = ApprovalRequest.objects.select_related("requester__unit").select_for_update(
        of=("self",), no_key=True
    )
    return rows.get(pk=key)


def _escalate(request: ApprovalRequest, turn: ApprovalTurn, actor: Actor, now: datetime.datetime) -> None:
    asked = list(turn.seats.values_list("member", flat=True))
    others = queries.above(request.requester, asked) if request.requester else []
    turn.due_at = now + (datetime.timedelta(hours=turn.hours) if turn.hours else REPEATED)
    turn.save(update_fields=["due_at"])
    for each in others:
        ApprovalSeat.objects.create(turn=turn, member=each, way=Way.ESCALATED)
        record(request, Did.ESCALATED, actor=actor, now=now, member=each)
    waiting = turn.seats.filter(answer="").values_list("member", flat=True)
    tell_asked(request, set(waiting), actor, now)
    tell_requester(request, "approvals.overdue", actor, now)


def replace_member(*, actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> int:
    """Ask others where somebody is asked who cannot decide any more: who is above him. How many were."""
    actor.require(DECIDE)
    if queries.deciders().filter(pk=member_id).exists():
        return 0
    left = Member.objects.select_related("unit").get(pk=member_id)
    found = list(open_seats([member_id]).values_list("pk", "turn__request"))
    for seat_id, key in found:
        request = _locked(key)
        seat = open_seats([member_id]).filter(pk=seat_id).select_related("turn").first()
        if seat:
            _replace(request, seat, left, actor, now)
    return len(found)


def open_seats(members: Collection[uuid.UUID]) -> QuerySet[ApprovalSeat]:
    """Where members are asked, or will be, in what waits for a decision."""
    there = Q(turn__state__in=(TurnState.OPEN, TurnState.WAITING), turn__request__state=RequestState.PENDING)
    return ApprovalSeat.objects.filter(there, member__in=members, answer="").order_by("pk")


def _replace(
    request: ApprovalRequest, seat: ApprovalSeat, left: Member, actor: Actor, now: datetime.datetime
) -> None:
    turn = seat.turn
    others = set(turn.seats.exclude(pk=seat.pk).values_list("member", flat=True))
    taken = queries.above(left, [request.requester_id, *others])
    if not taken and not others:
        taken = list(_of_all().exclude(pk__in=[request.requester_id]))
    if not taken and not others:
        return
    seat.delete()
    for each in taken:
        ApprovalSeat.objects.create(turn=turn, member=each, way=Way.REPLACED)
        record(request, Did.REPLACED, actor=actor, now=now, member=each)
    if turn.state == TurnState.OPEN:
        tell_asked(request, {each.pk for each in taken}, actor, now)
        go_on(request, turn, actor, now)
        if request.state == RequestState.APPROVED:
            tell_requester(request, "approvals.approved", actor, now)
