"""What an administrator does about deliveries that were given up; check and checkpoints of the audit log."""

import datetime
import uuid

from django.utils.translation import gettext as _

from zhiyin.platform import jobs, relay
from zhiyin.platform.access import failed_deliveries
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import check, checkpoints
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.crypto import rotation
from zhiyin.platform.errors import NotFound
from zhiyin.platform.events import CheckpointMade, DeliveriesRetried, DeliveryDismissed, KeysRotated
from zhiyin.platform.models import AuditCheckpoint
from zhiyin.platform.record import record


def retry_deliveries(*, actor: Actor, delivery_id: uuid.UUID | None = None, now: datetime.datetime) -> int:
    """Try one delivery that was given up again, or all of them. Raises ``NotFound`` for one that was not."""
    chosen = failed_deliveries(actor)
    if delivery_id:
        chosen = chosen.filter(pk=delivery_id)
    count = relay.send_again(chosen, now=now)
    if delivery_id and not count:
        raise NotFound
    subject = ("delivery", delivery_id) if delivery_id else None
    record(DeliveriesRetried(count), actor=actor, now=now, subject=subject)
    return count


def dismiss_delivery(*, actor: Actor, delivery_id: uuid.UUID, now: datetime.datetime) -> None:
    """Let a delivery that was given up rest, because it is of no use any more. Raises ``NotFound``."""
    chosen = failed_deliveries(actor).filter(pk=delivery_id)
    if not chosen.update(state=DeliveryState.DISMISSED, done_at=now):
        raise NotFound
    record(DeliveryDismissed(delivery_id), actor=actor, now=now, subject=("delivery", delivery_id))


def check_audit_log(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """Compute the whole log anew as a job, or give the one that is at it."""
    actor.require("audit.view")
    under_way = check.latest()
    if under_way and not under_way.is_finished:
        return under_way
    return jobs.start(actor=actor, kind=check.KIND, title=_("Check of the audit log"), now=now)


def make_checkpoint(*, actor: Actor, now: datetime.datetime) -> AuditCheckpoint:
    """Sign the audit log as it is now, to be handed to somebody outside.

    Raises ``Conflict`` when it is not what an earlier checkpoint says.
    """
    actor.require("audit.view")
    checkpoint, is_new = checkpoints.make(actor.tenant_id, now=now)
    if is_new:
        changes = {"size": [None, checkpoint.size]}
        record(CheckpointMade(checkpoint.size), actor=actor, now=now, changes=changes)
    return checkpoint


def rotate_keys(*, actor: Actor, now: datetime.datetime) -> bool:
    """Begin with new keys for the company; false where the last rotation is to be finished first."""
    actor.require("settings.manage")
    rotation.rewrap_company()
    version = rotation.begin()
    if version:
        record(KeysRotated(version), actor=actor, now=now)
    return bool(version)
