from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

from zhiyin.customers.choices import (
    ConsentAnswer,
    ConsentChannel,
    ConsentSource,
    LegalBasis,
    StandardPurpose,
)
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


class Purpose(TenantModel):
    """What a company uses personal data for, and what allows it to.

    ``code`` tells a standard purpose, whose empty name means the standard one in the reader's language.
    ``wording`` is what people are asked, kept with each answer.
    """

    code = models.CharField(max_length=20, blank=True, db_default="")
    name = models.CharField(max_length=60, blank=True, db_default="")
    basis = models.CharField(max_length=12, choices=LegalBasis)
    wording = models.TextField(max_length=4000, blank=True, db_default="")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "code"], condition=~Q(code=""), name="purpose_code_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def label(self) -> str | Promise:
        return self.name or StandardPurpose(self.code).label

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.name, self.basis, self.wording, self.archived_at)


class Consent(TenantModel):
    """One answer of a customer: an entry of the ledger, never changed; only a merge moves it to another file.

    Without a ``purpose`` it is about any contact at all: a refusal then means "do not contact". An empty
    ``channel`` means every channel. Of what is said about the same, the latest ``answered_at`` holds.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents", db_index=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="consents")
    channel = models.CharField(max_length=8, choices=ConsentChannel, blank=True, db_default="")
    answer = models.CharField(max_length=10, choices=ConsentAnswer)
    source = models.CharField(max_length=10, choices=ConsentSource)
    wording = models.TextField(max_length=4000, blank=True, db_default="")
    proof = models.CharField(max_length=500, blank=True, db_default="")
    actor_name = models.CharField(max_length=100)
    answered_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["customer", "purpose", "channel", "-answered_at", "-id"], name="consent_by_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.channel} {self.answer}"
