from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class Restriction(TenantModel):
    """Why a customer's data are only kept until somebody ends it.

    Meanwhile nobody contacts him for any purpose, exports him or analyses him, and nothing about him is decided by
    the program itself.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="restrictions", db_index=False)
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=100)
    set_at = models.DateTimeField()
    ended_by = models.CharField(max_length=100, blank=True, db_default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "set_at"], name="restriction_by_customer"),
            models.Index(
                fields=["tenant_id", "customer"], condition=Q(ended_at=None), name="restriction_lasting"
            ),
        ]

    def __str__(self) -> str:
        return self.reason
