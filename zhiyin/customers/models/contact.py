from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from zhiyin.customers.choices import ContactCheck, ContactKind, FieldAccess
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class ContactPoint(TenantModel):
    """A way to reach a customer. ``value_key`` is E.164 for phones, lower case for all others.

    Of a customer in a pool it is ``sealed``, and these hold what ``customers.sealing`` says.

    ``is_primary`` is what somebody wished for: the one to use at a day is the first by ``contact_order``.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=ContactKind)
    label = models.CharField(max_length=50, blank=True)
    value = models.CharField(max_length=400)
    value_key = models.CharField(max_length=400)
    parts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    is_primary = models.BooleanField(default=False, db_default=False)
    verified_on = models.DateField(null=True)
    verified_how = models.CharField(max_length=10, choices=ContactCheck, blank=True, db_default="")
    valid_until = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sealed = models.BinaryField(null=True)

    seen_as = FieldAccess.OPEN
    """How far the reader's role sees it, once ``queries.contact_points`` has said so."""
    leads = False
    """Whether it is the one of its kind to use today, once ``queries.contact_points`` has said so."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "kind", "value_key"], name="contact_by_value"),
            models.Index(
                fields=["tenant_id", "kind", "customer"],
                condition=models.Q(verified_on__isnull=False),
                name="contact_verified",
            ),
            models.Index(
                fields=["tenant_id", "kind", "valid_until", "customer"],
                condition=models.Q(valid_until__isnull=False),
                name="contact_until",
            ),
            models.Index(
                fields=["tenant_id", "customer"],
                condition=models.Q(sealed__isnull=False),
                name="contact_sealed",
            ),
        ]

    def __str__(self) -> str:
        return self.value

    def is_over(self, today: datetime.date) -> bool:
        """Whether nobody is reached there any more."""
        return self.valid_until is not None and self.valid_until < today

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(
            self.label,
            self.value,
            self.parts,
            self.is_primary,
            self.verified_on,
            self.verified_how,
            self.valid_until,
        )


def contact_order(today: datetime.date) -> list[models.Case | str]:
    """What a customer's contact points are ordered by, so that the one to use at a day comes first of its kind."""
    over = models.Case(
        models.When(valid_until__lt=today, then=models.Value(1)),
        default=models.Value(0),
        output_field=models.SmallIntegerField(),
    )
    return [over, "-is_primary", "created_at", "id"]
