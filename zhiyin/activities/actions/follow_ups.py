"""What was said to a customer, and what comes next."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.activities.actions.tasks import create_task
from zhiyin.activities.choices import FollowUpKind
from zhiyin.activities.events import FollowUpAdded
from zhiyin.activities.models import FollowUp
from zhiyin.customers import access
from zhiyin.customers.actions import add_to_timeline
from zhiyin.customers.choices import TimelineKind
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

SHOWN = 500


def add_follow_up(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    kind: str,
    body: str,
    outcome: str = "",
    next_step: str = "",
    next_on: datetime.date | None = None,
    now: datetime.datetime,
) -> FollowUp:
    """Write down a touch, which the timeline shows; the next step becomes a task of its author."""
    actor.require("activities.edit")
    # held before it is looked at: whoever is reclaimed at this moment is not this actor's any more
    access.hold(customer_id)
    access.customer(actor, customer_id, need="write")
    if kind not in FollowUpKind.values:
        raise Invalid(_("This is not one of the choices."), field="kind")
    if next_on and not next_step.strip():
        raise Invalid(_("Say what is to be done on that day."), field="next_step")
    body, outcome = checked(body, "body", 10_000, needed=True), checked(outcome, "outcome", 300)
    step = checked(next_step, "next_step", 200)
    task = (
        create_task(actor=actor, title=step, customer_id=customer_id, due_on=next_on, now=now)
        if step
        else None
    )
    made = FollowUp.objects.create(
        customer_id=customer_id,
        author_id=actor.member_id,
        kind=kind,
        body=body,
        outcome=outcome,
        task=task,
        created_at=now,
    )
    add_to_timeline(
        actor=actor,
        customer_id=customer_id,
        kind=TimelineKind.FOLLOW_UP,
        occurred_at=now,
        object_id=made.pk,
        data={"kind": kind, "body": body[:SHOWN], "outcome": outcome},
    )
    record(
        FollowUpAdded(customer_id, made.pk),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={"follow_up": [None, body]},
    )
    return made
