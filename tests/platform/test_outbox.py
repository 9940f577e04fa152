"""Delivery of events: retries, order, and what is given up."""

import datetime
import re
import uuid
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.utils import timezone

from zhiyin.platform import outbox, relay
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.models import OutboxDelivery, OutboxEvent, StoredFile
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.usefixtures("committed")
HEARD: list[tuple[int, int]] = []
FAIL: set[int] = set()


@dataclass(frozen=True)
class Rung(outbox.Event):
    name: ClassVar = "tests.rung"
    number: int


@outbox.handles("tests.rung")
def hear(event: outbox.Delivered) -> None:
    HEARD.append((event.data["number"], event.attempt))
    StoredFile.objects.create(
        name="heard",
        key="k",
        size=1,
        sha256="",
        created_at=event.occurred_at,
        content_type=str(event.attempt),
    )
    if event.data["number"] in FAIL:
        raise ConnectionError("nobody at home")


@pytest.fixture
def tenant() -> uuid.UUID:
    HEARD.clear()
    FAIL.clear()
    return uuid.uuid4()


def ring(tenant: uuid.UUID, *numbers: int, subject: uuid.UUID | None = None) -> None:
    with scope(tenant):
        for number in numbers:
            outbox.publish(
                Rung(number),
                actor_name="林岚",
                now=timezone.now(),
                subject=("bell", subject) if subject else None,
            )


def make_due(tenant: uuid.UUID) -> None:
    with scope(tenant):
        OutboxDelivery.objects.filter(state=DeliveryState.PENDING).update(due_at=timezone.now())


def test_events_arrive_in_order_and_once(tenant: uuid.UUID) -> None:
    ring(tenant, 1, 2, 3)
    assert tenant in relay.due_tenants()
    assert relay.deliver(tenant) == 3
    assert relay.deliver(tenant) == 0
    assert [number for number, _ in HEARD] == [1, 2, 3]
    assert tenant not in relay.due_tenants()


def test_a_failure_leaves_nothing_written_and_is_tried_again_later(tenant: uuid.UUID) -> None:
    FAIL.add(1)
    ring(tenant, 1)
    assert relay.deliver(tenant) == 1
    with scope(tenant):
        delivery = OutboxDelivery.objects.get()
        assert not StoredFile.objects.exists()
        assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 1)
        # kind and place, never what the error says, which may name people
        assert re.fullmatch(r"ConnectionError at tests/platform/test_outbox\.py:\d+", delivery.error)
        assert delivery.due_at > timezone.now() + datetime.timedelta(seconds=50)
    assert relay.deliver(tenant) == 0
    FAIL.clear()
    make_due(tenant)
    relay.deliver(tenant)
    with scope(tenant):
        assert OutboxDelivery.objects.get().state == DeliveryState.DONE
        assert StoredFile.objects.get().content_type == "2"


def test_a_failure_holds_up_its_own_subject_and_no_other(tenant: uuid.UUID) -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    FAIL.add(1)
    ring(tenant, 1, 2, subject=one)
    ring(tenant, 3, 4, subject=two)
    relay.deliver(tenant)
    assert [number for number, _ in HEARD] == [1, 3, 4]
    FAIL.clear()
    make_due(tenant)
    relay.deliver(tenant)
    assert [number for number, _ in HEARD] == [1, 3, 4, 1, 2]


def test_a_delivery_that_never_works_is_given_up_and_can_be_sent_again(tenant: uuid.UUID) -> None:
    FAIL.add(1)
    ring(tenant, 1, 2)
    for _ in range(len(relay.WAITS) + 1):
        relay.deliver(tenant)
        make_due(tenant)
    relay.deliver(tenant)
    assert [number for number, _ in HEARD] == [1] * (len(relay.WAITS) + 1) + [2]
    FAIL.clear()
    with scope(tenant):
        dead = OutboxDelivery.objects.filter(state=DeliveryState.DEAD)
        assert relay.send_again(dead, now=timezone.now()) == 1
    assert relay.deliver(tenant) == 1
    assert HEARD[-1] == (1, 1)


def test_an_event_for_a_handler_that_is_gone_is_given_up(
    tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring(tenant, 1)
    monkeypatch.setattr(outbox, "_handlers", {})
    relay.deliver(tenant)
    with scope(tenant):
        assert OutboxDelivery.objects.get().state == DeliveryState.DEAD


def test_events_of_an_action_that_failed_are_never_heard(tenant: uuid.UUID) -> None:
    with pytest.raises(RuntimeError), scope(tenant):
        ring(tenant, 1)
        raise RuntimeError
    assert relay.deliver(tenant) == 0
    assert not HEARD


def test_old_delivered_events_are_forgotten_and_others_kept(tenant: uuid.UUID) -> None:
    long_ago = timezone.now() - datetime.timedelta(days=40)
    FAIL.add(2)
    ring(tenant, 1, 2, 3)
    relay.deliver(tenant)
    with scope(tenant):
        OutboxEvent.objects.filter(data__number__in=[1, 2]).update(occurred_at=long_ago)
        OutboxDelivery.objects.filter(event__data__number=1).update(done_at=long_ago)
    relay.prune(timezone.now())
    with scope(tenant):
        assert sorted(OutboxEvent.objects.values_list("data__number", flat=True)) == [2, 3]
