"""Two people merge the same customers at the same moment, and one writes while another merges."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.customers import actions
from zhiyin.customers.models import Customer, Merge, Note
from zhiyin.platform.errors import DomainError
from zhiyin.platform.tenancy import scope, with_gone


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _files(shop: Company, number: int) -> list[Customer]:
    with shop.scope():
        return [
            actions.create_customer(actor=shop.gao.actor, name=f"客户{n}", now=timezone.now())
            for n in range(number)
        ]


def _at_once(shop: Company, *steps: object) -> list[str]:
    """Run steps in connections of their own; what became of each."""
    outcomes: list[str] = []
    begin = threading.Barrier(len(steps), timeout=10)

    def attempt(step: object) -> None:
        try:
            with scope(shop.tenant.id):
                Customer.objects.count()
                begin.wait()
                step()  # type: ignore[operator]
            outcomes.append("done")
        except DomainError:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


def test_of_two_opposite_merges_one_is_done(shop: Company) -> None:
    actor = shop.gao.actor
    for _ in range(5):
        one, two = _files(shop, 2)

        def merge(survivor: Customer, other: Customer) -> object:
            return lambda: actions.merge_customers(
                actor=actor, survivor_id=survivor.pk, customer_ids=[other.pk], now=timezone.now()
            )

        assert _at_once(shop, merge(one, two), merge(two, one)) == ["done", "refused"]
        with shop.scope():
            assert Customer.objects.filter(pk__in=[one.pk, two.pk]).count() == 1


def test_of_three_merges_around_a_circle_nobody_vanishes_into_nothing(shop: Company) -> None:
    actor = shop.gao.actor
    files = _files(shop, 3)

    def merge(place: int) -> object:
        return lambda: actions.merge_customers(
            actor=actor,
            survivor_id=files[place].pk,
            customer_ids=[files[(place + 1) % 3].pk],
            now=timezone.now(),
        )

    outcomes = _at_once(shop, merge(0), merge(1), merge(2))
    with shop.scope():
        assert Customer.objects.count() == 3 - outcomes.count("done")
        assert Merge.objects.count() == outcomes.count("done")
        assert Customer.objects.count() >= 1


def test_what_is_written_during_a_merge_is_not_lost(shop: Company) -> None:
    actor = shop.gao.actor
    for _ in range(5):
        one, two = _files(shop, 2)

        def merge(one: Customer = one, two: Customer = two) -> None:
            actions.merge_customers(
                actor=actor, survivor_id=one.pk, customer_ids=[two.pk], now=timezone.now()
            )

        def write(two: Customer = two) -> None:
            actions.add_note(actor=actor, customer_id=two.pk, body="同时", now=timezone.now())

        outcomes = _at_once(shop, merge, write)
        with shop.scope(), with_gone():
            notes = Note.objects.filter(customer__in=[one.pk, two.pk])
            assert {note.customer_id for note in notes} <= {one.pk}
            assert len(notes) == outcomes.count("done") - 1
