from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class ContactPoint(TenantModel):
    """A way to reach a customer. ``value_key`` is E.164 for phones, lower case for e-mail."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=ContactKind)
    label = models.CharField(max_length=50, blank=True)
    value = models.CharField(max_length=400)
    value_key = models.CharField(max_length=400)
    parts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    is_primary = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "kind", "value_key"], name="contact_by_value"),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.label, self.value, self.parts, self.is_primary)
