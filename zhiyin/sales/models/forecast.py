from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhiyin.platform.tenancy import TenantModel


class ForecastCell(TenantModel):
    """What was forecast on a day, for one month, of the deals of one owner, unit and currency.

    ``won`` is what had been won in the month by then; ``commit``, ``best_case`` and ``pipeline`` are the open deals expected to close in
    it by category, and ``weighted`` these by their chances. ``expected`` is what the model thought would yet be won in the rest of
    the month, ``variance`` its variance; both are null where too little had ever been won. Owner, unit and ``units``, the ids from the root of
    the tree down to it, are as they were then: these are no references.
    """

    taken_on = models.DateField()
    month = models.DateField()
    owner_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True)
    units = ArrayField(models.UUIDField(), default=list)
    currency = models.CharField(max_length=3)
    won = models.DecimalField(max_digits=22, decimal_places=4, default=0)
    commit = models.DecimalField(max_digits=22, decimal_places=4, default=0)
    best_case = models.DecimalField(max_digits=22, decimal_places=4, default=0)
    pipeline = models.DecimalField(max_digits=22, decimal_places=4, default=0)
    weighted = models.DecimalField(max_digits=22, decimal_places=4, default=0)
    expected = models.FloatField(null=True)
    variance = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "month", "taken_on"], name="forecast_cell_by_month")
        ]

    def __str__(self) -> str:
        return f"{self.taken_on} {self.month}"
