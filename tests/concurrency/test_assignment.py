"""Many make customers at the same moment: the turns come out exactly, and nobody gets more than he can carry."""

import threading
import uuid
from collections import Counter

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.customers import actions
from zhiyin.customers.actions import AssignmentRules, Turn
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import assignment
from zhiyin.platform.tenancy import scope

MAKERS = 50


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _rule(shop: Company, *people: Turn) -> None:
    with shop.scope():
        rules = AssignmentRules("轮流", people=people)
        actions.create_assignment_rule(actor=shop.gao.actor, rules=rules, now=timezone.now())


def _made_at_once(shop: Company) -> Counter[uuid.UUID | None]:
    """Whose they are."""
    begin = threading.Barrier(MAKERS, timeout=30)

    def make(number: int) -> None:
        try:
            with scope(shop.tenant.id):
                Customer.objects.exists()
                begin.wait()
                actions.create_customer(actor=shop.gao.actor, name=f"客户{number}", now=timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=make, args=[number]) for number in range(MAKERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    with shop.scope():
        return Counter(Customer.objects.values_list("owner_id", flat=True))


def test_of_fifty_at_once_each_gets_his_share(shop: Company) -> None:
    lin, chen, ma = (each.member.pk for each in (shop.lin, shop.chen, shop.ma))
    _rule(shop, Turn(lin, 5), Turn(chen, 3), Turn(ma, 2))
    assert _made_at_once(shop) == {lin: 25, chen: 15, ma: 10}


def test_nobody_gets_more_than_he_can_carry(shop: Company) -> None:
    lin, chen = shop.lin.member.pk, shop.chen.member.pk
    _rule(shop, Turn(lin, most=7), Turn(chen, most=11))
    assert _made_at_once(shop) == {lin: 7, chen: 11, shop.gao.member.pk: 32}


def test_without_the_lock_the_shares_are_wrong(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the tests above find a missing lock."""
    held = assignment._turns
    monkeypatch.setattr(assignment, "_turns", lambda *given, **more: held(*given, **{**more, "lock": False}))
    lin, chen = shop.lin.member.pk, shop.chen.member.pk
    _rule(shop, Turn(lin), Turn(chen))
    assert _made_at_once(shop) != {lin: 25, chen: 25}
