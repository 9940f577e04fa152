from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.keys import uuid7
from zhiyin.platform.tenancy import CurrentTenant, NewKey, TenantModel


class TimelineEvent(models.Model):
    """One touch with a customer. Partitioned by month of ``occurred_at`` (UTC)."""

    pk = models.CompositePrimaryKey("occurred_at", "id")
    id = models.UUIDField(default=uuid7, db_default=NewKey(), editable=False)
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="timeline", db_constraint=False, db_index=False
    )
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=TimelineKind)
    actor_name = models.CharField(max_length=100, blank=True, db_default="")
    object_id = models.UUIDField(null=True, blank=True)
    import_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        managed = False
        db_table = "customers_timelineevent"

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


class TimelinePin(TenantModel):
    """An entry of the timeline that stays on top; ``occurred_at`` says in which month it lies."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="timeline_pins", db_index=False)
    event_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    pinned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "event_id"], name="timeline_pinned_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id}"
