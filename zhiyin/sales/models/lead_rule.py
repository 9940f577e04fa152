from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import LeadOrigin


class LeadRule(TenantModel):
    """Who gets which leads, and how soon they are to be answered; the first of them that fits a lead holds.

    Without ``origins``, ``sources`` or ``campaigns`` it fits all of them. ``people`` are members, who take turns: ``turn``
    is the place of whose it is next. Whoever waits longer than ``answer_minutes`` is brought before ``escalate_to``.
    """

    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    origins = ArrayField(models.CharField(max_length=8, choices=LeadOrigin), default=list, db_default=[])
    sources = ArrayField(models.CharField(max_length=100), default=list, db_default=[])
    campaigns = ArrayField(models.CharField(max_length=100), default=list, db_default=[])
    people = ArrayField(models.UUIDField(), default=list, db_default=[])
    turn = models.PositiveSmallIntegerField(default=0, db_default=0)
    answer_minutes = models.PositiveIntegerField(null=True)
    escalate_to = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "name"], condition=Q(archived_at=None), name="lead_rule_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
