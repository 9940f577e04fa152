"""The timeline's months are there before they begin."""

import datetime

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django import app

from tests.cast import Company
from tests.server import CLUSTER
from zhiyin.customers import tasks

DECEMBER = datetime.datetime(2091, 12, 20, 0, 5, tzinfo=datetime.UTC)


def months(year: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(relname, 6) FROM pg_class WHERE relname LIKE %s AND relkind = 'r' ORDER BY 1",
            [f"customers_timelineevent_{year}%"],
        )
        return [name for (name,) in cursor.fetchall()]


def test_the_worker_knows_it_by_the_clock() -> None:
    due = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert due["customers.timeline"] == "5 * * * *"


@pytest.mark.django_db
def test_the_clock_moves_over_a_years_end(cast: Company) -> None:
    app.tasks["customers.timeline"](timestamp=int(DECEMBER.timestamp()))
    assert months(2091) == ["209112"]
    assert months(2092) == ["209201", "209202"]
    tasks.make_months_ahead(DECEMBER + datetime.timedelta(hours=1))
    tasks.make_months_ahead(DECEMBER + datetime.timedelta(days=12))
    assert months(2092) == ["209201", "209202", "209203"]


def test_it_does_not_wait_behind_a_long_write(committed: None) -> None:
    later = DECEMBER.replace(year=2095)
    with psycopg.connect(CLUSTER.owner_url()) as other:
        other.execute("LOCK TABLE customers_timelineevent IN ROW EXCLUSIVE MODE")
        tasks.make_months_ahead(later)
        assert months(2095) == []
    tasks.make_months_ahead(later)
    assert months(2095) == ["209512"]
