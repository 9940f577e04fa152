from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class Share(TenantModel):
    """A customer seen beyond ownership: by one person, or by all of a unit and of those below it.

    Who has a ``part`` is one of the customer's team. It holds until ``ends_at``; nothing has to happen then.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="shares", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="shares", db_index=False)
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="shares", db_index=False)
    may_write = models.BooleanField(default=False, db_default=False)
    ends_at = models.DateTimeField(null=True, blank=True)
    part = models.CharField(max_length=60, blank=True, db_default="")
    reason = models.CharField(max_length=200, blank=True, db_default="")
    shared_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, related_name="shares_given", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(member=None, unit__isnull=False) | Q(member__isnull=False, unit=None),
                name="share_with_one",
            ),
            models.CheckConstraint(condition=Q(part="") | Q(unit=None), name="share_part_of_a_person"),
            models.UniqueConstraint(
                fields=["customer", "member", "unit"], nulls_distinct=False, name="share_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["member", "customer"], name="share_by_member"),
            models.Index(fields=["unit", "customer"], name="share_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.member_id or self.unit_id}"

    @property
    def until(self) -> datetime.date | None:
        """Its last day."""
        return timezone.localdate(self.ends_at - datetime.timedelta(seconds=1)) if self.ends_at else None

    def lasts(self, now: datetime.datetime) -> bool:
        return self.ends_at is None or self.ends_at > now
