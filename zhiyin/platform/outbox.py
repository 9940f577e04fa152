"""Transactional outbox: news of a change is committed with the change and delivered at least once.

An app declares its events in ``events.py`` and hears of others' in ``handlers.py``::

    @dataclass(frozen=True)
    class CustomerCreated(outbox.Event):
        name: ClassVar = "customers.customer_created"
        customer_id: uuid.UUID

    @outbox.handles("customers.customer_created")
    def welcome(event: outbox.Delivered) -> None: ...

A handler runs inside its tenant's scope, in the transaction that marks the delivery done: what it writes to
the database happens exactly once, what it does elsewhere happens at least once.

Order: one handler receives the events of one subject in the order of their keys, and the next only after the
one before is done or given up. Keys are UUIDv7: those of one transaction are in order, those of two processes
in the order of their clocks, to the millisecond; an event that commits late comes late. Events of different
subjects have no order among them.
"""

import dataclasses
import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection

from zhiyin.platform.models import OutboxDelivery, OutboxEvent

CHANNEL = "zhiyin_outbox"
NO_SUBJECT = uuid.UUID(int=0)
Subject = tuple[str, uuid.UUID]


@dataclass(frozen=True)
class Event:
    """Base of all events; a subclass sets ``name`` and declares what it carries."""

    name: ClassVar[str]

    def data(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Delivered:
    """An event as a handler receives it; ``data`` holds its fields as JSON gives them back."""

    id: uuid.UUID
    name: str
    tenant_id: uuid.UUID
    occurred_at: datetime.datetime
    actor_name: str
    subject_kind: str
    subject_id: uuid.UUID | None
    data: dict[str, Any]
    attempt: int


Handler = Callable[[Delivered], None]
_handlers: dict[str, Handler] = {}
_names: dict[str, list[str]] = defaultdict(list)


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register a function for the events of these names."""

    def register(function: Handler) -> Handler:
        key = f"{function.__module__}.{function.__qualname__}"
        _handlers[key] = function
        for name in names:
            if key not in _names[name]:
                _names[name].append(key)
        return function

    return register


def handler(key: str) -> Handler | None:
    """The function registered under a key, ``None`` when this version has it no more."""
    return _handlers.get(key)


def publish(
    event: Event, *, actor_name: str, now: datetime.datetime, subject: Subject | None = None
) -> OutboxEvent:
    """Write an event and its deliveries in the current transaction, and wake the workers at its commit."""
    kind, subject_id = subject or ("", None)
    row = OutboxEvent.objects.create(
        name=event.name,
        data=event.data(),
        subject_kind=kind,
        subject_id=subject_id,
        actor_name=actor_name,
        occurred_at=now,
    )
    OutboxDelivery.objects.bulk_create(
        OutboxDelivery(event=row, handler=key, order_key=subject_id or NO_SUBJECT, due_at=now)
        for key in _names.get(event.name, ())
    )
    wake()
    return row


def wake() -> None:
    """Tell the workers at commit that the transaction's tenant has work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, current_tenant()::text)", [CHANNEL])
