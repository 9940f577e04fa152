from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.platform.tenancy import TenantModel


class SavedView(TenantModel):
    """A list's filter, order and columns under a name; shared when it has no member.

    One that was forgotten stays for some days, so that it can be had back.
    """

    member = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, related_name="+")
    page = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=8000, blank=True)
    columns = ArrayField(models.CharField(max_length=50), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "member", "page", "name"], nulls_distinct=False, name="saved_view_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
