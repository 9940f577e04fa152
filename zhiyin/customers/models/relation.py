from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise

from zhiyin.customers.choices import INVERSE_RELATION, BuyingRole, CustomerKind, StandardRelation
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class RelationType(TenantModel):
    """What one customer can be to another; read from the source, ``name`` is what the target is to it.

    ``code`` tells a standard type, whose empty names mean the standard ones in the reader's language. A source
    of an ``only_one`` type has one target at a time; an ``acyclic`` one never leads back to where it began, and
    of a ``rolls_up`` one the numbers of all sources are added up at the target.
    """

    code = models.CharField(max_length=20, blank=True, db_default="")
    name = models.CharField(max_length=60, blank=True, db_default="")
    inverse = models.CharField(max_length=60, blank=True, db_default="")
    source_kind = models.CharField(max_length=12, choices=CustomerKind, blank=True, db_default="")
    target_kind = models.CharField(max_length=12, choices=CustomerKind, blank=True, db_default="")
    only_one = models.BooleanField(default=False, db_default=False)
    acyclic = models.BooleanField(default=False, db_default=False)
    rolls_up = models.BooleanField(default=False, db_default=False)
    has_role = models.BooleanField(default=False, db_default=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "code"], condition=~Q(code=""), name="relation_type_code_once"
            ),
            models.CheckConstraint(
                condition=Q(rolls_up=False) | Q(acyclic=True), name="relation_type_adds_up_without_circles"
            ),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def label(self) -> str | Promise:
        """What the target is to the source."""
        return self.name or StandardRelation(self.code).label

    @property
    def inverse_label(self) -> str | Promise:
        """What the source is to the target."""
        return self.inverse or INVERSE_RELATION[StandardRelation(self.code)]

    @property
    def is_mutual(self) -> bool:
        """Both sides are the same to each other, as partners are."""
        return str(self.label) == str(self.inverse_label)

    @property
    def version(self) -> str:
        """Another one after each change."""
        names = (
            "name",
            "inverse",
            "source_kind",
            "target_kind",
            "only_one",
            "acyclic",
            "rolls_up",
            "has_role",
        )
        return version_of(*(getattr(self, name) for name in names), self.archived_at)


class Relation(TenantModel):
    """What ``target`` is to ``source``, from one day to another; without days, always."""

    type = models.ForeignKey(RelationType, models.PROTECT, related_name="relations", db_index=False)
    source = models.ForeignKey(Customer, models.CASCADE, related_name="relations_out", db_index=False)
    target = models.ForeignKey(Customer, models.CASCADE, related_name="relations_in", db_index=False)
    role = models.CharField(max_length=20, choices=BuyingRole, blank=True, db_default="")
    title = models.CharField(max_length=100, blank=True, db_default="")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="relation_to_another"),
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gte=F("since")), name="relation_ends_later"
            ),
            models.UniqueConstraint(
                fields=["source", "type", "target"], condition=Q(until=None), name="relation_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "type", "id"], name="relation_by_source"),
            models.Index(fields=["target", "type", "id"], name="relation_by_target"),
            models.Index(fields=["type"], name="relation_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.type_id} {self.target_id}"

    def lasts(self, today: datetime.date) -> bool:
        return self.until is None or self.until >= today

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.role, self.title, self.since, self.until)
