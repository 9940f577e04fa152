import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class DeliveriesRetried(Event):
    name: ClassVar = "platform.deliveries_retried"
    count: int


@dataclass(frozen=True)
class DeliveryDismissed(Event):
    name: ClassVar = "platform.delivery_dismissed"
    delivery_id: uuid.UUID


@dataclass(frozen=True)
class FilesExpired(Event):
    """So many files of a kind, ``export`` or ``upload``, were kept for as long as the company keeps them."""

    name: ClassVar = "platform.files_expired"
    kind: str
    count: int


@dataclass(frozen=True)
class CheckpointMade(Event):
    """The audit log was signed as far as ``size`` entries."""

    name: ClassVar = "platform.checkpoint_made"
    size: int


@dataclass(frozen=True)
class EntriesRedacted(Event):
    """Audit entries lost what they said about an erased person."""

    name: ClassVar = "platform.entries_redacted"
    count: int


@dataclass(frozen=True)
class MemberNotified(Event):
    name: ClassVar = "platform.member_notified"
    member_id: uuid.UUID
    notification_id: uuid.UUID


@dataclass(frozen=True)
class KeysRotated(Event):
    """The company has new keys; its customers' are wrapped under them from now on."""

    name: ClassVar = "platform.keys_rotated"
    version: int
