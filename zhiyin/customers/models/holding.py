from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class ProtectionRule(TenantModel):
    """For how long an owner keeps a customer that nobody looks after, of those whom a filter takes.

    Of several rules the first by ``position`` holds. The owner is warned ``warn_days`` before, and a member claims no
    further customer of a rule when he has ``most_owned`` of it.
    """

    name = models.CharField(max_length=100)
    filter = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=100)
    days = models.PositiveIntegerField()
    warn_days = models.PositiveIntegerField(default=7)
    most_owned = models.PositiveIntegerField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class HoldingCount(TenantModel):
    """How many customers an owner had, last touched on a day (``None`` for never), when all was last worked out."""

    owner = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    touched_on = models.DateField(null=True)
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "owner"], name="holding_count_by_owner")]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.touched_on} {self.number}"


class Holding(models.Model):
    """What is known of an owner's having a customer; worked out anew from what happened, and never the last word.

    ``touched_at`` is the last fact since the owner has it, ``until`` when its protection lapses by the rule that holds
    (``None`` for none), ``cause`` what that is counted from. ``fixed_until`` is a manager's word beside the rule.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="holding")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    owner = models.ForeignKey(Member, models.CASCADE, related_name="holdings", db_index=False)
    touched_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=20, blank=True)
    rule = models.ForeignKey(ProtectionRule, models.SET_NULL, null=True, db_index=False, related_name="+")
    fixed_until = models.DateTimeField(null=True)
    fixed_reason = models.CharField(max_length=200, blank=True, db_default="")
    warned_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "until", "customer"],
                condition=models.Q(until__isnull=False),
                name="holding_by_end",
            ),
            models.Index(fields=["tenant_id", "owner", "touched_at"], name="holding_by_owner"),
            models.Index(fields=["tenant_id", "touched_at", "customer"], name="holding_by_touch"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.until}"
