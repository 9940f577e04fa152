"""A PostgreSQL of its own for each test process, started before anything reads Django's settings.

Loaded by ``-p tests.server``: a process of pytest-xdist inherits the environment of the one that started it,
and pytest-django would read the settings from that before any conftest is imported.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from zhiyin.platform.postgres.cluster import Cluster

HOME = Path(tempfile.mkdtemp(prefix="zhiyin-tests-"))
HOME.chmod(0o711)  # as root the database runs as another user, who passes through
CLUSTER = Cluster(HOME / "postgres", durable=False).start()
os.environ["ZHIYIN_HOME"] = str(HOME)
os.environ["ZHIYIN_DATABASE_URL"] = CLUSTER.application_url("zhiyin")
os.environ["ZHIYIN_OWNER_DATABASE_URL"] = CLUSTER.owner_url("zhiyin")
os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"


def pytest_configure(config: pytest.Config) -> None:
    def end() -> None:
        CLUSTER.destroy()
        shutil.rmtree(HOME, ignore_errors=True)

    config.add_cleanup(end)
