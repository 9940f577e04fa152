"""Two people draw a territory of one name for the same days."""

import datetime
import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.customers.filters import Condition, Group
from zhiyin.platform.tenancy import scope
from zhiyin.sales.actions import TerritoryRules, TerritoryTaken, create_territory, territories
from zhiyin.sales.models import Territory

RULES = TerritoryRules(
    "华东", datetime.date(2026, 1, 1), filter=Group(of=[Condition(field="city", op="in", value=["上海"])])
)


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _both_draw(shop: Company) -> tuple[int, int]:
    """How many territories there are, and how many people were told that there is one."""
    told: list[TerritoryTaken] = []

    def attempt() -> None:
        try:
            with scope(shop.tenant.id):
                create_territory(actor=shop.gao.actor, rules=RULES, now=timezone.now())
        except TerritoryTaken as error:
            told.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with shop.scope():
        return Territory.objects.count(), len(told)


def test_one_is_told(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, turn = threading.Barrier(2, timeout=10), territories._take_turns

    def both_come() -> None:
        begin.wait()
        turn()

    monkeypatch.setattr(territories, "_take_turns", both_come)
    assert _both_draw(shop) == (1, 1)


def test_control_without_turns_there_are_two(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, free = threading.Barrier(2, timeout=10), territories._require_free

    def both_look(territory: Territory) -> None:
        free(territory)
        looked.wait()

    monkeypatch.setattr(territories, "_take_turns", lambda: None)
    monkeypatch.setattr(territories, "_require_free", both_look)
    assert _both_draw(shop) == (2, 0)
