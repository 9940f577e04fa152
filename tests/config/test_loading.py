"""What the program loads before anybody asks for anything: start time and idle memory hang on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "duckdb", "fsspec", "ibis", "numpy", "openpyxl", "pandas", "phonenumbers", "pyarrow", "pypinyin",
    "python_calamine", "s3fs", "schemathesis", "scipy", "xlsxwriter",
}  # fmt: skip
PAGES = "import django; django.setup(); import zhiyin.config.urls"
WORKER = "from zhiyin.config.startup import load_django; load_django(); import zhiyin.platform.worker"
COMMANDS = "from zhiyin.config.cli import main"
SERVE = f"{COMMANDS}; main(['serve', '--help'], standalone_mode=False)"


def loaded(program: str, home: Path) -> set[str]:
    outcome = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print('\\n', *sorted(sys.modules), sep='\\n')"],
        env=os.environ | {"ZHIYIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(outcome.stdout.splitlines())


@pytest.mark.parametrize("program", [PAGES, WORKER], ids=["pages", "worker"])
def test_servers_load_no_heavy_library_at_start(program: str, tmp_path: Path) -> None:
    modules = loaded(program, tmp_path)
    assert "zhiyin.imports.tasks" in modules, "the apps were not loaded"
    assert modules.isdisjoint(HEAVY), sorted(modules & HEAVY)


def test_the_command_that_serves_does_not_load_django(tmp_path: Path) -> None:
    modules = loaded(SERVE, tmp_path)
    assert "zhiyin.config.cli.serve" in modules
    assert "django" not in modules
