"""Two people write the two halves of a circle of parent companies at the same moment."""

import contextlib
import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.customers import actions
from zhiyin.customers.actions import relations
from zhiyin.customers.actions.relations import RelationCircle
from zhiyin.customers.models import Customer, Relation, RelationType
from zhiyin.platform.tenancy import scope


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def two(shop: Company) -> list[Customer]:
    with shop.scope():
        return [
            actions.create_customer(actor=shop.gao.actor, name=name, kind="organisation", now=timezone.now())
            for name in "甲乙"
        ]


def _both_halves(shop: Company, two: list[Customer]) -> list[str]:
    """One writes that the first stands below the second, the other the reverse; both are there before either ends."""
    with shop.scope():
        parent = RelationType.objects.get(code="parent")
    actor = shop.gao.actor
    outcomes: list[str] = []
    both_began = threading.Barrier(2, timeout=10)
    late = threading.Barrier(2, timeout=1)

    def attempt(below: Customer, above: Customer) -> None:
        try:
            with scope(shop.tenant.id):
                Relation.objects.count()
                both_began.wait()
                actions.add_relation(
                    actor=actor,
                    customer_id=below.pk,
                    other_id=above.pk,
                    type_id=parent.pk,
                    now=timezone.now(),
                )
                # without the lock both are here before one commits
                with contextlib.suppress(threading.BrokenBarrierError):
                    late.wait()
            outcomes.append("done")
        except RelationCircle:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=pair) for pair in (two, reversed(two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


def test_only_one_half_is_written(shop: Company, two: list[Customer]) -> None:
    assert _both_halves(shop, two) == ["done", "refused"]
    with shop.scope():
        assert Relation.objects.count() == 1


def test_without_the_lock_there_is_a_circle(
    shop: Company, two: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relations, "_held", lambda type_id: RelationType.objects.get(pk=type_id))
    assert _both_halves(shop, two) == ["done", "done"]
    with shop.scope():
        assert Relation.objects.count() == 2
