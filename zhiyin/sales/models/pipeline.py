from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Unit
from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import Need, StageKind


class Pipeline(TenantModel):
    """The stages that the opportunities of a team go through; without a unit anybody's."""

    name = models.CharField(max_length=100)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, related_name="+")
    is_default = models.BooleanField(default=False, db_default=False)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "name"], condition=Q(archived_at=None), name="pipeline_name_once"
            ),
            models.UniqueConstraint(
                fields=["tenant_id"], condition=Q(is_default=True), name="pipeline_default_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stage(TenantModel):
    """One step of a pipeline.

    ``probability`` is a percentage by hand; without one ``usual`` holds: how many of the ``usual_of`` earlier opportunities that
    came so far and were closed were won. There is none while these are few.
    ``entry`` and ``leave`` are what an opportunity must have to come in, and to go on to a later stage.
    One that stands longer than ``stuck_after`` days is stuck. ``guide`` is the playbook's text.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=StageKind, default=StageKind.OPEN)
    position = models.PositiveSmallIntegerField()
    probability = models.PositiveSmallIntegerField(null=True)
    usual = models.PositiveSmallIntegerField(null=True)
    usual_of = models.PositiveIntegerField(default=0, db_default=0)
    entry = ArrayField(models.CharField(max_length=20, choices=Need), default=list, db_default=[])
    leave = ArrayField(models.CharField(max_length=20, choices=Need), default=list, db_default=[])
    stuck_after = models.PositiveSmallIntegerField(null=True)
    guide = models.TextField(max_length=5000, blank=True, db_default="")
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "name"], condition=Q(archived_at=None), name="stage_name_once"
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__lte=100), name="stage_probability"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def chance(self) -> int | None:
        """The percentage that holds for an opportunity without one of its own."""
        return self.usual if self.probability is None else self.probability


class CloseReason(TenantModel):
    """Why opportunities are won or lost, as the company names it."""

    kind = models.CharField(max_length=4, choices=StageKind)
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "kind", "name"], name="close_reason_once"),
            models.CheckConstraint(condition=~Q(kind=StageKind.OPEN), name="close_reason_kind"),
        ]

    def __str__(self) -> str:
        return self.name


class Competitor(TenantModel):
    """Somebody else who offers the same."""

    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)
    strengths = models.TextField(max_length=5000, blank=True, db_default="")
    weaknesses = models.TextField(max_length=5000, blank=True, db_default="")
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "name_key"], name="competitor_once")
        ]

    def __str__(self) -> str:
        return self.name
