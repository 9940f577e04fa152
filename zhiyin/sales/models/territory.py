from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.platform.tenancy import TenantModel


class Territory(TenantModel):
    """The customers that a filter takes, between two days, both included; and who is responsible for them.

    Territories are asked by ``position``: a customer lies in the first that takes it.
    """

    name = models.CharField(max_length=100)
    filter = models.JSONField(default=dict, db_default={})
    position = models.PositiveIntegerField(default=100, db_default=100)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="territory_days_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def holds_on(self, day: datetime.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
