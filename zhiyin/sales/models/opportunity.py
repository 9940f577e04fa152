from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.commerce.models import Product
from zhiyin.customers.choices import BuyingRole
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import Category, Channel, Horizon, StageKind
from zhiyin.sales.models.pipeline import CloseReason, Competitor, Pipeline, Stage


class Opportunity(TenantModel):
    """A deal that may come: what, with whom, worth how much, when.

    ``state`` is its stage's kind, kept here for indexes; ``furthest`` the last open stage of its pipeline that it reached. Without an amount nobody has said what it is worth.
    ``probability`` is a percentage by hand; without one its stage's holds. ``engaged_on`` is the day the customer
    took it up, ``closed_on`` the day it was won or lost, both in the company's time zone. ``discount`` is what was
    taken off the sum of its products, in its currency.
    """

    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, related_name="opportunities", db_index=False
    )
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="opportunities", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="opportunities", db_index=False)
    furthest = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=4, choices=StageKind, default=StageKind.OPEN)
    owner = models.ForeignKey(
        Member, models.SET_NULL, null=True, related_name="opportunities", db_index=False
    )
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, related_name="+", db_index=False)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    discount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0), db_default=Decimal(0))
    currency = models.CharField(max_length=3)
    probability = models.PositiveSmallIntegerField(null=True)
    category = models.CharField(max_length=10, choices=Category, default=Category.PIPELINE)
    horizon = models.CharField(max_length=3, choices=Horizon, blank=True, db_default="")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.DIRECT)
    source = models.CharField(max_length=100, blank=True, db_default="")
    campaign = models.CharField(max_length=100, blank=True, db_default="")
    details = models.TextField(max_length=10_000, blank=True, db_default="")
    next_step = models.CharField(max_length=200, blank=True, db_default="")
    next_on = models.DateField(null=True)
    expected_on = models.DateField(null=True)
    engaged_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    reason = models.ForeignKey(CloseReason, models.PROTECT, null=True, related_name="+", db_index=False)
    reason_text = models.CharField(max_length=500, blank=True, db_default="")
    stage_since = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    import_id = models.UUIDField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "code"], name="opportunity_code_once"),
            models.CheckConstraint(
                condition=Q(state=StageKind.OPEN, closed_on=None)
                | (~Q(state=StageKind.OPEN) & Q(closed_on__isnull=False)),
                name="opportunity_closed",
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__lte=100), name="opportunity_probability"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["stage", "expected_on", "id"],
                condition=Q(state=StageKind.OPEN, removed_at=None),
                name="opportunity_on_board",
            ),
            models.Index(fields=["tenant_id", "created_at", "id"], name="opportunity_by_creation"),
            models.Index(fields=["tenant_id", "name_key", "id"], name="opportunity_by_name"),
            models.Index(fields=["tenant_id", "expected_on", "id"], name="opportunity_by_expected"),
            models.Index(
                fields=["tenant_id", "expected_on"],
                include=["owner", "unit", "stage", "category", "currency", "amount", "probability"],
                condition=Q(state=StageKind.OPEN, removed_at=None),
                name="opportunity_forecast",
            ),
            models.Index(fields=["tenant_id", "amount", "id"], name="opportunity_by_amount"),
            models.Index(fields=["tenant_id", "closed_on", "id"], name="opportunity_by_close"),
            models.Index(fields=["owner", "state", "expected_on"], name="opportunity_by_owner"),
            models.Index(fields=["unit", "state", "expected_on"], name="opportunity_by_unit"),
            models.Index(fields=["customer", "state"], name="opportunity_by_customer"),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=Q(import_id__isnull=False),
                name="opportunity_by_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityLine(TenantModel):
    """A product that an opportunity is about; ``amount`` is what it comes to."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(1))
    unit_price = models.DecimalField(max_digits=19, decimal_places=4)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["opportunity", "position"], name="opportunity_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.opportunity_id} {self.position}"


class OpportunityPerson(TenantModel):
    """Somebody on the customer's side, and their part in the purchase."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="people", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=BuyingRole)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["opportunity", "customer"], name="opportunity_person_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.role}"


class OpportunityCompetitor(TenantModel):
    """Who else wants it; ``won`` where they got it."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="competitors", db_index=False)
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="opportunities")
    note = models.CharField(max_length=500, blank=True, db_default="")
    won = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["opportunity", "competitor"], name="opportunity_competitor_once")
        ]

    def __str__(self) -> str:
        return f"{self.competitor_id}"


class StageStay(TenantModel):
    """How long an opportunity stood in a stage; one that it stands in has no end."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="stays", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["opportunity"], condition=Q(left_at=None), name="stage_stay_one_open"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["opportunity", "entered_at"], name="stage_stay_by_opportunity"),
            models.Index(
                fields=["tenant_id", "stage", "left_at"],
                include=["entered_at", "opportunity"],
                condition=Q(left_at__isnull=False),
                name="stage_stay_by_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity_id} {self.stage_id}"
