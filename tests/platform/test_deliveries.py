"""Deliveries that were given up: who sees them, what the page says of them, another try, and letting them rest."""

import re
import uuid

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.platform import actions, outbox
from zhiyin.platform.audit.verify import Tree
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.logging import kind_and_place
from zhiyin.platform.models import AuditEntry, OutboxDelivery, OutboxEvent

SECRET = "王小明 13800138000"


@pytest.fixture
def dead(cast: Company) -> list[uuid.UUID]:
    """Two, given up."""
    now = timezone.now()
    with cast.scope():
        events = [
            OutboxEvent.objects.create(name="imports.import_applied", data={"who": SECRET}, occurred_at=now)
            for _ in range(2)
        ]
        rows = [
            OutboxDelivery.objects.create(
                event=event, handler="zhiyin.analytics.handlers.analyse", order_key=outbox.NO_SUBJECT,
                due_at=now, state=DeliveryState.DEAD, attempts=8, error="ConnectionError",
            )
            for event in events
        ]  # fmt: skip
        return [row.pk for row in rows]


def _states(cast: Company) -> list[str]:
    with cast.scope():
        return list(OutboxDelivery.objects.order_by("id").values_list("state", flat=True))


def test_the_page_says_what_failed_and_nothing_of_people(cast: Company, dead: list[uuid.UUID]) -> None:
    cast.gao.client.cookies["zhiyin_language"] = "en"
    shown = cast.gao.client.get("/settings/deliveries/").content.decode()
    assert "ConnectionError" in shown
    assert "Import done" in shown
    assert SECRET not in shown
    listed = cast.gao.client.get("/api/v1/failed-deliveries/").json()["items"]
    assert [each["id"] for each in listed] == [str(key) for key in reversed(dead)]
    assert SECRET not in str(listed)


def test_one_is_tried_again_and_one_rests(cast: Company, dead: list[uuid.UUID]) -> None:
    first, second = dead
    cast.gao.client.post(f"/settings/deliveries/{first}/retry/")
    assert _states(cast) == [DeliveryState.PENDING, DeliveryState.DEAD]
    cast.gao.client.post(f"/settings/deliveries/{second}/dismiss/")
    assert _states(cast) == [DeliveryState.PENDING, DeliveryState.DISMISSED]
    with cast.scope():
        assert OutboxDelivery.objects.get(pk=first).attempts == 0
        told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
        assert told == ["platform.deliveries_retried", "platform.delivery_dismissed"]
        with pytest.raises(NotFound):
            actions.retry_deliveries(actor=cast.gao.actor, delivery_id=second, now=timezone.now())
        with pytest.raises(NotFound):
            actions.dismiss_delivery(actor=cast.gao.actor, delivery_id=second, now=timezone.now())


def test_all_are_tried_again(cast: Company, other: Company, dead: list[uuid.UUID]) -> None:
    with other.scope():
        assert actions.retry_deliveries(actor=other.gao.actor, now=timezone.now()) == 0
    with cast.scope():
        with pytest.raises(PermissionDenied):
            actions.retry_deliveries(actor=cast.ma.actor, now=timezone.now())
        assert actions.retry_deliveries(actor=cast.gao.actor, now=timezone.now()) == 2


def test_an_error_is_told_by_kind_and_place() -> None:
    assert kind_and_place(NotFound(SECRET)) == "NotFound"
    with pytest.raises(ValueError, match="peaks") as inside:
        Tree(3, [SECRET.encode()])
    assert re.fullmatch(r"ValueError at platform/audit/verify\.py:\d+", kind_and_place(inside.value))
