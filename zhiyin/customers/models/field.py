from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.customers.choices import CustomerKind, FieldType
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class CustomField(TenantModel):
    """A field of the customer file that a company added; its values lie in ``Customer.custom`` under ``key``.

    ``kind`` narrows it to persons or organisations. ``least`` and ``most`` bound numbers and dates, and the length
    of text, written as values are. Without ``roles`` everybody sees it.
    """

    key = models.CharField(max_length=40)
    label = models.CharField(max_length=60)
    type = models.CharField(max_length=12, choices=FieldType)
    section = models.CharField(max_length=60, blank=True, db_default="")
    position = models.PositiveIntegerField(default=0, db_default=0)
    kind = models.CharField(max_length=12, choices=CustomerKind, blank=True, db_default="")
    required = models.BooleanField(default=False, db_default=False)
    options = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    least = models.CharField(max_length=20, blank=True, db_default="")
    most = models.CharField(max_length=20, blank=True, db_default="")
    pattern = models.CharField(max_length=200, blank=True, db_default="")
    default = models.CharField(max_length=200, blank=True, db_default="")
    hint = models.CharField(max_length=200, blank=True, db_default="")
    roles = ArrayField(models.UUIDField(), default=list, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "key"], name="field_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def version(self) -> str:
        """Another one after each change of what it asks for; its place among the others is no part of it."""
        names = (
            "label", "section", "kind", "required", "options", "least", "most", "pattern", "default", "hint",
        )  # fmt: skip
        return version_of(*(getattr(self, name) for name in names), sorted(self.roles), self.archived_at)
