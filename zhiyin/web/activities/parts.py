"""What other pages show of tasks and follow-ups."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from zhiyin.activities import queries
from zhiyin.activities.choices import Priority, TaskState
from zhiyin.activities.queries import TaskFilter
from zhiyin.customers.models import Customer
from zhiyin.web.activities.forms import FollowUpForm
from zhiyin.web.http import HttpRequest

MOST = 50


def shown(request: HttpRequest, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tasks as ``activities/_tasks.html`` shows them."""
    today = timezone.localdate()
    return [
        {
            **row,
            "late": row["state"] == TaskState.OPEN and _before(row["due_on"], today),
            "today": row["state"] == TaskState.OPEN and row["due_on"] == today,
            "urgent": row["priority"] == Priority.HIGH,
            "open": row["state"] == TaskState.OPEN,
            "mine": row["assignee_id"] == request.actor.member_id,
        }
        for row in rows
    ]


def _before(day: datetime.date | None, today: datetime.date) -> bool:
    return day is not None and day < today


def due_today(request: HttpRequest, *, limit: int) -> list[dict[str, Any]]:
    """The reader's own tasks that are due or overdue. One SQL statement."""
    return shown(request, queries.due_tasks(request.actor, timezone.localdate(), limit=limit))


def follow_ups_tab(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """A customer's open tasks and follow-ups, with the form for the next one."""
    token = request.GET.get("after") or request.GET.get("before") or ""
    where = TaskFilter(state=TaskState.OPEN, customer=customer.pk)
    return {
        "may_follow_up": request.actor.may("activities.edit"),
        "follow_up_form": FollowUpForm(),
        "open_tasks": shown(request, queries.list_tasks(request.actor, where, limit=MOST).rows),
        "follow_ups": queries.follow_ups(request.actor, customer.pk, after=token),
    }
