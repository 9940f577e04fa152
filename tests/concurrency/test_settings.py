"""Two people choose the numbers of the analysis for the first time at the same moment."""

import contextlib
import threading
import uuid
from decimal import Decimal

from django.db import connections
from django.utils import timezone

from tests.cast import company
from zhiyin.analytics import actions, queries
from zhiyin.platform.errors import Conflict
from zhiyin.platform.tenancy import scope


def test_the_second_is_told(committed: None) -> None:
    shop = company(f"shop-{uuid.uuid4().hex[:8]}")
    actor = shop.gao.actor
    outcomes: list[str] = []
    both_looked = threading.Barrier(2, timeout=10)
    late = threading.Barrier(2, timeout=1)

    def attempt(months: int) -> None:
        try:
            with scope(shop.tenant.id):
                version = queries.insight_settings().version
                both_looked.wait()
                actions.change_settings(
                    actor=actor, unit="week", horizon_months=months, discount_rate=Decimal("0.1"),
                    margin_rate=Decimal(1), loyal_orders=5, lost_after_days=365, scores={}, version=version,
                    now=timezone.now(),
                )  # fmt: skip
                # without the lock both are here before one commits
                with contextlib.suppress(threading.BrokenBarrierError):
                    late.wait()
            outcomes.append("done")
        except Conflict:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=[months]) for months in (24, 36)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "told"]
