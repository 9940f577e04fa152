from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.customers.choices import ErasureBasis
from zhiyin.platform.tenancy import TenantModel


class Erasure(TenantModel):
    """That a person was erased, and what of him, without a word about who it was.

    ``parts`` counts rows by what they were, ``customer_ids`` are the keys that the files had. ``log_size`` and
    ``log_root`` are those of the audit log right after.
    """

    basis = models.CharField(max_length=20, choices=ErasureBasis)
    reference = models.CharField(max_length=100, blank=True)
    customer_ids = ArrayField(models.UUIDField(), default=list)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    job_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    parts = models.JSONField(default=dict)
    suppressed = models.PositiveIntegerField(default=0)
    redacted = models.PositiveIntegerField(default=0)
    log_size = models.BigIntegerField(default=0)
    log_root = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "-asked_at"], name="erasure_newest")]

    def __str__(self) -> str:
        return f"{self.basis} {self.asked_at:%Y-%m-%d}"

    @property
    def number(self) -> str:
        """What one calls it by: short, and told by no counter."""
        return f"E{self.asked_at:%y%m%d}-{self.pk.hex[-6:].upper()}"
