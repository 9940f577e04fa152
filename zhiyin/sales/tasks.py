"""What runs by the clock."""

import datetime

import structlog

from zhiyin.accounts.models import Tenant
from zhiyin.platform import clock
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.sales.actions import escalate_leads

log = structlog.get_logger("zhiyin.clock")


@clock.periodic("sales.escalate_leads", cron="* * * * *")
def escalate(now: datetime.datetime) -> None:
    """Tell of leads that wait too long, each company by itself."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            due = escalate_leads(actor=Actor.system(tenant_id), now=now)
        if due:
            log.info("sales.leads_escalated", tenant_id=str(tenant_id), due=due)
