"""A PostgreSQL of its own for each test process, started before anything reads Django's settings.

Loaded by ``-p tests.server``: a process of pytest-xdist inherits the environment of the one that started it,
and pytest-django would read the settings from that before any conftest is imported.

All that the tests and their children write is below one folder that names the process, so that the next run
can remove what a killed one left.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

from zhiyin.platform.postgres import find_leftovers
from zhiyin.platform.postgres.cluster import Cluster

_PREFIX = "zhiyin-tests-"


def remove_what_killed_runs_left(among: Path) -> None:
    for home in among.glob(f"{_PREFIX}*-*"):
        pid = home.name.removeprefix(_PREFIX).split("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(home, ignore_errors=True)
    for leftover in find_leftovers():
        if _PREFIX in leftover.belonged_to:
            shutil.rmtree(leftover.folder, ignore_errors=True)  # another run may be at it


def _outermost(folder: Path) -> Path:
    """Where temporary files are for a process that is not itself below a run's folder."""
    inside = [parent for parent in (folder, *folder.parents) if parent.name.startswith(_PREFIX)]
    return inside[-1].parent if inside else folder


_TEMPORARY = _outermost(Path(tempfile.gettempdir()))
remove_what_killed_runs_left(_TEMPORARY)
HOME = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_TEMPORARY))
HOME.chmod(0o711)  # as root the database runs as another user, who passes through
os.environ["TMPDIR"] = tempfile.tempdir = str(HOME)
CLUSTER = Cluster(HOME / "postgres", durable=False).start()
os.environ["ZHIYIN_HOME"] = str(HOME)
os.environ["ZHIYIN_DATABASE_URL"] = CLUSTER.application_url("zhiyin")
os.environ["ZHIYIN_OWNER_DATABASE_URL"] = CLUSTER.owner_url("zhiyin")
os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.config.settings"


def pytest_configure(config: pytest.Config) -> None:
    def end() -> None:
        CLUSTER.destroy()
        shutil.rmtree(HOME, ignore_errors=True)
        remove_what_killed_runs_left(_TEMPORARY)

    config.add_cleanup(end)
