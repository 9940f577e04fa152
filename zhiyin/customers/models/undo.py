from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from zhiyin.accounts.models import Member
from zhiyin.customers.choices import UndoKind
from zhiyin.platform.tenancy import TenantModel


class Undo(TenantModel):
    """What one change found before it, so that whoever made it can take it back within some days.

    Of owners, element by element: the customer, its owner and unit before, its version after. Of tags: the
    customers, and the links that were put there. Of a note: its row in ``data``.
    """

    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="+")
    what = models.CharField(max_length=12, choices=UndoKind)
    customer_ids = ArrayField(models.UUIDField(), default=list)
    owner_ids = ArrayField(models.UUIDField(null=True), default=list)
    unit_ids = ArrayField(models.UUIDField(null=True), default=list)
    versions = ArrayField(models.IntegerField(), default=list)
    link_ids = ArrayField(models.UUIDField(), default=list)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "created_at"], name="undo_by_creation")]

    def __str__(self) -> str:
        return f"{self.what} of {len(self.customer_ids)}"
