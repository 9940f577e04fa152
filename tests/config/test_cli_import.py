"""Importing and reporting from the command line, in processes of their own as scripts run them."""

import csv
import gzip
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

from tests.commands import answers, run_commands
from tests.shared import RETAIL, shared_data
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
    words = ["import", str(file), "--kind", "orders", "--tenant", "acme", "--json"]
    figures = ["report", "totals", "--tenant", "acme"]
    *found, told = answers(
        [*words, "--check"],
        [*figures, "--json"],
        [*words, "--refused", str(refused)],
        words,
        [*figures, "--json"],
        figures,
        variables={"ZHIYIN_HOME": str(home)},
    )
    checked, before, applied, again, totals = map(json.loads, found)
    assert (checked["state"], before["lines"]) == ("checked", 0)
    assert (applied["state"], applied["rows"], applied["refused"]) == ("applied", 4, 1)
    with refused.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert len(rows) == 2
    assert "1003" in rows[1]
    assert again["effect"]["lines_created"] == 0
    assert (totals["lines"], totals["orders"], totals["customers"]) == (3, 2, 2)
    assert (totals["quantity"], totals["value"]) == (6, 56.5)
    assert "56.5" in told


def test_what_cannot_be_imported(home: Path, tmp_path: Path) -> None:
    cases: list[tuple[str, list[str], int]] = [
        ("a,b\n1,2\n", [], 1),
        ("", ["--kind", "orders"], 1),
        (SALES, ["--kind", "spaceships"], 1),
        (SALES, ["--kind", "orders", "--column", "customer=nowhere"], 1),
        (SALES, ["--kind", "orders", "--profile", "nobody's"], 1),
        (SALES, ["--kind", "orders", "--column", "customer"], 2),
    ]
    commands = []
    for number, (content, options, _) in enumerate(cases):
        file = tmp_path / f"{number}.csv"
        file.write_text(content)
        commands.append(["import", str(file), "--tenant", "acme", *options])
    outcomes = run_commands(*commands, variables={"ZHIYIN_HOME": str(home)})
    assert [outcome.code for outcome in outcomes] == [code for *_, code in cases]
    for outcome in outcomes:
        assert "Error: " in outcome.stderr


def test_an_import_is_taken_back(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(SALES)
    variables = {"ZHIYIN_HOME": str(home)}
    _, told = answers(
        ["tenant", "create", "regret", "--name", "Regret"],
        ["import", str(file), "--tenant", "regret", "--kind", "orders"],
        variables=variables,
    )
    *_, last = told.splitlines()
    assert last.startswith("To take it back: zhiyin import --undo ")
    undo = ["import", "--undo", last.split()[-1], "--tenant"]
    elsewhere, undone, totals, again, with_file, neither = run_commands(
        [*undo, "acme"],
        [*undo, "regret", "--json"],
        ["report", "totals", "--tenant", "regret", "--json"],
        [*undo, "regret"],
        [*undo, "regret", str(file)],
        ["import", "--tenant", "acme"],
        variables=variables,
    )
    assert elsewhere.code == 1, "another company's import"
    taken = json.loads(undone.stdout)
    assert (taken["state"], taken["undone"]["lines_deleted"]) == ("undone", 3)
    left = json.loads(totals.stdout)
    assert (left["lines"], left["orders"], left["customers"]) == (0, 0, 0)
    assert again.code == 1
    assert "Error: This import" in again.stderr
    assert (with_file.code, neither.code) == (2, 2)


def test_companies_and_files_that_are_not_there(home: Path, tmp_path: Path) -> None:
    assert zhiyin(home, "import", str(tmp_path / "none.csv"), "--tenant", "acme").returncode == 2
    assert zhiyin(home, "report", "totals", "--tenant", "nobody").returncode == 1


def test_the_retailers_file_gives_the_published_totals(home: Path) -> None:
    file = shared_data("online_retail.parquet")
    assert zhiyin(home, "tenant", "create", "retail", "--name", "Retail").returncode == 0
    applied = answer(home, "import", str(file), "--kind", "orders", "--tenant", "retail")
    assert applied["totals"]["quantity"] == "5176450"
    told = answer(home, "report", "totals", "--tenant", "retail")
    assert told == {name: float(number) for name, number in RETAIL.items()}


def test_an_analysis_tells_model_parameters_and_errors(home: Path, tmp_path: Path) -> None:
    rows = csv.reader(gzip.decompress(shared_data("cdnow_sample.csv.gz").read_bytes()).decode().splitlines())
    names = next(rows)
    customer, date, amount = (names.index(name) for name in ("sample_id", "date", "dollar_value"))
    file = tmp_path / "cdnow.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["order", "date", "customer", "product", "quantity", "price"])
        for number, row in enumerate(rows):
            writer.writerow([number, row[date], row[customer], "CD", 1, row[amount]])
    assert zhiyin(home, "tenant", "create", "cdnow", "--name", "CDNOW").returncode == 0
    answer(home, "import", str(file), "--kind", "orders", "--tenant", "cdnow")
    told = answer(home, "analyse", "--tenant", "cdnow", "--until", "1997-09-30")
    buying = told["models"]["person"]["transactions"]
    assert buying["model"] == "BGNBD"
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert {name: round(value, 3) for name, value in buying["parameters"].items()} == published
    assert round(buying["log_likelihood"], 1) == -9582.4
    assert all(error > 0 for error in buying["standard_errors"].values())
    test = told["backtest"]["person"]
    assert test["model"]["mae"] > 0
    assert test["last_period"]["mae"] > 0
    assert test["actual"] > 0
    assert told["fresh"]
    assert not answer(home, "analyse", "--tenant", "cdnow", "--until", "1997-09-30")["fresh"]
