from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhiyin.customers.choices import Verdict
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class Suspect(TenantModel):
    """Two customers who may be one. ``evidence`` says of each field that both have how it agrees, as a code.

    ``one_id`` is the lesser of the two keys. A ``verdict`` outlives the next search.
    """

    one_id = models.UUIDField()
    other_id = models.UUIDField()
    probability = models.FloatField()
    evidence = models.JSONField(default=dict)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True, db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "one_id", "other_id"], name="suspect_once"),
            models.CheckConstraint(condition=Q(one_id__lt=F("other_id")), name="suspect_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "verdict", "-probability", "id"], name="suspect_by_verdict"),
            models.Index(fields=["other_id"], name="suspect_by_other"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} {self.other_id} {self.probability:.2f}"


class DuplicateRules(models.Model):
    """How a company deals with duplicates; without a row, by the defaults.

    ``automatic`` merges pairs that are accepted at ``precision``, the share of right ones among them. ``tell_others``
    says at entry that a colleague has somebody like this, without saying whom.
    """

    tenant_id = models.UUIDField(primary_key=True, db_default=CurrentTenant(), editable=False)
    automatic = models.BooleanField(default=False)
    precision = models.FloatField(default=0.999)
    tell_others = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(precision__gte=0.9) & Q(precision__lt=1), name="duplicate_precision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.automatic} {self.precision}"
