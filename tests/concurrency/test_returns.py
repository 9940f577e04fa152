"""Two people take the last one back at the same moment."""

import contextlib
import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.commerce import access, actions, queries
from zhiyin.commerce.actions import NewLine, ReturnedLine, TooMuchReturned
from zhiyin.commerce.models import Order
from zhiyin.platform.tenancy import scope


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def order(shop: Company) -> Order:
    actor, now = shop.gao.actor, timezone.now()
    with shop.scope():
        product = actions.create_product(actor=actor, code="P", price="5", now=now)
        return actions.create_order(actor=actor, lines=[NewLine(product.pk, Decimal(3))], now=now)


def _two_returns(shop: Company, order: Order) -> list[str]:
    """Two connections return two of three; both have looked at the order before either writes."""
    outcomes: list[str] = []
    both_looked = threading.Barrier(2, timeout=10)

    def attempt() -> None:
        try:
            with scope(shop.tenant.id):
                queries.returnable(order.pk)
                both_looked.wait()
                actions.record_return(
                    actor=shop.gao.actor,
                    order_id=order.pk,
                    lines=[ReturnedLine(1, Decimal(2))],
                    now=timezone.now(),
                )
                # without the lock both are here before one commits
                with contextlib.suppress(threading.BrokenBarrierError):
                    late.wait()
            outcomes.append("done")
        except TooMuchReturned:
            outcomes.append("refused")
        finally:
            connections.close_all()

    late = threading.Barrier(2, timeout=1)
    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


def test_one_of_two_returns_is_refused(shop: Company, order: Order) -> None:
    assert _two_returns(shop, order) == ["done", "refused"]
    with shop.scope():
        assert sum(queries.returnable(order.pk).values()) == 1


def test_without_the_lock_both_would_succeed(
    shop: Company, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = access.order

    def unlocked(*args: object, lock: bool = False, **how: object) -> Order:
        return locked(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(access, "order", unlocked)
    _without_the_number_lock(monkeypatch)
    assert _two_returns(shop, order) == ["done", "done"]
    with shop.scope():
        assert sum(queries.returnable(order.pk).values()) == -1


def _without_the_number_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day's number is counted by one at a time, which would hide what the order's lock is for."""

    def free(*_args: object) -> str:
        return f"R-{uuid.uuid4().hex[:8]}"

    monkeypatch.setattr("zhiyin.commerce.actions.returns.next_number", free)
