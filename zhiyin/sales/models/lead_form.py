from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import LeadField


class LeadForm(TenantModel):
    """A form that strangers fill in on the web; each that they send is a lead.

    ``key`` is its public address. ``fields`` are asked for beside the name. ``consent`` is what they must agree to,
    when it says something. ``came`` counts what was sent, ``refused`` what was not kept since the person was erased.
    """

    name = models.CharField(max_length=100)
    key = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    intro = models.TextField(max_length=2000, blank=True, db_default="")
    thanks = models.TextField(max_length=2000, blank=True, db_default="")
    consent = models.TextField(max_length=2000, blank=True, db_default="")
    fields = ArrayField(models.CharField(max_length=10, choices=LeadField), default=list, db_default=[])
    source = models.CharField(max_length=100, blank=True, db_default="")
    campaign = models.CharField(max_length=100, blank=True, db_default="")
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    came = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "name"], condition=Q(archived_at=None), name="lead_form_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
