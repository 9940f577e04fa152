"""Many claim at the same moment: one wins, and nobody gets more than the pool allows."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, Person, company
from zhiyin.accounts.models import Member, User
from zhiyin.customers import actions
from zhiyin.customers.actions import PoolRules, Selection
from zhiyin.customers.actions import pools as guarded
from zhiyin.customers.models import ContactPoint, Customer, Pool, PoolMove
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError
from zhiyin.platform.tenancy import scope

CLAIMANTS = 50
UNGUARDED = """
UPDATE customers_customer
SET owner_id = %(owner)s, unit_id = %(unit)s, pool_id = NULL, version = version + 1, updated_at = %(now)s
WHERE id = ANY(%(ids)s) RETURNING id
"""


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _pool(shop: Company, number: int, **limits: int) -> tuple[Pool, list[uuid.UUID]]:
    with shop.scope():
        gao = shop.gao.actor
        pool = actions.create_pool(actor=gao, rules=PoolRules("公海", **limits), now=timezone.now())
        keys = [
            actions.create_customer(actor=gao, name=f"客户{n}", now=timezone.now()).pk for n in range(number)
        ]
        actions.return_customers(
            actor=gao, selection=Selection(tuple(keys)), pool_id=pool.pk, reason="分配", now=timezone.now()
        )
    return pool, keys


def _claimants(shop: Company, like: Person) -> list[Actor]:
    """Members as many as claim, each his own person to the quotas."""
    with shop.scope():
        role, unit = like.member.role_id, like.member.unit_id
        users = User.objects.bulk_create(
            User(email=f"{n}@{shop.tenant.code}.example") for n in range(CLAIMANTS)
        )
        made = Member.objects.bulk_create(
            Member(
                user=each,
                name=each.email,
                name_key=each.email,
                role_id=role,
                unit_id=unit,
                tenant_id=shop.tenant.id,
            )
            for each in users
        )
        return [replace(like.actor, member_id=each.pk, name=each.name) for each in made]


def _at_once(shop: Company, steps: Sequence[Callable[[], object]]) -> list[str]:
    """Run steps in connections of their own; what became of each."""
    outcomes: list[str] = []
    begin = threading.Barrier(len(steps), timeout=30)

    def attempt(step: Callable[[], object]) -> None:
        try:
            with scope(shop.tenant.id):
                Customer.objects.exists()
                begin.wait()
                step()
            outcomes.append("done")
        except DomainError as error:
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(outcomes)


def _claim(actor: Actor, pool: Pool, *keys: uuid.UUID) -> Callable[[], object]:
    return lambda: actions.claim_customers(
        actor=actor, pool_id=pool.pk, customer_ids=keys, now=timezone.now()
    )


def test_of_fifty_claimants_one_wins(shop: Company) -> None:
    pool, [key] = _pool(shop, 1)
    with shop.scope():
        actions.add_contact(
            actor=shop.gao.actor, customer_id=key, kind="phone", value="13912345678", now=timezone.now()
        )
        assert ContactPoint.objects.get(customer=key).sealed
    outcomes = _at_once(shop, [_claim(actor, pool, key) for actor in _claimants(shop, shop.lin)])
    assert outcomes == ["AlreadyClaimed"] * (CLAIMANTS - 1) + ["done"]
    with shop.scope():
        assert PoolMove.objects.filter(kind="claimed").count() == 1
        won = PoolMove.objects.get(kind="claimed")
        assert Customer.objects.get(pk=key).owner_id == won.member_id
        point = ContactPoint.objects.get(customer=key)
        assert (point.value, point.sealed) == ("13912345678", None), "opened once, and for good"


def test_without_the_comparison_several_win(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above finds a missing guard."""
    pool, [key] = _pool(shop, 1)
    monkeypatch.setattr(guarded, "_TAKE", UNGUARDED)
    outcomes = _at_once(shop, [_claim(actor, pool, key) for actor in _claimants(shop, shop.lin)])
    assert outcomes.count("done") > 1


def test_one_member_never_gets_more_than_the_pool_allows(shop: Company) -> None:
    pool, keys = _pool(shop, 20, daily_limit=3)
    outcomes = _at_once(shop, [_claim(shop.lin.actor, pool, key) for key in keys])
    assert outcomes == ["PoolQuotaReached"] * 17 + ["done"] * 3
    with shop.scope():
        assert Customer.objects.filter(owner=shop.lin.member).count() == 3


def test_without_the_lock_a_member_gets_more(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above finds a missing lock."""
    pool, keys = _pool(shop, 20, daily_limit=3)
    monkeypatch.setattr(guarded, "_claimant", lambda actor: Member.objects.get(pk=actor.member_id))
    outcomes = _at_once(shop, [_claim(shop.lin.actor, pool, key) for key in keys])
    assert outcomes.count("done") > 3


def test_crossing_claims_of_many_do_not_lock_each_other_up(shop: Company) -> None:
    pool, keys = _pool(shop, 30)
    lin, chen = shop.lin.actor, shop.chen.actor
    outcomes = _at_once(shop, [_claim(lin, pool, *keys), _claim(chen, pool, *reversed(keys))])
    assert outcomes == ["AlreadyClaimed", "done"]
