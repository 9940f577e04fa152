from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhiyin.accounts.models import Member
from zhiyin.customers.choices import RequestKind, RequestState
from zhiyin.customers.models.consent import Purpose
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of

SOON = datetime.timedelta(days=5)


class SubjectRequest(TenantModel):
    """What somebody asks about the data that a company keeps of him, to be answered by ``due_on``.

    Once the customer is erased ``customer`` and all texts are empty: only that it was asked and answered stays.
    ``requester`` is who asked for the customer, such as a lawyer; empty when it was himself. An objection is against
    ``purpose``, or without one against any contact. ``file`` is the export that was last made, until it ends.
    """

    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, related_name="subject_requests", db_index=False
    )
    kind = models.CharField(max_length=12, choices=RequestKind)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    requester = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=5000, blank=True)
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="+", db_index=False)
    handler = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    received_on = models.DateField()
    due_on = models.DateField()
    answer = models.TextField(max_length=5000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=100, blank=True)
    told_soon = models.BooleanField(default=False)
    told_overdue = models.BooleanField(default=False)
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="+", db_index=False)
    file_ends_at = models.DateTimeField(null=True)
    job_id = models.UUIDField(null=True)
    recorded_by = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-created_at"], name="request_by_customer"),
            models.Index(fields=["tenant_id", "due_on", "id"], condition=Q(state="open"), name="request_due"),
            models.Index(fields=["tenant_id", "-answered_at", "-id"], name="request_by_answer"),
            models.Index(
                fields=["tenant_id", "file_ends_at"], condition=~Q(file_ends_at=None), name="request_file"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_on}"

    @property
    def is_open(self) -> bool:
        return self.state == RequestState.OPEN

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.state, self.note, self.handler_id, self.due_on, self.answer)

    def is_overdue(self, today: datetime.date) -> bool:
        return self.is_open and self.due_on < today
