from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.choices import AssignmentTarget
from zhiyin.customers.models.customer import Customer
from zhiyin.customers.models.pool import Pool
from zhiyin.platform.tenancy import TenantModel


class AssignmentRule(TenantModel):
    """Who gets the customers that a filter takes, and why.

    The rules are asked by ``position``; one whose people all have enough, or are gone, leaves a customer to the next.
    """

    name = models.CharField(max_length=100)
    filter = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=100)
    target = models.CharField(max_length=8, choices=AssignmentTarget, default=AssignmentTarget.MEMBERS)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    pool = models.ForeignKey(Pool, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class AssignmentTurn(TenantModel):
    """One of the people among whom a rule goes round, who gets customers in proportion to ``weight``.

    ``most`` is how many customers he has at one time until he is passed over. ``credit`` is what the rule owes him:
    each time all have their weights added, whoever has most gets the customer and pays the sum.
    """

    rule = models.ForeignKey(AssignmentRule, models.CASCADE, related_name="turns", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1)
    most = models.PositiveIntegerField(null=True, blank=True)
    credit = models.IntegerField(default=0, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "member"], name="assignment_turn_once")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.weight}"


class Assignment(TenantModel):
    """A customer who got another owner, or went into a unit or a pool by a rule: from whom, why, and by whom.

    Never changed. ``actor_name`` is who did what the rule followed upon, or gave the customer by hand.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="assignments", db_index=False)
    previous = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, related_name="+", db_index=False)
    pool = models.ForeignKey(Pool, models.SET_NULL, null=True, related_name="+", db_index=False)
    rule = models.ForeignKey(AssignmentRule, models.SET_NULL, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True)
    actor_name = models.CharField(max_length=150)
    assigned_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "assigned_at"], name="assignment_by_customer"),
            models.Index(
                fields=["rule", "assigned_at"],
                condition=models.Q(rule__isnull=False),
                name="assignment_by_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.assigned_at:%Y-%m-%d}"
