"""Django set up on the test process's own PostgreSQL, as the application role."""

from collections.abc import Iterator

import django
import psycopg
import pytest

from tests.server import CLUSTER
from zhiyin.platform.postgres.cluster import Cluster

django.setup()
pytest_plugins = ["tests.cast"]
_FORGET_JOBS = """
UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status IN ('todo', 'doing');
UPDATE platform_job SET state = 'cancelled' WHERE state IN ('queued', 'running');
"""


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return CLUSTER


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Migrate the database as its owner; tests then run as the application role."""
    from django.db import connections

    from zhiyin.platform.schema import migrate

    with django_db_blocker.unblock():
        migrate()
        connections["owner"].close()
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def committed(django_db_setup, django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Real commits, which other connections and processes see.

    The application role may not empty tables, so nothing is cleaned up: use a tenant of your own per test.
    Only the queue is all tenants' own: what earlier tests left in it, a worker would take up first.
    """
    from django.db import connections

    with psycopg.connect(CLUSTER.superuser_url("zhiyin")) as superuser:
        superuser.execute(_FORGET_JOBS)
    with django_db_blocker.unblock():
        yield
        connections.close_all()
