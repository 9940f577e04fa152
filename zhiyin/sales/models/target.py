from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.commerce.models import Product
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import Measure


class Target(TenantModel):
    """What somebody is to win in a period: a ``member``, a ``unit`` with those below it, or without both the company.

    ``kind`` and ``starts_on`` name the period, see `zhiyin.sales.periods`. Of a ``product`` or with a ``customer`` only what was won of it counts.
    ``value`` is money in the company's currency, or a number of deals. ``attained`` is what it had come to in the evening of ``attained_on``: once the
    period is over that stays, whoever is in which unit later.
    """

    kind = models.CharField(max_length=7)
    starts_on = models.DateField()
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="targets")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    measure = models.CharField(max_length=6, choices=Measure, default=Measure.AMOUNT)
    value = models.DecimalField(max_digits=19, decimal_places=4)
    attained = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    attained_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "kind", "starts_on", "member", "unit", "product", "measure"],
                condition=Q(customer=None),
                nulls_distinct=False,
                name="target_once",
            ),
            models.CheckConstraint(condition=Q(member=None) | Q(unit=None), name="target_of_one"),
            models.CheckConstraint(condition=Q(value__gt=0), name="target_value"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "kind", "starts_on"], name="target_by_period"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_on} {self.value}"
