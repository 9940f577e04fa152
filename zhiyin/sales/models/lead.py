from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.models.lead_rule import LeadRule
from zhiyin.sales.models.opportunity import Opportunity


class Lead(TenantModel):
    """Somebody who may buy and is no customer yet: who, how to reach them, and where they came from.

    ``consent`` is what they agreed to when they filled in a form. ``phone_key`` and ``email_key`` are what telephone and
    address are known by. ``answered_at`` is when somebody first took it up, ``answer_by`` until when a ``rule`` wants that,
    ``escalated_at`` when it was too late. Once it is converted, ``customer`` and perhaps ``opportunity`` are what became
    of it.
    """

    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)
    company = models.CharField(max_length=200, blank=True, db_default="")
    phone = models.CharField(max_length=100, blank=True, db_default="")
    phone_key = models.CharField(max_length=100, blank=True, db_default="")
    email = models.CharField(max_length=254, blank=True, db_default="")
    email_key = models.CharField(max_length=254, blank=True, db_default="")
    city = models.CharField(max_length=100, blank=True, db_default="")
    origin = models.CharField(max_length=8, choices=LeadOrigin, default=LeadOrigin.HAND)
    source = models.CharField(max_length=100, blank=True, db_default="")
    campaign = models.CharField(max_length=100, blank=True, db_default="")
    details = models.TextField(max_length=10_000, blank=True, db_default="")
    consent = models.TextField(max_length=2000, blank=True, db_default="")
    state = models.CharField(max_length=9, choices=LeadState, default=LeadState.NEW)
    reason = models.CharField(max_length=500, blank=True, db_default="")
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="leads", db_index=False)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, related_name="+", db_index=False)
    rule = models.ForeignKey(LeadRule, models.SET_NULL, null=True, related_name="+", db_index=False)
    answer_by = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="leads")
    opportunity = models.ForeignKey(Opportunity, models.SET_NULL, null=True, related_name="leads")
    converted_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    import_id = models.UUIDField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=LeadState.CONVERTED, converted_at__isnull=False)
                | (~Q(state=LeadState.CONVERTED) & Q(converted_at=None)),
                name="lead_converted",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "created_at", "id"], name="lead_by_creation"),
            models.Index(fields=["tenant_id", "name_key", "id"], name="lead_by_name"),
            models.Index(fields=["owner", "state", "created_at"], name="lead_by_owner"),
            models.Index(fields=["unit", "state", "created_at"], name="lead_by_unit"),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=Q(import_id__isnull=False),
                name="lead_by_import",
            ),
            models.Index(
                fields=["tenant_id", "answer_by"],
                condition=Q(answered_at=None, escalated_at=None, answer_by__isnull=False),
                name="lead_by_clock",
            ),
            models.Index(fields=["tenant_id", "phone_key"], condition=~Q(phone_key=""), name="lead_by_phone"),
            models.Index(fields=["tenant_id", "email_key"], condition=~Q(email_key=""), name="lead_by_email"),
        ]

    def __str__(self) -> str:
        return self.name
