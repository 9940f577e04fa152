"""What a killed test run leaves behind goes with the next one."""

import os
import subprocess
import sys
from pathlib import Path

from tests.server import HOME, remove_what_killed_runs_left

RUN = """
import tempfile
from pathlib import Path
from tests.server import HOME
from zhiyin.platform.postgres import Cluster
cluster = Cluster(Path(tempfile.mkdtemp()) / "postgres", durable=False).start()  # below a closed folder
cluster.stop()
print(HOME, cluster.places.elsewhere, flush=True)
input()
"""


def test_a_killed_run_leaves_nothing_for_long() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
    run = subprocess.Popen(
        [sys.executable, "-c", RUN], env=inherited, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout
    home, elsewhere = map(Path, run.stdout.readline().split())
    remove_what_killed_runs_left(home.parent)
    assert home.exists(), "it is alive"
    assert elsewhere.exists() or os.geteuid()
    run.kill()
    run.communicate()
    remove_what_killed_runs_left(home.parent)
    assert not home.exists()
    assert not elsewhere.exists()
    assert HOME.exists(), "our own"
