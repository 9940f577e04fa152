from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhiyin.accounts.models import Member
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import TenantModel


class Document(TenantModel):
    """Something written that a customer is given: an offer, a manual, a contract.

    ``removed_at`` is when somebody removed it; the files go some days later.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "removed_at"], condition=~Q(removed_at=None), name="document_removed"
            )
        ]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(TenantModel):
    """One state of a document; ``number`` counts from 1, the highest is what links show."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="document_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.number}"


class DocumentLink(TenantModel):
    """An address under which one recipient opens a document without signing in. Only its SHA-256 is kept."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="links")
    recipient = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.recipient


class DocumentOpening(TenantModel):
    """One time that a link's recipient opened a version; ``program`` is the browser as it names itself."""

    link = models.ForeignKey(DocumentLink, models.CASCADE, related_name="openings")
    version = models.ForeignKey(DocumentVersion, models.CASCADE, related_name="openings")
    program = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.link_id} {self.opened_at:%Y-%m-%d}"
