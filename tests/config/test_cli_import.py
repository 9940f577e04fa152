"""Importing and reporting from the command line, in processes of their own as scripts run them."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared import shared_data
from zhiyin.platform.postgres import Cluster

pytestmark = pytest.mark.slow
SALES = """order,date,customer,product,quantity,price
1001,2025-01-31,C1,P1,2,10.50
1001,2025-01-31,C1,P2,1,4.00
1002,2025-02-13,C2,P1,3,10.50
1003,2025-02-30,C2,P1,1,10.50
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder whose database runs until the last test, with the company acme."""
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-import-"))
    folder.chmod(0o711)
    with Cluster(folder / "postgres", durable=False) as cluster:
        assert (
            zhiyin(folder, "tenant", "create", "acme", "--name", "Acme", "--language", "en").returncode == 0
        )
        yield folder
    cluster.destroy()
    shutil.rmtree(folder)


def zhiyin(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
    variables = {**inherited, "ZHIYIN_HOME": str(home), "LANG": "en"}
    command = [sys.executable, "-m", "zhiyin", *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def answer(home: Path, *words: str) -> dict[str, Any]:
    outcome = zhiyin(home, *words, "--json")
    assert outcome.returncode == 0, outcome.stderr
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def test_a_file_is_checked_imported_and_not_doubled(home: Path, tmp_path: Path) -> None:
    file, refused = tmp_path / "sales.csv", tmp_path / "refused.csv"
    file.write_text(SALES)
    words = ("import", str(file), "--kind", "orders", "--tenant", "acme")

    checked = answer(home, *words, "--check")
    assert checked["state"] == "checked"
    assert answer(home, "report", "totals", "--tenant", "acme")["lines"] == 0

    applied = answer(home, *words, "--refused", str(refused))
    assert (applied["state"], applied["rows"], applied["refused"]) == ("applied", 4, 1)
    with refused.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert len(rows) == 2
    assert "1003" in rows[1]

    again = answer(home, *words)
    assert again["effect"]["lines_created"] == 0
    totals = answer(home, "report", "totals", "--tenant", "acme")
    assert (totals["lines"], totals["orders"], totals["customers"]) == (3, 2, 2)
    assert (totals["quantity"], totals["value"]) == (6, 56.5)
    assert "56.5" in zhiyin(home, "report", "totals", "--tenant", "acme").stdout


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        ("a,b\n1,2\n", [], 1),
        ("", ["--kind", "orders"], 1),
        (SALES, ["--kind", "spaceships"], 1),
        (SALES, ["--kind", "orders", "--column", "customer=nowhere"], 1),
        (SALES, ["--kind", "orders", "--profile", "nobody's"], 1),
        (SALES, ["--kind", "orders", "--column", "customer"], 2),
    ],
)
def test_what_cannot_be_imported(
    home: Path, tmp_path: Path, content: str, options: list[str], code: int
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content)
    outcome = zhiyin(home, "import", str(file), "--tenant", "acme", *options)
    assert outcome.returncode == code, outcome.stderr
    assert "Error: " in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_an_import_is_taken_back(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(SALES)
    assert zhiyin(home, "tenant", "create", "regret", "--name", "Regret").returncode == 0
    told = zhiyin(home, "import", str(file), "--tenant", "regret", "--kind", "orders")
    *_, last = told.stdout.splitlines()
    assert last.startswith("To take it back: zhiyin import --undo ")
    undo = ("import", "--undo", last.split()[-1], "--tenant", "regret")

    undone = answer(home, *undo)
    assert undone["state"] == "undone"
    assert undone["undone"]["lines_deleted"] == 3
    totals = answer(home, "report", "totals", "--tenant", "regret")
    assert (totals["lines"], totals["orders"], totals["customers"]) == (0, 0, 0)
    again = zhiyin(home, *undo)
    assert again.returncode == 1
    assert "Error: This import" in again.stderr
    assert zhiyin(home, *undo[:3], "--tenant", "acme").returncode == 1, "another company's import"
    assert zhiyin(home, *undo, str(file)).returncode == 2
    assert zhiyin(home, "import", "--tenant", "acme").returncode == 2


def test_companies_and_files_that_are_not_there(home: Path, tmp_path: Path) -> None:
    assert zhiyin(home, "import", str(tmp_path / "none.csv"), "--tenant", "acme").returncode == 2
    assert zhiyin(home, "report", "totals", "--tenant", "nobody").returncode == 1


def test_the_retailers_file_gives_the_published_totals(home: Path) -> None:
    file = shared_data("online_retail.parquet")
    assert zhiyin(home, "tenant", "create", "retail", "--name", "Retail").returncode == 0
    applied = answer(home, "import", str(file), "--kind", "orders", "--tenant", "retail")
    assert applied["totals"]["quantity"] == "5176450"
    assert answer(home, "report", "totals", "--tenant", "retail") == {
        "lines": 541_909,
        "orders": 25_900,
        "products": 4_070,
        "customers": 4_372,
        "countries": 38,
        "lines_without_customer": 135_080,
        "cancellation_lines": 9_288,
        "duplicates": 5_268,
        "quantity": 5_176_450,
        "value": 9_747_747.934,
    }
