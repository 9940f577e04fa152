"""Opportunities go from stage to stage: forward, back, won and lost."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts.models import Tenant
from zhiyin.commerce.money import checked_text
from zhiyin.customers.choices import BuyingRole
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record
from zhiyin.sales import access
from zhiyin.sales.actions.opportunities import first_open, touch
from zhiyin.sales.approvals import require_approvals
from zhiyin.sales.choices import Need, StageKind
from zhiyin.sales.events import OpportunityMoved
from zhiyin.sales.models import CloseReason, Opportunity, Stage, StageStay


class MovedMeanwhile(Conflict):
    message = gettext_lazy("Somebody else moved or changed this opportunity meanwhile. Look at it again.")


class AlreadyThere(Conflict):
    message = gettext_lazy("The opportunity is in this stage already.")


@dataclass(frozen=True, slots=True)
class Closing:
    """How an opportunity ends: why, in the company's list and in words, and on what day, today when none is given."""

    reason_id: uuid.UUID | None = None
    text: str = ""
    on: datetime.date | None = None


def move_opportunity(
    *,
    actor: Actor,
    opportunity_id: uuid.UUID,
    stage_id: uuid.UUID,
    version: int | None = None,
    closing: Closing = Closing(),  # it cannot be changed
    now: datetime.datetime,
) -> Opportunity:
    """Put an opportunity into another stage, of any pipeline; into a stage of that kind it is won or lost.

    Raises ``MovedMeanwhile`` when it was changed since ``version``, ``AlreadyThere``, so that nothing is won twice,
    ``Invalid`` with all that it lacks to leave its stage forward or to enter the other, and what ``require_approvals`` does
    to win it.
    """
    actor.require("sales.edit")
    found = access.opportunity(actor, opportunity_id, need="write", lock=True)
    if found.stage_id == stage_id:
        raise AlreadyThere
    if version is not None and version != found.version:
        raise MovedMeanwhile
    stage = access.stages().filter(pk=stage_id).first()
    if stage is None:
        raise Invalid(_("There is no such stage."), field="stage_id")
    _demand(found, stage)
    if stage.kind == StageKind.WON:
        require_approvals(actor, found.pk)
    left = found.stage
    changes: dict[str, list[Any]] = {
        "stage": [left.name, stage.name],
        **_close(actor, found, stage, closing, now),
    }
    found.furthest = _furthest(found, stage)
    found.stage, found.pipeline, found.state, found.stage_since = stage, stage.pipeline, stage.kind, now
    found.version += 1
    found.updated_at = now
    found.save()
    StageStay.objects.filter(opportunity=found, left_at=None).update(left_at=now)
    StageStay.objects.create(opportunity=found, stage=stage, entered_at=now, member_id=actor.member_id)
    touch(actor, found, "moved" if stage.kind == StageKind.OPEN else stage.kind, now)
    record(
        OpportunityMoved(found.pk, stage.pk, stage.kind),
        actor=actor,
        now=now,
        subject=("opportunity", found.pk),
        changes=changes,
    )
    return found


def _furthest(found: Opportunity, stage: Stage) -> Stage:
    """The last open stage that it reached, once it stands in ``stage``."""
    if stage.pipeline_id != found.pipeline_id:
        return stage if stage.kind == StageKind.OPEN else first_open(stage.pipeline_id)
    is_further = stage.kind == StageKind.OPEN and stage.position > found.furthest.position
    return stage if is_further else found.furthest


def _close(
    actor: Actor, found: Opportunity, stage: Stage, closing: Closing, now: datetime.datetime
) -> dict[str, list[Any]]:
    """Close an opportunity, or open it again, and tell what that changes."""
    before = found.closed_on, found.reason
    found.closed_on, found.reason, found.reason_text = None, None, ""
    if stage.kind != StageKind.OPEN:
        zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=actor.tenant_id)
        today = now.astimezone(ZoneInfo(zone)).date()
        if closing.on and closing.on > today:
            raise Invalid(_("This day is still to come."), field="closed_on")
        found.closed_on = closing.on or today
        found.reason = _reason(closing.reason_id, stage) if closing.reason_id else None
        found.reason_text = checked_text(closing.text, 500, "reason_text")
    after = found.closed_on, found.reason
    pairs = zip(("closed_on", "reason"), before, after, strict=True)
    return {name: [old and str(old), new and str(new)] for name, old, new in pairs if old != new}


def _reason(reason_id: uuid.UUID, stage: Stage) -> CloseReason:
    found = CloseReason.objects.filter(pk=reason_id, kind=stage.kind, archived_at=None).first()
    if found is None:
        raise Invalid(_("There is no such reason for this."), field="reason_id")
    return found


def _demand(opportunity: Opportunity, stage: Stage) -> None:
    """Raise ``Invalid`` with all that is missing. Whoever goes back, or loses, needs nothing to leave."""
    left = opportunity.stage
    forward = stage.pipeline_id == left.pipeline_id and stage.position > left.position
    leaving = left.leave if forward and stage.kind != StageKind.LOST else []
    missing = [
        Need(each).label for each in dict.fromkeys([*leaving, *stage.entry]) if not _has(opportunity, each)
    ]
    if missing:
        listed = _(", ").join(str(each) for each in missing)
        told = _("Before it can go to “%(stage)s” it needs: %(missing)s.")
        raise Invalid(told % {"stage": stage.name, "missing": listed}, field="stage_id")


def _has(opportunity: Opportunity, need: str) -> bool:
    match need:
        case Need.PRODUCTS:
            return opportunity.lines.exists()
        case Need.DECIDER:
            return opportunity.people.filter(role=BuyingRole.DECISION_MAKER).exists()
        case Need.COMPETITORS:
            return opportunity.competitors.exists()
    name = "customer_id" if need == Need.CUSTOMER else need
    return getattr(opportunity, name) not in (None, "")
