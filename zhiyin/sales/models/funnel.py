from __future__ import annotations

from typing import ClassVar

from django.db import models

from zhiyin.platform.tenancy import TenantModel
from zhiyin.sales.choices import FunnelPart, StageKind


class FunnelCell(TenantModel):
    """How many opportunities are alike in what a funnel asks of them. Cells alike add up, and some are negative.

    The database writes them with each change of an opportunity (``sales_funnel_…`` in the migrations): what it was
    before as a negative cell, what it is as a positive one. ``part`` says of which picture it is:

    - ``way``: those begun in the ``month``, by the furthest open ``stage`` that they reached;
    - ``source``: those begun in the month, by where they came from;
    - ``close``: those closed in the month, by the ``reason``.

    ``amount`` is the sum in ``currency``, of ``unknown`` of them there is none. ``days`` is the sum, over ``timed`` of them,
    of the days from when they were taken up until they closed. Owners, units, stages and reasons are kept as they were:
    these are no references.
    """

    part = models.CharField(max_length=6, choices=FunnelPart)
    pipeline_id = models.UUIDField()
    month = models.DateField()
    state = models.CharField(max_length=4, choices=StageKind)
    owner_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    stage_id = models.UUIDField(null=True)
    reason_id = models.UUIDField(null=True)
    source = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    count = models.IntegerField()
    amount = models.DecimalField(max_digits=22, decimal_places=4)
    unknown = models.IntegerField()
    timed = models.IntegerField()
    days = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "part", "pipeline_id", "month"], name="funnel_cell_by_month")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.month} {self.count}"
