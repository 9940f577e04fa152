"""Two people give one task to others at the same moment."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from tests.cast import Company, company
from zhiyin.activities import actions
from zhiyin.activities.models import Task
from zhiyin.platform.tenancy import scope


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


def test_who_comes_second_finds_the_task(shop: Company) -> None:
    with shop.scope():
        task = actions.create_task(actor=shop.ma.actor, title="回电", now=timezone.now())
    outcomes: list[str] = []
    begin = threading.Barrier(2, timeout=10)

    def give(to: str) -> None:
        try:
            with scope(shop.tenant.id):
                Task.objects.count()
                begin.wait()
                changes = {"assignee_id": getattr(shop, to).member.pk}
                actions.change_task(actor=shop.ma.actor, task_id=task.pk, changes=changes, now=timezone.now())
            outcomes.append("given")
        except Exception as error:  # whatever it is, it is shown
            outcomes.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=give, args=[who]) for who in ("lin", "chen")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == ["given", "given"]
