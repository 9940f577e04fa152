from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers.choices import Ruling
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class Dispute(TenantModel):
    """Somebody's claim that another's customer is his; as long as it is open, the customer stays where it is.

    ``asked`` is how the claimant named the customer, who may not see it; ``owner`` had it when the dispute was opened.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="disputes", db_index=False)
    claimant = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    asked = models.CharField(max_length=200, blank=True)
    reason = models.TextField(max_length=2000)
    evidence = models.TextField(max_length=5000, blank=True)
    answer = models.TextField(max_length=5000, blank=True)
    answered_at = models.DateTimeField(null=True)
    ruling = models.CharField(max_length=10, choices=Ruling, default=Ruling.OPEN)
    ruling_reason = models.TextField(max_length=2000, blank=True)
    ruled_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    ruled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "created_at"], name="dispute_by_customer"),
            models.Index(fields=["tenant_id", "ruling", "-created_at", "id"], name="dispute_by_ruling"),
            models.Index(fields=["claimant", "-created_at"], name="dispute_by_claimant"),
            models.Index(fields=["owner", "-created_at"], name="dispute_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.ruling}"
