import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class FollowUpAdded(Event):
    name: ClassVar = "activities.follow_up_added"
    customer_id: uuid.UUID
    follow_up_id: uuid.UUID


@dataclass(frozen=True)
class TaskChanged(Event):
    """``what`` is ``added``, ``changed`` or the state that the task has now."""

    name: ClassVar = "activities.task_changed"
    task_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class AppointmentChanged(Event):
    """``what`` is ``added``, ``changed``, ``removed``, ``restored`` or ``answered``."""

    name: ClassVar = "activities.appointment_changed"
    appointment_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class FeedChanged(Event):
    """``what`` is ``made`` or ``revoked``."""

    name: ClassVar = "activities.feed_changed"
    feed_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ConnectionChanged(Event):
    """``what`` is ``made``, ``chosen``, ``asked`` to be synchronised or ``ended``."""

    name: ClassVar = "activities.connection_changed"
    connection_id: uuid.UUID
    what: str
