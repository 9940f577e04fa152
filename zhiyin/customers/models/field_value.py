from __future__ import annotations

from typing import ClassVar

from django.db import models

from zhiyin.platform.tenancy import CurrentTenant


class FieldValue(models.Model):
    """A value of a company's own field as filters and orders ask for it, by an index of its type.

    Triggers keep these equal to ``Customer.custom``; nothing else writes them. Numbers are in ``number``, all else
    in ``text``: lower case, its first 200 characters, days as they are kept. Several choices are rows of their own,
    by ``place``.
    """

    pk = models.CompositePrimaryKey("customer_id", "field_id", "place")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    customer_id = models.UUIDField()
    field_id = models.UUIDField()
    place = models.SmallIntegerField()
    text = models.CharField(max_length=200, null=True, db_collation="C")  # a number has none
    number = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "field_id", "text", "customer_id"],
                condition=models.Q(text__isnull=False),
                name="field_value_by_text",
            ),
            models.Index(
                fields=["tenant_id", "field_id", "number", "customer_id"],
                condition=models.Q(number__isnull=False),
                name="field_value_by_number",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number if self.text is None else self.text)
