"""What runs by the clock."""

import datetime

import structlog

from zhiyin.accounts.models import Tenant
from zhiyin.approvals.actions import escalate_overdue
from zhiyin.platform import clock
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope

log = structlog.get_logger("zhiyin.clock")


@clock.periodic("approvals.escalate", cron="*/10 * * * *")
def escalate(now: datetime.datetime) -> None:
    """Ask somebody above where time ran out, each company by itself."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            due = escalate_overdue(actor=Actor.system(tenant_id), now=now)
        if due:
            log.info("approvals.escalated", tenant_id=str(tenant_id), due=due)
