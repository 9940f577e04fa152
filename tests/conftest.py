import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhiyin.platform.postgres import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test session's own, in memory-like mode."""
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-test-"))
    with Cluster(folder, durable=False) as running:
        yield running
    shutil.rmtree(folder)
