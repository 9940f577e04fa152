"""What runs by the clock: reminders of tasks and appointments, and connected calendars."""

import datetime
import uuid

from zhiyin.accounts.models import Tenant
from zhiyin.activities.actions import connections
from zhiyin.activities.actions.appointment_news import set_reminder
from zhiyin.activities.choices import Answer, TaskState
from zhiyin.activities.models import Appointment, Task
from zhiyin.platform import clock, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope


@clock.periodic("activities.remind", cron="* * * * *")
def remind(now: datetime.datetime) -> None:
    """Remind assignees of the tasks whose moment has come, each once."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            _remind_company(Actor.system(tenant_id), now)
            remind_appointments(Actor.system(tenant_id), now)


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


def remind_appointments(actor: Actor, now: datetime.datetime) -> None:
    """Remind owners and who comes; of a series the next one is up then."""
    due = Appointment.objects.filter(removed_at=None, remind_at__lte=now).select_for_update(skip_locked=True)
    for row in due.order_by("pk"):
        coming = row.participants.exclude(member=None).exclude(answer=Answer.DECLINED)
        notifications.tell(
            members=[row.owner_id, *coming.values_list("member_id", flat=True)],
            code="activities.appointment_reminder",
            data={"title": row.title, "appointment": str(row.pk)},
            actor=actor,
            now=now,
        )
        set_reminder(row, now)
        row.save(update_fields=["remind_at"])


@clock.periodic("activities.calendars", cron="*/2 * * * *")
def sync_calendars(now: datetime.datetime) -> None:
    """Queue each connected calendar that is due."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            connections.defer_due(now)


@clock.task(connections.TASK)
def synchronise(tenant_id: uuid.UUID, key: uuid.UUID, now: datetime.datetime) -> None:
    connections.synchronise(tenant_id, key, now)
