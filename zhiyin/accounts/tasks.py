"""What jobs ask of accounts, and what runs by the clock for each company."""

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import structlog

from zhiyin.accounts import handover
from zhiyin.accounts.access import actor_for
from zhiyin.accounts.access import handover as handover_access
from zhiyin.accounts.actions.handover import finish_hand_over, hand_over_part, take_back_part
from zhiyin.accounts.models import Member, Tenant
from zhiyin.platform import clock, jobs, notifications
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict
from zhiyin.platform.tenancy import scope

NOTIFICATIONS_KEPT = datetime.timedelta(days=90)
log = structlog.get_logger("zhiyin.clock")


@jobs.members
def active_member(member_id: uuid.UUID) -> Actor | None:
    """The actor that a member is now; ``None`` for one who cannot sign in any more."""
    active = Member.objects.select_related("role").filter(is_active=True, user__is_active=True)
    member = active.filter(pk=member_id).first()
    return actor_for(member) if member else None


@jobs.handler("accounts.hand_over", permission=handover.PERMISSION, repeatable=True)
def hand_over(run: jobs.JobRun) -> dict[str, Any]:
    """Move each part once, in a transaction of its own: what it did is kept with it."""
    return _each_part(run, hand_over_part, finish_hand_over)


@jobs.handler("accounts.take_back", permission=handover.PERMISSION, repeatable=True)
def take_back(run: jobs.JobRun) -> dict[str, Any]:
    """Take each part back once."""
    return _each_part(run, take_back_part)


def _each_part(
    run: jobs.JobRun, move: Callable[..., None], finish: Callable[..., object] | None = None
) -> dict[str, Any]:
    key = uuid.UUID(run.arguments["handover_id"])
    with run.scope():
        wanted = handover_access(run.actor, key).plan["parts"]
        parts = [each for each in handover.parts(run.actor) if each.code in wanted]
    for done, part in enumerate(parts):
        run.progress(done, len(parts), str(part.label))
        with run.scope():
            move(actor=run.actor, handover_id=key, code=part.code, now=run.now)
    run.progress(len(parts), len(parts))
    with run.scope():
        if finish:
            finish(actor=run.actor, handover_id=key, now=run.now)
        return {"handover": str(key)}


@clock.periodic("accounts.notifications", cron="10 19 * * *")
def forget_notifications(now: datetime.datetime) -> None:
    """Remove what members were told a season ago."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            notifications.forget(now - NOTIFICATIONS_KEPT)


@clock.periodic("accounts.exports", cron="15 19 * * *")
def expire_exports(now: datetime.datetime) -> None:
    """Remove files that jobs brought, once the company keeps them no longer."""
    for tenant in Tenant.objects.order_by("id"):
        with scope(tenant.pk):
            before = now - datetime.timedelta(days=tenant.export_days)
            jobs.expire_files(actor=Actor.system(tenant.pk), finished_before=before, now=now)


@clock.periodic("accounts.checkpoints", cron="25 19 * * *")
def sign_logs(now: datetime.datetime) -> None:
    """Sign each company's audit log once a day."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        try:
            with scope(tenant_id):
                make_checkpoint(actor=Actor.system(tenant_id), now=now)
        except Conflict:
            log.exception("audit.damaged", tenant_id=str(tenant_id))
