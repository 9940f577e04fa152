"""A customer is reclaimed and looked after at the same moment: either it stays, or the touch is refused."""

import datetime
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.activities.actions import add_follow_up
from zhiyin.activities.models import FollowUp
from zhiyin.customers import actions
from zhiyin.customers.actions import PoolRules, ProtectionRules
from zhiyin.customers.models import Customer, Pool
from zhiyin.platform.errors import DomainError
from zhiyin.platform.tenancy import scope

DAY = datetime.timedelta(days=1)
LATER = timezone.now() + 40 * DAY


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _lapsed(shop: Company) -> uuid.UUID:
    with shop.scope():
        gao, now = shop.gao.actor, timezone.now()
        actions.make_timeline_months(now, months=3)
        actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        actions.create_protection_rule(actor=gao, rules=ProtectionRules("一般", 30), now=now)
        return actions.create_customer(actor=shop.lin.actor, name="客户", now=now).pk


def _in_thread(shop: Company, step: Callable[[], object]) -> tuple[threading.Thread, list[str]]:
    outcome: list[str] = []

    def run() -> None:
        try:
            with scope(shop.tenant.id):
                step()
            outcome.append("done")
        except DomainError as error:
            outcome.append(type(error).__name__)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def _follow_up(shop: Company, key: uuid.UUID) -> None:
    add_follow_up(actor=shop.lin.actor, customer_id=key, kind="call", body="谈过", now=LATER)


def _reclaim(shop: Company) -> None:
    actions.reclaim_now(actor=shop.gao.actor, now=LATER)


def test_who_is_being_looked_after_is_not_reclaimed(shop: Company) -> None:
    key = _lapsed(shop)
    with shop.scope():
        _follow_up(shop, key)
        thread, outcome = _in_thread(shop, lambda: _reclaim(shop))
        thread.join(20)
        assert outcome == ["done"], "it waits for nobody"
    with shop.scope():
        assert Customer.objects.get(pk=key).owner_id == shop.lin.member.pk
        _reclaim(shop)
        assert Customer.objects.get(pk=key).owner_id == shop.lin.member.pk


def test_who_is_being_reclaimed_is_no_more_looked_after_by_the_former_owner(shop: Company) -> None:
    key = _lapsed(shop)
    with shop.scope():
        _reclaim(shop)
        assert Customer.objects.get(pk=key).pool_id
        thread, outcome = _in_thread(shop, lambda: _follow_up(shop, key))
        thread.join(1)
        assert thread.is_alive()
    thread.join(20)
    assert outcome == ["NotFound"]
    with shop.scope():
        assert not FollowUp.objects.exists()


def test_a_claim_waits_for_the_reclaim_and_wins_after_it(shop: Company) -> None:
    key = _lapsed(shop)
    with shop.scope():
        pool = Pool.objects.get()
        _reclaim(shop)
        claim = lambda: actions.claim_customers(  # noqa: E731
            actor=shop.chen.actor, pool_id=pool.pk, customer_ids=[key], now=LATER
        )
        thread, outcome = _in_thread(shop, claim)
        thread.join(20)
    assert outcome == ["AlreadyClaimed"], "it is not in the pool yet"
    with shop.scope():
        assert actions.claim_customers(
            actor=shop.chen.actor, pool_id=pool.pk, customer_ids=[key], now=LATER
        ).ids == [key]


def test_two_reclaims_at_once_put_each_in_once(shop: Company) -> None:
    key = _lapsed(shop)
    threads = [_in_thread(shop, lambda: _reclaim(shop)) for _each in range(2)]
    for thread, _outcome in threads:
        thread.join(20)
    assert [outcome for _thread, outcome in threads] == [["done"], ["done"]]
    with shop.scope():
        assert Customer.objects.get(pk=key).pool_moves.count() == 1
