"""An action's audit entry and event stand and fall with the action."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry, AuditPending, OutboxDelivery, OutboxEvent
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.django_db
TENANT = uuid.uuid4()
ACTOR = Actor(tenant_id=TENANT, member_id=uuid.uuid4(), name="林岚")


@dataclass(frozen=True)
class KettleBoiled(outbox.Event):
    name: ClassVar = "tests.kettle_boiled"
    kettle_id: uuid.UUID


@outbox.handles("tests.kettle_boiled")
def pour(event: outbox.Delivered) -> None: ...


def boil(kettle_id: uuid.UUID) -> None:
    record(
        KettleBoiled(kettle_id),
        actor=ACTOR,
        now=timezone.now(),
        subject=("kettle", kettle_id),
        changes={"temperature": [20, 100]},
    )


def test_a_change_leaves_an_audit_entry_and_an_event() -> None:
    kettle = uuid.uuid4()
    with scope(TENANT):
        boil(kettle)
        entry = AuditEntry.objects.get()
        event = OutboxEvent.objects.get()
        assert (entry.action, entry.actor_name, entry.subject_id) == ("tests.kettle_boiled", "林岚", kettle)
        assert entry.changes == {"temperature": [20, 100]}
        assert AuditPending.objects.get().id == entry.id
        assert event.data == {"kettle_id": str(kettle)}
        assert OutboxDelivery.objects.get().handler == f"{__name__}.pour"
    assert not OutboxEvent.objects.exists()


def test_nothing_of_it_stays_when_the_action_fails() -> None:
    with pytest.raises(RuntimeError), scope(TENANT):
        boil(uuid.uuid4())
        raise RuntimeError
    with scope(TENANT):
        assert not AuditEntry.objects.exists()
        assert not OutboxEvent.objects.exists()
        assert not OutboxDelivery.objects.exists()


def test_audit_entries_cannot_be_changed_or_removed() -> None:
    with scope(TENANT):
        boil(uuid.uuid4())
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.update(actor_name="nobody")
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.all().delete()
