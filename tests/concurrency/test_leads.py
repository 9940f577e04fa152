"""Two leads come at the same moment to people who take turns."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.platform.tenancy import scope
from zhiyin.sales import actions
from zhiyin.sales.actions import LeadRules, lead_places
from zhiyin.sales.models import Lead, LeadRule


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _both_come(shop: Company, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many people got the two leads."""
    people = (shop.lin.member.pk, shop.chen.member.pk)
    with shop.scope():
        rules = LeadRules("官网", people=people)
        actions.create_lead_rule(actor=shop.gao.actor, rules=rules, now=timezone.now())
    begin, fits = threading.Barrier(2, timeout=10), lead_places.fits

    def both_fit(rule: LeadRule, lead: Lead) -> bool:
        begin.wait()
        return fits(rule, lead)

    monkeypatch.setattr(lead_places, "fits", both_fit)

    def attempt() -> None:
        try:
            with scope(shop.tenant.id):
                actions.create_lead(actor=shop.gao.actor, name="周敏", origin="web", now=timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with shop.scope():
        return len(set(Lead.objects.values_list("owner_id", flat=True)))


def test_each_gets_one(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _both_come(shop, monkeypatch) == 2


def test_control_without_the_lock_one_gets_both(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    read = threading.Barrier(2, timeout=10)
    there = LeadRule.objects.all

    class Unlocked:
        def select_for_update(self, **_how: bool) -> "Unlocked":
            return self

        def get(self, pk: uuid.UUID) -> LeadRule:
            found = there().get(pk=pk)
            read.wait()
            return found

    class Rule:
        objects = Unlocked()

    monkeypatch.setattr(lead_places, "LeadRule", Rule)
    assert _both_come(shop, monkeypatch) == 1
