"""Of what a member hands over: where he is asked for a yes."""

import datetime
import uuid
from collections.abc import Collection, Mapping

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.handover import Back, Belongs, Destined, Found, Handing, Part, counted, kept, register
from zhiyin.approvals import queries
from zhiyin.approvals.actions.telling import tell_asked
from zhiyin.approvals.actions.turns import open_seats
from zhiyin.approvals.choices import TurnState, Way
from zhiyin.approvals.events import ApprovalChanged
from zhiyin.approvals.models import ApprovalRequest, ApprovalSeat
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import record

Moment = datetime.datetime


def _held(_actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Mapping[uuid.UUID, int]:
    return counted(open_seats(members), "member_id")


def _found(handing: Handing) -> Found:
    """Those whose takers may decide; the requests are locked before their seats, as everywhere."""
    rows = open_seats([handing.giver_id])
    if handing.writes:
        asked = ApprovalRequest.objects.filter(pk__in=rows.values("turn__request")).order_by("pk")
        list(asked.select_for_update(no_key=True))
    takers = {each.member_id for each in handing.plan.people}
    able = set(queries.deciders().filter(pk__in=takers).values_list("pk", flat=True))
    keys = list(rows.values_list("pk", flat=True))
    if takers and not takers <= able:
        return Found({}, {"undecided": len(keys)} if keys else {})
    return Found(dict.fromkeys(keys, Belongs()))


def _give(handing: Handing, to: Destined) -> dict[str, str]:
    return kept(dict(_move(handing.actor, to, Way.HANDED, handing.now)))


def _back(back: Back) -> int:
    given = back.kept
    same = {
        key: back.giver_id
        for key, member in ApprovalSeat.objects.filter(pk__in=given, answer="").values_list("pk", "member")
        if member == given[key]
    }
    return len(_move(back.actor, same, Way.RULE, back.now))


def _move(actor: Actor, to: Destined, way: Way, now: Moment) -> dict[uuid.UUID, uuid.UUID]:
    """Who asked it, or is asked in the same turn, does not get it; the seats that moved."""
    moved: dict[uuid.UUID, uuid.UUID] = {}
    rows = ApprovalSeat.objects.select_related("turn__request__requester").filter(pk__in=list(to))
    for seat in rows.order_by("pk"):
        member, request = to[seat.pk], seat.turn.request
        there = seat.turn.seats.filter(member=member).exists()
        if member is None or member == request.requester_id or there:
            continue
        seat.member_id, seat.way = member, way
        seat.save(update_fields=["member", "way"])
        moved[seat.pk] = member
        if seat.turn.state == TurnState.OPEN:
            tell_asked(request, [member], actor, now)
        event = ApprovalChanged(request.pk, request.subject, request.subject_id, "handed", request.state)
        record(
            event,
            actor=actor,
            now=now,
            subject=("approval", request.pk),
            changes={"approval": [None, "handed"]},
        )
    return moved


register(
    Part("approvals", _("Approvals that wait for an answer"), "approvals.decide", _held, _found, _give, _back, position=30),
    {"undecided": _("whoever would get them may not decide")},
)  # fmt: skip
