"""What jobs ask of accounts, and what runs by the clock for each company."""

import datetime
import uuid

import structlog

from zhiyin.accounts.access import actor_for
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
