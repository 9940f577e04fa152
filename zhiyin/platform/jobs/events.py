import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class JobStarted(Event):
    name: ClassVar = "platform.job_started"
    job_id: uuid.UUID
    kind: str


@dataclass(frozen=True)
class JobCancelAsked(Event):
    name: ClassVar = "platform.job_cancel_asked"
    job_id: uuid.UUID


@dataclass(frozen=True)
class JobRetried(Event):
    name: ClassVar = "platform.job_retried"
    job_id: uuid.UUID
