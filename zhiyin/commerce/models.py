from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.commerce.choices import OrderKind, PaymentMethod
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class Product(TenantModel):
    """Something sold. Codes are told apart by case, as shops do."""

    code = models.CharField(max_length=64)
    name = models.CharField(max_length=300, blank=True)
    name_key = models.CharField(max_length=600, blank=True)
    category = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True, db_default=True)
    import_id = models.UUIDField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "code"], name="product_code_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "name_key", "id"], name="product_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Order(TenantModel):
    """A sale, or a return, of some lines on one day. Without a customer it is an anonymous sale.

    Orders come by the ten thousand and name one of a few customers: who writes one locks its customer against
    being deleted, which costs less than a constraint that asks for each order.
    """

    number = models.CharField(max_length=64)
    source = models.CharField(max_length=64, blank=True, db_default="")
    kind = models.CharField(max_length=6, choices=OrderKind, default=OrderKind.SALE)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
        db_constraint=False,
    )
    ordered_at = models.DateTimeField()
    country = models.CharField(max_length=64, blank=True, db_default="")
    channel = models.CharField(max_length=64, blank=True, db_default="")
    currency = models.CharField(max_length=3)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    total = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    cost = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    returns = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="returned_by", db_index=False
    )
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, db_index=False)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, db_index=False)
    import_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "number", "source"], name="order_number_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "ordered_at", "id"], name="order_by_time"),
            models.Index(fields=["tenant_id", "customer", "ordered_at"], name="order_by_customer"),
            models.Index(
                fields=["returns"], condition=models.Q(returns__isnull=False), name="order_by_returned"
            ),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="order_by_import",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line, known by its order and place. ``digest`` tells a line when its file comes again.

    ``occurrence`` counts lines of one order that are alike in every column. Lines come by the hundred
    thousand, only through set-based SQL that knows orders and products of the same transaction: so one index,
    no key of their own, no database constraint on references and no checks.
    """

    pk = models.CompositePrimaryKey("order", "position")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    position = models.IntegerField()
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="lines", db_constraint=False, db_index=False
    )
    quantity = models.DecimalField(max_digits=19, decimal_places=4)
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    digest = models.BigIntegerField(null=True, blank=True)
    occurrence = models.IntegerField(default=1, db_default=1)

    def __str__(self) -> str:
        return f"{self.order_id} {self.position}"


class Payment(TenantModel):
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    method = models.CharField(max_length=10, choices=PaymentMethod, default=PaymentMethod.OTHER)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=100, blank=True)
    paid_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class OrderRequest(TenantModel):
    """A program's request for an order, remembered by its key so that a repeat makes no second one.

    ``digest`` is the SHA-256 of what was asked for.
    """

    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    order = models.ForeignKey(Order, models.CASCADE, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "key"], name="order_request_once")
        ]

    def __str__(self) -> str:
        return self.key


class ExchangeRate(TenantModel):
    """What one unit of a ``currency`` is worth in the company's own, from a day on until the next that is known."""

    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "currency", "day"], name="exchange_rate_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day} {self.rate}"
