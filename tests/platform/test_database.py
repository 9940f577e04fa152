"""A connection that the server has closed is noticed before a request uses it."""

import time

import psycopg
import pytest
from django.db import connection

from zhiyin.platform.postgres.cluster import Cluster


@pytest.mark.usefixtures("committed")
def test_a_connection_is_looked_at_without_asking_and_a_dead_one_replaced(cluster: Cluster) -> None:
    pid = _backend()
    asked: list[str] = []

    def note(execute, sql, *rest):  # type: ignore[no-untyped-def]
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert connection.is_usable()
    assert not asked

    with psycopg.connect(cluster.superuser_url("zhiyin"), autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
    for _ in range(50):
        if not connection.is_usable():
            break
        time.sleep(0.1)
    assert not connection.is_usable()
    # what django does before the first statement of a request
    connection.health_check_done = False
    connection.close_if_health_check_failed()
    assert _backend() != pid


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid
