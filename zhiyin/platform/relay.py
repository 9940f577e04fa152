"""Carries the outbox's events to their handlers."""

import datetime
import time
import uuid

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from zhiyin.platform import outbox
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.logging import kind_and_place
from zhiyin.platform.models import OutboxDelivery
from zhiyin.platform.tenancy import scope

log = structlog.get_logger("zhiyin.outbox")
# After the last wait a delivery is given up, and an administrator may send it again.
WAITS = [datetime.timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60, 240, 720)]


def due_tenants() -> list[uuid.UUID]:
    """The tenants with deliveries that are due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_tenants()")
        return [row[0] for row in cursor.fetchall()]


def deliver(tenant_id: uuid.UUID, *, most: int = 500) -> int:
    """Deliver what is due for a tenant, ``most`` deliveries at a time, and say how many were tried."""
    for count in range(most):
        if not deliver_one(tenant_id):
            return count
    return most


def deliver_one(tenant_id: uuid.UUID) -> bool:
    """Hand one event to one handler and mark it, in one transaction; false when nothing is due."""
    with scope(tenant_id):
        delivery = _next()
        if delivery is None:
            return False
        function = outbox.handler(delivery.handler)
        if function is None:
            _give_up(delivery, "this version has no such handler")
            return True
        delivery.attempts += 1
        started = time.perf_counter()
        try:
            with transaction.atomic():
                function(_delivered(delivery, tenant_id))
        except Exception as error:
            log.exception("outbox.failed", handler=delivery.handler, event_id=str(delivery.event_id))
            _fail(delivery, error)
        else:
            delivery.state, delivery.done_at, delivery.error = DeliveryState.DONE, timezone.now(), ""
            delivery.save(update_fields=["state", "done_at", "attempts", "error"])
            seconds = round(time.perf_counter() - started, 4)
            log.debug("outbox.delivered", handler=delivery.handler, seconds=seconds)
    return True


def send_again(deliveries: QuerySet[OutboxDelivery], *, now: datetime.datetime) -> int:
    """Give deliveries that were given up a new series of tries, and say how many."""
    count = deliveries.update(state=DeliveryState.PENDING, attempts=0, due_at=now)
    outbox.wake()
    return count


def prune(before: datetime.datetime) -> int:
    """Forget events of all tenants that were delivered everywhere before then; a week is always kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_prune(%s)", [before])
        return int(cursor.fetchone()[0])


def _next() -> OutboxDelivery | None:
    """The oldest due delivery that no earlier one of its handler and subject holds up, locked."""
    pending = OutboxDelivery.objects.filter(state=DeliveryState.PENDING)
    before = pending.filter(
        handler=OuterRef("handler"), order_key=OuterRef("order_key"), event_id__lt=OuterRef("event_id")
    )
    return (
        pending.filter(~Exists(before), due_at__lte=timezone.now())
        .select_related("event")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("event_id", "handler")
        .first()
    )


def _delivered(delivery: OutboxDelivery, tenant_id: uuid.UUID) -> outbox.Delivered:
    event = delivery.event
    return outbox.Delivered(
        id=event.id,
        name=event.name,
        tenant_id=tenant_id,
        occurred_at=event.occurred_at,
        actor_name=event.actor_name,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        data=event.data,
        attempt=delivery.attempts,
    )


def _fail(delivery: OutboxDelivery, error: Exception) -> None:
    if delivery.attempts > len(WAITS):
        _give_up(delivery, kind_and_place(error))
        return
    delivery.error = kind_and_place(error)
    delivery.due_at = timezone.now() + WAITS[delivery.attempts - 1]
    delivery.save(update_fields=["attempts", "error", "due_at"])


def _give_up(delivery: OutboxDelivery, error: str) -> None:
    delivery.state, delivery.error = DeliveryState.DEAD, error
    delivery.save(update_fields=["state", "attempts", "error"])
    log.error("outbox.given_up", handler=delivery.handler, event_id=str(delivery.event_id))
