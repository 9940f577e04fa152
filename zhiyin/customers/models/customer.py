from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers.choices import CustomerKind, Gone, Stage, Status, StatusReason
from zhiyin.platform.database.joins import OneOfMany
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class Customer(TenantModel):
    """A person or organisation with a file.

    ``code_key`` is the code without blanks and case; ``name_key`` the pinyin (or lower-case) sort key.
    ``version`` counts changes, so that of two people editing the second is told.

    Whoever is ``gone`` is seen by nobody, as if of another company, but in ``tenancy.with_gone()``; of one who was
    merged ``merged_into`` is the customer whose file took it in, who may have been merged into another one since.
    """

    kind = models.CharField(max_length=12, choices=CustomerKind, default=CustomerKind.PERSON)
    code = models.CharField(max_length=64)
    code_key = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)
    short_name = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=64, blank=True)
    city = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.POTENTIAL)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    source = models.CharField(max_length=64, blank=True)
    grade = models.ForeignKey(
        "customers.Grade",
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="customers",
    )
    # who was graded by hand is left alone by the rules until the day after
    grade_held_until = models.DateField(null=True, editable=False)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, db_index=False)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, db_index=False)
    # set by the database whenever the owner becomes another one
    owned_since = models.DateTimeField(null=True, editable=False)
    # who is in a pool has neither owner nor unit, so is in nobody's record scope but of those who see all
    pool = models.ForeignKey(
        "customers.Pool",
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="customers",
    )
    import_id = models.UUIDField(null=True, blank=True, editable=False)
    gone = models.CharField(max_length=8, choices=Gone, blank=True, default="", db_default="", editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)
    gone_by = models.CharField(max_length=100, blank=True, db_default="", editable=False)
    merged_into = models.UUIDField(null=True, editable=False)
    # values of the company's own fields by key
    custom = models.JSONField(default=dict, db_default={}, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # a join, not a column: what analysis last found about this customer
    value = models.ForeignObject(
        CustomerValue, models.DO_NOTHING, ["id"], ["customer_id"], null=True, related_name="+"
    )
    # another one: what it has of the one field that a list is ordered by
    own_value = OneOfMany(
        "customers.FieldValue", models.DO_NOTHING, ["id"], ["customer_id"], null=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "code_key"], name="customer_code_once"),
            models.CheckConstraint(
                condition=models.Q(pool=None) | models.Q(owner=None, unit=None),
                name="customer_pooled_unowned",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "name_key", "id"], name="customer_by_name"),
            models.Index(fields=["tenant_id", "created_at", "id"], name="customer_by_creation"),
            models.Index(fields=["tenant_id", "owner", "name_key", "id"], name="customer_by_owner"),
            models.Index(fields=["tenant_id", "unit", "name_key", "id"], name="customer_by_unit"),
            models.Index(fields=["tenant_id", "status", "name_key", "id"], name="customer_by_status"),
            models.Index(fields=["tenant_id", "country", "name_key", "id"], name="customer_by_country"),
            models.Index(fields=["tenant_id", "source", "name_key", "id"], name="customer_by_source"),
            models.Index(
                fields=["tenant_id", "grade", "name_key", "id"],
                condition=models.Q(grade__isnull=False),
                name="customer_by_grade",
            ),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="customer_by_import",
            ),
            models.Index(
                fields=["tenant_id", "pool", "name_key", "id"],
                condition=models.Q(pool__isnull=False),
                name="customer_by_pool",
            ),
            models.Index(
                fields=["tenant_id", "-gone_at", "-id"],
                condition=models.Q(gone="deleted"),
                name="customer_in_bin",
            ),
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="customer_by_survivor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerSearch(models.Model):
    """What the search box finds a customer by: its text, and the hashed n-grams of it.

    Under row-level security an index on ``tokens`` serves only the function ``search_customers``, which
    returns ids and their ``name_key``; the rows themselves still come through the policies.
    ``name_key`` is the customer's, kept equal by a trigger: a page of what was found is chosen by it. So is
    ``gone``: who left is not found.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="search")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    text = models.TextField()
    tokens = ArrayField(models.IntegerField())
    name_key = models.CharField(max_length=400)
    gone = models.BooleanField(default=False, db_default=False, editable=False)

    def __str__(self) -> str:
        return self.text


class StatusChange(TenantModel):
    """One move of a customer's status or stage, with what caused it.

    Of a move by hand ``note`` is the reason that ``actor_name`` gave; it holds until the customer buys again.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="status_changes")
    status = models.CharField(max_length=12, choices=Status)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    reason = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True, db_default="")
    actor_name = models.CharField(max_length=100, blank=True, db_default="")
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "changed_at"], name="status_change_by_time"),
            models.Index(
                fields=["tenant_id", "customer"],
                condition=models.Q(reason="hand"),
                name="status_change_by_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.changed_at:%Y-%m-%d}"

    @property
    def told(self) -> str:
        """What moved the customer, in words."""
        return str(StatusReason(self.reason).label) if self.reason in StatusReason.values else self.reason


class StatusFlow(TenantModel):
    """How many customers moved from ``previous`` to ``status`` in a month; from nothing, they came into the file.

    Counted anew with each analysis; moves by hand are added at once.
    """

    month = models.DateField()
    previous = models.CharField(max_length=12, choices=Status, blank=True)
    status = models.CharField(max_length=12, choices=Status)
    customers = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "month", "previous", "status"], name="status_flow_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.previous} {self.status} {self.customers}"
