"""A PostgreSQL of its own for each test process, and the application role's connection to it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from zhiyin.platform.postgres.cluster import Cluster

# Before anything reads Django's settings: the settings come from the environment.
HOME = Path(tempfile.mkdtemp(prefix="zhiyin-tests-"))
HOME.chmod(0o711)  # as root the database runs as another user, who passes through
CLUSTER = Cluster(HOME / "postgres", durable=False).start()
os.environ["ZHIYIN_HOME"] = str(HOME)
os.environ["ZHIYIN_DATABASE_URL"] = CLUSTER.application_url("zhiyin")
os.environ["ZHIYIN_OWNER_DATABASE_URL"] = CLUSTER.owner_url("zhiyin")
os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"
django.setup()
pytest_plugins = ["tests.cast"]


def pytest_configure(config: pytest.Config) -> None:
    def end() -> None:
        CLUSTER.destroy()
        shutil.rmtree(HOME, ignore_errors=True)

    config.add_cleanup(end)


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
    """
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        connections.close_all()
