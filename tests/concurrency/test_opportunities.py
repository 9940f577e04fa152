"""Two people move one card at the same moment."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.platform.tenancy import scope
from zhiyin.sales import access, actions
from zhiyin.sales.actions import MovedMeanwhile
from zhiyin.sales.models import Opportunity, Stage, StageStay


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def _both_move(shop: Company) -> tuple[list[str], int, int]:
    """What became of each, the version afterwards, and in how many stages the opportunity stands."""
    with shop.scope():
        deal = actions.create_opportunity(actor=shop.lin.actor, name="泵", amount=5, now=timezone.now())
        targets = list(Stage.objects.filter(position__in=(1, 2)).values_list("pk", flat=True))
    outcomes: list[str] = []
    begin = threading.Barrier(2, timeout=10)

    def attempt(who: str, target: uuid.UUID) -> None:
        actor = getattr(shop, who).actor
        try:
            with scope(shop.tenant.id):
                Opportunity.objects.count()
                begin.wait()
                actions.move_opportunity(
                    actor=actor, opportunity_id=deal.pk, stage_id=target, version=1, now=timezone.now()
                )
            outcomes.append("moved")
        except MovedMeanwhile:
            outcomes.append("told")
        except Exception as error:  # the control breaks in more than one way
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    pairs = zip(("lin", "ma"), targets, strict=True)
    threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with shop.scope():
        deal.refresh_from_db()
        return sorted(outcomes), deal.version, StageStay.objects.filter(left_at=None).count()


def test_one_moves_it_and_the_other_is_told(shop: Company) -> None:
    assert _both_move(shop) == (["moved", "told"], 2, 1)


def test_control_without_the_lock_nobody_is_told(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = access.opportunity
    monkeypatch.setattr(
        "zhiyin.sales.access.opportunity",
        lambda actor, key, **how: locked(actor, key, **{**how, "lock": False}),
    )
    outcomes, _version, _stays = _both_move(shop)
    assert "told" not in outcomes
