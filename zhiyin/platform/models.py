from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from zhiyin.platform.choices import DeliveryState, JobState
from zhiyin.platform.keys import uuid7
from zhiyin.platform.tenancy import CurrentTenant, TenantModel


class OutboxEvent(TenantModel):
    """Something that happened, committed together with the change itself."""

    name = models.CharField(max_length=100)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    subject_kind = models.CharField(max_length=50, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=100, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_event"
        indexes: ClassVar = [models.Index(fields=["tenant_id", "id"], name="outbox_event_order")]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class OutboxDelivery(TenantModel):
    """One event on its way to one handler. Those of one ``order_key`` go to a handler one after another."""

    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    order_key = models.UUIDField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "outbox_delivery"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "handler"], name="outbox_delivery_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "handler", "order_key", "event"],
                condition=models.Q(state=DeliveryState.PENDING),
                name="outbox_delivery_pending",
            ),
            models.Index(
                fields=["tenant_id", "event"],
                condition=models.Q(state=DeliveryState.DEAD),
                name="outbox_delivery_dead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.handler}: {self.state}"


class AuditEntry(TenantModel):
    """Who did what to what, when. Append-only."""

    occurred_at = models.DateTimeField()
    action = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=100)
    subject_kind = models.CharField(max_length=50, blank=True)
    subject_id = models.UUIDField(null=True, blank=True)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "-id"], name="audit_newest"),
            models.Index(fields=["tenant_id", "subject_id", "-id"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"


class AuditPending(TenantModel):
    """An entry that waits for its place in the log; ``id`` is the entry's."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "id"], name="audit_pending_order")]

    def __str__(self) -> str:
        return str(self.id)


class AuditLeaf(TenantModel):
    """An entry's place in its tenant's log. Append-only.

    ``leaf`` is the entry's RFC 6962 leaf hash, ``chain`` the SHA-256 over the chain before it and ``leaf``.
    """

    sequence = models.BigIntegerField()
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="leaf")
    leaf = models.BinaryField(max_length=32)
    chain = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "sequence"], name="audit_leaf_sequence")
        ]

    def __str__(self) -> str:
        return str(self.sequence)


class AuditSeal(TenantModel):
    """The root over the first ``size`` entries of a tenant's log. Append-only.

    ``peaks`` are the roots of the perfect subtrees from left to right, from which the tree grows on;
    ``previous`` is the size at the seal before, so that a removed one is missed.
    """

    size = models.BigIntegerField()
    previous = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    chain = models.BinaryField(max_length=32)
    peaks = ArrayField(models.BinaryField(max_length=32))
    sealed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "size"], name="audit_seal_size")
        ]

    def __str__(self) -> str:
        return f"{self.size} {bytes(self.root).hex()}"


class AuditNode(TenantModel):
    """The root of a perfect subtree of ``2 ** level`` leaves, of every eighth level, for proofs. Append-only."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "level", "index"], name="audit_node_place")
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class AuditCheckpoint(TenantModel):
    """A signed statement of a log's size, root and time, as it was handed out. Append-only."""

    size = models.BigIntegerField()
    note = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "size"], name="audit_checkpoint_size")
        ]

    def __str__(self) -> str:
        return f"checkpoint over {self.size}"


class Job(TenantModel):
    """A piece of work in the background, as the person who started it sees it."""

    kind = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    arguments = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    actor = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True, blank=True)
    created_by_name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    queue_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "-id"], name="job_newest"),
            models.Index(fields=["tenant_id", "created_by", "-id"], name="job_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Whole percent done, ``None`` while the total is unknown."""
        return min(100, 100 * self.done // self.total) if self.total else None


class StoredFile(TenantModel):
    """A file kept outside the database; ``key`` is its place in the storage.

    Of one that is ``expired_at`` only this row is left.
    """

    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    expired_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "-id"], name="file_newest")]

    def __str__(self) -> str:
        return self.name


class Notification(TenantModel):
    """What one member is told; ``kind`` has the sentence, ``data`` what fills it and where it leads."""

    member_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member_id", "-id"], name="notification_of_member"),
            models.Index(fields=["member_id"], condition=models.Q(seen_at=None), name="notification_unseen"),
        ]

    def __str__(self) -> str:
        return self.kind


class MasterKey(models.Model):
    """A version of the installation's master key that wraps something here: its name, not the key. Global."""

    version = models.CharField(max_length=64, primary_key=True)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.version


class TenantKey(TenantModel):
    """A key of a company, wrapped by the master key. No backup of the database holds these rows."""

    purpose = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    master = models.CharField(max_length=64)
    wrapped = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "purpose", "version"], name="tenant_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


class SubjectKey(models.Model):
    """A subject's key, wrapped by its company's; none once it was destroyed. In no backup of the database."""

    subject_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(wrapped=None, destroyed_at__isnull=False)
                | models.Q(wrapped__isnull=False, destroyed_at=None),
                name="subject_key_or_not",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_id", "version"], name="subject_key_by_version")]

    def __str__(self) -> str:
        return str(self.subject_id)


class Suppression(TenantModel):
    """By what an erased person would be known again: a keyed hash of a number, an address or a code."""

    hash = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=20)
    suppressed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "hash"], name="suppression_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.suppressed_at}"


class Worker(models.Model):
    """A running worker process and when it was last seen. Global."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=200)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
