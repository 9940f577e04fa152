from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.activities.choices import FollowUpKind, Priority, TaskState
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of

_TO_REMIND = Q(remind_at__isnull=False, state=TaskState.OPEN)


class Task(TenantModel):
    """Something that somebody has to do; ``due_on`` is a day in the company's time zone.

    ``remind_at`` is empty again once its assignee was reminded.
    """

    title = models.CharField(max_length=200)
    details = models.TextField(max_length=10_000, blank=True, db_default="")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="tasks")
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    assignee = models.ForeignKey(Member, models.PROTECT, related_name="tasks")
    due_on = models.DateField(null=True)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    remind_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    import_id = models.UUIDField(null=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "remind_at"], condition=_TO_REMIND, name="task_to_remind"),
            models.Index(
                fields=["tenant_id", "import_id"], condition=Q(import_id__isnull=False), name="task_by_import"
            ),
            models.Index(fields=["tenant_id", "state", "due_on", "id"], name="task_by_state"),
            models.Index(fields=["assignee", "state", "due_on", "id"], name="task_by_assignee"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(
            self.title,
            self.details,
            self.customer_id,
            self.assignee_id,
            self.due_on,
            self.remind_at,
            self.priority,
            self.state,
        )


class FollowUp(TenantModel):
    """A touch with a customer as its author tells it; the next step is a task."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="follow_ups")
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=FollowUpKind)
    body = models.TextField(max_length=10_000)
    outcome = models.CharField(max_length=300, blank=True)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="follow_ups")
    created_at = models.DateTimeField(default=timezone.now)
    import_id = models.UUIDField(null=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at", "-id"], name="follow_up_by_customer"),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=Q(import_id__isnull=False),
                name="follow_up_by_import",
            ),
        ]

    def __str__(self) -> str:
        return self.body[:50]
