from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from zhiyin.customers.choices import RetentionSince
from zhiyin.customers.models.consent import Purpose
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class RetentionRule(TenantModel):
    """What is cleared so many ``days`` after something, of the customers whom ``filter`` takes.

    ``areas`` are codes of `queries.retention.areas`; ``purpose`` is what they are kept for. Nothing is cleared by a
    rule that is not ``is_on``.
    """

    name = models.CharField(max_length=100)
    areas = ArrayField(models.CharField(max_length=80))
    purpose = models.ForeignKey(Purpose, models.SET_NULL, null=True, blank=True, related_name="+")
    filter = models.JSONField(default=dict, blank=True)
    since = models.CharField(max_length=10, choices=RetentionSince)
    days = models.PositiveIntegerField()
    is_on = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class LegalHold(TenantModel):
    """Why all of a customer must be kept, whatever rules of retention say, until somebody ends it."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="legal_holds", db_index=False)
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=100)
    set_at = models.DateTimeField()
    ended_by = models.CharField(max_length=100, blank=True, db_default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "set_at"], name="legal_hold_by_customer"),
            models.Index(
                fields=["tenant_id", "-set_at", "-id"], condition=Q(ended_at=None), name="legal_hold_lasting"
            ),
        ]

    def __str__(self) -> str:
        return self.reason
