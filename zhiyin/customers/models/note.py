from __future__ import annotations

from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class Note(TenantModel):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    body = models.TextField(max_length=10_000)
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.body[:50]

    @property
    def version(self) -> str:
        """Another one after each change of the text."""
        return version_of(self.body)
