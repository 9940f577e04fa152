"""What runs by the clock: reminders of tasks."""

import datetime

from zhiyin.accounts.models import Tenant
from zhiyin.activities.choices import TaskState
from zhiyin.activities.models import Task
from zhiyin.platform import clock, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope


@clock.periodic("activities.remind", cron="* * * * *")
def remind(now: datetime.datetime) -> None:
    """Remind assignees of the tasks whose moment has come, each once."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            _remind_company(Actor.system(tenant_id), now)


def _remind_company(actor: Actor, now: datetime.datetime) -> None:
    due = Task.objects.filter(state=TaskState.OPEN, remind_at__lte=now).select_for_update(skip_locked=True)
    tasks = list(due.order_by("pk"))
    for task in tasks:
        notifications.tell(
            members=[task.assignee_id],
            code="activities.reminder",
            data={"title": task.title, "task": str(task.pk)},
            actor=actor,
            now=now,
        )
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(remind_at=None)
