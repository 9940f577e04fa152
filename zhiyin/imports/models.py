from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from zhiyin.imports.choices import UNSETTLED, ImportState
from zhiyin.imports.messages import Message
from zhiyin.platform.models import Job, StoredFile
from zhiyin.platform.tenancy import TenantModel


class ImportProfile(TenantModel):
    """How files of one sort are read: saved once, chosen again for the next file."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=30)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    date_formats = models.JSONField(default=dict)
    source = models.CharField(max_length=64, blank=True)
    matching = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "kind", "name"], name="import_profile_once")
        ]

    def __str__(self) -> str:
        return self.name


class Import(TenantModel):
    """One file and what became of it.

    ``mapping`` gives the column of each field, ``options`` how the file is opened, ``date_formats`` what a person
    chose instead of the guess, ``new_fields`` what its columns are to become that nothing was known of, ``source`` whose order numbers they are, ``matching`` what becomes of rows about
    records that are there already (see ``matching.Matching``). ``result`` holds counts, totals and
    sentences (see ``messages.Message``) of the check or of the import itself.
    """

    kind = models.CharField(max_length=30)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    refused_file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, blank=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.DRAFT)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    date_formats = models.JSONField(default=dict)
    source = models.CharField(max_length=64, blank=True)
    matching = models.JSONField(default=dict, db_default={})
    new_fields = models.JSONField(default=list, db_default=[])
    recognised = models.JSONField(default=dict)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.JSONField(null=True, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_by_name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_busy(self) -> bool:
        """Whether a job works on it, or is about to."""
        return self.state in UNSETTLED and self.job is not None and not self.job.is_finished

    @property
    def can_be_discarded(self) -> bool:
        """Whether nothing in the records comes from it, and nothing is being done."""
        return not self.is_busy and self.state not in (ImportState.APPLIED, ImportState.UNDOING)

    @property
    def problem(self) -> Message | None:
        """Why it failed."""
        return Message.from_json(self.error) if self.error else None


class ImportChange(TenantModel):
    """A row that was there before and that an import changed: what to put back at undo."""

    batch = models.ForeignKey(Import, models.CASCADE, related_name="changes")
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["batch", "subject_kind", "subject_id"], name="import_change_of"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"
