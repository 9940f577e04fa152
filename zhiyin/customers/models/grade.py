from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhiyin.customers.choices import GradeMeasure, GradeReason, GradeRule, TagColour
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class Grade(TenantModel):
    """How much a customer matters to the company: key, normal, small, or words of its own.

    Of several grades the first by ``position`` whose rule takes a customer holds: those with the best ``amount``
    per cent of a measure, or with at least ``amount`` of it. One with the rule for all others takes the rest; one
    without a rule is given by hand.
    """

    name = models.CharField(max_length=50)
    colour = models.CharField(max_length=10, choices=TagColour, default=TagColour.BLUE)
    position = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=8, choices=GradeRule, default=GradeRule.HAND)
    measure = models.CharField(max_length=8, choices=GradeMeasure, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "name"], name="grade_name_once"),
            models.CheckConstraint(
                condition=~Q(rule__in=["share", "least"]) | (~Q(measure="") & Q(amount__isnull=False)),
                name="grade_measured",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GradeChange(TenantModel):
    """That a customer came from one grade to another, by names, which outlive the grades."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="grade_changes", db_index=False)
    previous = models.CharField(max_length=50, blank=True)
    grade = models.CharField(max_length=50, blank=True)
    reason = models.CharField(max_length=8, choices=GradeReason)
    note = models.CharField(max_length=200, blank=True)
    actor_name = models.CharField(max_length=100, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "-changed_at"], name="grade_change_newest")]

    def __str__(self) -> str:
        return f"{self.previous} → {self.grade}"
