"""Handing over what a member has: previewed, done part by part in the background, taken back."""

import datetime
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.accounts import access, events, handover
from zhiyin.accounts.handover import Back, Handing, Plan, checked_plan, chosen, destined
from zhiyin.accounts.models import Handover
from zhiyin.platform import jobs, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import Conflict
from zhiyin.platform.record import record


def hand_over(*, actor: Actor, giver_id: uuid.UUID, plan: Plan, now: datetime.datetime) -> Handover:
    """Begin to hand over: a job that moves each part in a transaction of its own. Raises as the preview does."""
    actor.require(handover.PERMISSION)
    plan = checked_plan(actor, giver_id, plan)
    giver = access.colleague(actor, giver_id)
    made = Handover.objects.create(
        giver=giver,
        made_by_id=actor.member_id,
        reason=plan.reason,
        plan=plan.model_dump(mode="json"),
        created_at=now,
    )
    job = _job(actor, made, "accounts.hand_over", _("Hand-over of what %s has") % giver.name, now)
    made.job_id = job.pk
    made.save(update_fields=["job_id"])
    _record(actor, made, "begun", {"reason": plan.reason, "parts": list(plan.parts)}, now)
    return made


def hand_over_part(*, actor: Actor, handover_id: uuid.UUID, code: str, now: datetime.datetime) -> None:
    """Move one part, once: what it did is kept with it."""
    actor.require(handover.PERMISSION)
    made = access.handover(actor, handover_id, lock=True)
    if made.undone_at:
        raise Conflict(_("This is undone already."))
    if code in made.parts:
        return
    plan = checked_plan(actor, made.giver_id, Plan.model_validate(made.plan))
    handing = Handing(actor, made.giver_id, plan, now, writes=True)
    (part,) = [each for each in chosen(actor, plan) if each.code == code]
    found, to = destined(part, handing, {})
    undo = part.give(handing, to) if to else None
    got = Counter(to.values())
    made.parts[code] = {
        "count": len(to),
        "to": {str(member) if member else "": count for member, count in got.items()},
        "stays": dict(found.stays),
        "undo": undo,
    }
    made.save(update_fields=["parts"])
    _record(actor, made, "moved", {code: len(to)}, now)


def finish_hand_over(*, actor: Actor, handover_id: uuid.UUID, now: datetime.datetime) -> Handover:
    """Tell the receivers, and the log, what went."""
    actor.require(handover.PERMISSION)
    made = access.handover(actor, handover_id, lock=True)
    if made.finished_at:
        return made
    made.finished_at = now
    made.save(update_fields=["finished_at"])
    got: Counter[str] = Counter()
    for each in made.parts.values():
        got.update(each["to"])
    _record(actor, made, "done", {code: each["count"] for code, each in made.parts.items()}, now)
    for member, count in got.items():
        if member:
            data = {"who": actor.name, "giver": made.giver.name, "count": count}
            notifications.tell(
                members=[uuid.UUID(member)], code="accounts.handed_over", data=data, actor=actor, now=now
            )
    return made


def undo_hand_over(*, actor: Actor, handover_id: uuid.UUID, now: datetime.datetime) -> Handover:
    """Begin to take back what nobody changed since: a job. Raises ``NotFound`` and ``Conflict``."""
    actor.require(handover.PERMISSION)
    made = access.handover(actor, handover_id, lock=True)
    _require_undoable(made, now)
    title = _("Hand-over of what %s had, taken back") % made.giver.name
    made.undo_job_id = _job(actor, made, "accounts.take_back", title, now).pk
    made.undone_at = now
    made.save(update_fields=["undo_job_id", "undone_at"])
    _record(actor, made, "undone", {"reason": made.reason}, now)
    return made


def take_back_part(*, actor: Actor, handover_id: uuid.UUID, code: str, now: datetime.datetime) -> None:
    """Take one part back, once. Nothing goes back to somebody who was shut out."""
    actor.require(handover.PERMISSION)
    made = access.handover(actor, handover_id, lock=True)
    done = made.parts.get(code)
    if done is None or "restored" in done:
        return
    parts = {each.code: each for each in handover.parts(actor)}
    may = made.giver.is_active and done["undo"] is not None and code in parts
    done["restored"] = parts[code].give_back(Back(actor, made.giver_id, done["undo"], now)) if may else 0
    made.save(update_fields=["parts"])
    _record(actor, made, "returned", {code: done["restored"]}, now)


def is_undoable(made: Handover, now: datetime.datetime) -> bool:
    """Whether ``undo_hand_over`` would begin."""
    try:
        _require_undoable(made, now)
    except Conflict:
        return False
    return True


def _require_undoable(made: Handover, now: datetime.datetime) -> None:
    if made.undone_at:
        raise Conflict(_("This is undone already."))
    if jobs.Job.objects.filter(pk__in=[made.job_id], state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        raise Conflict(_("It is under way still. Cancel or await the job first."))
    if made.created_at < now - handover.KEPT:
        raise Conflict(_("This is too long ago to be undone."))
    if not made.giver.is_active:
        raise Conflict(_("%s is shut out. Let this person in again first.") % made.giver.name)


def _job(actor: Actor, made: Handover, kind: str, title: str, now: datetime.datetime) -> jobs.Job:
    return jobs.start(actor=actor, kind=kind, title=title, arguments={"handover_id": str(made.pk)}, now=now)


def _record(actor: Actor, made: Handover, what: str, told: Mapping[str, Any], now: datetime.datetime) -> None:
    changes = {name: [None, value] for name, value in told.items() if value}
    event = events.HandedOver(member_id=made.giver_id, handover_id=made.pk, what=what)
    record(event, actor=actor, now=now, subject=("member", made.giver_id), changes=changes)
