"""Two people make one lead a customer at the same moment."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import scope
from zhiyin.sales import actions
from zhiyin.sales.actions import AlreadyConverted, Deal, leads
from zhiyin.sales.models import Lead, Opportunity


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _both_convert(shop: Company) -> tuple[list[str], int, int]:
    """What became of each, and how many customers and opportunities there are afterwards."""
    with shop.scope():
        lead = actions.create_lead(actor=shop.lin.actor, name="周敏", now=timezone.now())
    outcomes: list[str] = []
    begin = threading.Barrier(2, timeout=10)

    def attempt(who: str) -> None:
        actor = getattr(shop, who).actor
        try:
            with scope(shop.tenant.id):
                Lead.objects.count()
                begin.wait()
                actions.convert_lead(actor=actor, lead_id=lead.pk, deal=Deal("泵"), now=timezone.now())
            outcomes.append("done")
        except AlreadyConverted:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=[who]) for who in ("lin", "ma")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with shop.scope():
        return sorted(outcomes), Customer.objects.count(), Opportunity.objects.count()


def test_one_customer_comes_of_it(shop: Company) -> None:
    assert _both_convert(shop) == (["done", "refused"], 1, 1)


def test_control_without_the_lock_there_are_two(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = leads.access.lead
    monkeypatch.setattr(
        "zhiyin.sales.access.lead", lambda actor, lead_id, **_how: locked(actor, lead_id, lock=False)
    )
    assert _both_convert(shop) == (["done", "done"], 2, 2)
