"""What the worker does for imports. Each step may begin again: it writes in one transaction, or not at all.

What reads files is loaded with the first import: a worker that waits stays small.
"""

import datetime
from typing import Any

from zhiyin.accounts.models import Tenant
from zhiyin.platform import clock, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope


@jobs.handler("imports.check", permission="imports.run", repeatable=True)
def check(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.check(run)


@jobs.handler("imports.apply", permission="imports.run", repeatable=True)
def apply(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.apply(run)


@jobs.handler("imports.undo", permission="imports.run", repeatable=True)
def undo(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.undo(run)


@clock.periodic("imports.files", cron="20 19 * * *")
def expire_files(now: datetime.datetime) -> None:
    """Remove uploaded files, once the company keeps them no longer."""
    from zhiyin.imports import actions

    for tenant in Tenant.objects.order_by("id"):
        with scope(tenant.pk):
            before = now - datetime.timedelta(days=tenant.upload_days)
            actions.expire_files(actor=Actor.system(tenant.pk), settled_before=before, now=now)
