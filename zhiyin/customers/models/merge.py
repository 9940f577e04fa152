from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from zhiyin.accounts.models import Member
from zhiyin.platform.tenancy import TenantModel


class Merge(TenantModel):
    """Files that became one. ``customer_ids`` vanished into ``survivor_id``, in this order.

    ``changed`` holds what the merge did to the survivor's own fields: name to value before and after. ``precision``
    is the one aimed at by a merge that nobody looked at.
    """

    survivor_id = models.UUIDField()
    customer_ids = ArrayField(models.UUIDField())
    changed = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    precision = models.FloatField(null=True)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "-merged_at", "-id"], name="merge_by_time"),
            models.Index(fields=["survivor_id", "-merged_at"], name="merge_by_survivor"),
        ]

    def __str__(self) -> str:
        return f"{len(self.customer_ids)} into {self.survivor_id}"


class MergedRow(TenantModel):
    """What a merge did to one row that named ``vanished_id``.

    It names the survivor since, or was ``removed`` as the survivor had its like; ``kept`` then holds the row, and
    otherwise what else was changed.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows", db_index=False)
    part = models.CharField(max_length=40)
    row_id = models.UUIDField()
    vanished_id = models.UUIDField()
    removed = models.BooleanField(default=False)
    kept = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["merge", "part", "vanished_id"], name="merged_row_by_merge")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.row_id}"
