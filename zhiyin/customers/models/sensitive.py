from __future__ import annotations

from typing import ClassVar

from django.db import models

from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class SensitiveValue(TenantModel):
    """A value of a sensitive field under the customer's own key; see `zhiyin.platform.crypto`."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sensitive_values", db_index=False)
    field = models.CharField(max_length=80)
    encrypted = models.BinaryField()
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "field"], name="sensitive_value_once")
        ]

    def __str__(self) -> str:
        return self.field


class SensitiveIndex(models.Model):
    """What an encrypted value is found by. No backup holds these rows: they are made again from the values."""

    value = models.OneToOneField(SensitiveValue, models.CASCADE, primary_key=True, related_name="index")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    field = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    blind = models.BinaryField(max_length=16)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "field", "blind"], name="sensitive_by_blind"),
            models.Index(fields=["tenant_id", "version"], name="sensitive_by_version"),
        ]

    def __str__(self) -> str:
        return self.field


class SensitiveRules(models.Model):
    """How a company deals with sensitive fields; without a row, by the defaults."""

    tenant_id = models.UUIDField(primary_key=True, db_default=CurrentTenant(), editable=False)
    ask_reason = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.ask_reason}"
