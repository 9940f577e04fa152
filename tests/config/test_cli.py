"""The command line: help with examples, exit codes that scripts can trust, JSON."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from zhiyin.config import startup
from zhiyin.config.cli import COMMANDS, main
from zhiyin.config.cli.common import FAILED, UNFIT, USAGE
from zhiyin.config.cli.doctor import remove_leftovers
from zhiyin.config.environment import environment
from zhiyin.platform import postgres
from zhiyin.platform.errors import Conflict
from zhiyin.platform.postgres import Cluster, PostgresError, find_leftovers


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command, those in groups included, by what is typed."""
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"zhiyin {name}" in result.output.split("Example")[1]
    assert len(result.output.split("Options:")[0].splitlines()) > 2


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_wrong_usage_ends_with_2(name: str) -> None:
    assert run(*name.split(), "--no-such-option").exit_code == 2


def test_the_help_names_the_exit_codes() -> None:
    assert (FAILED, USAGE, UNFIT) == (1, 2, 3)
    told = " ".join(run("--help").output.split())
    for sentence in (
        "0 done",
        "1 the work failed, or there is no answer",
        "2 wrong usage",
        "3 the configuration",
    ):
        assert sentence in told


def test_unknown_commands_end_with_2() -> None:
    assert run("fly").exit_code == 2


def test_help_is_quick_and_loads_no_django() -> None:
    script = (
        "import sys; from zhiyin.config.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    )
    script += "print('django' in sys.modules, 'psycopg' in sys.modules, 'pydantic' in sys.modules)"
    started = time.monotonic()
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert time.monotonic() - started < 2
    assert output.endswith("False False False\n")
    for name in COMMANDS:
        assert f"  {name}" in output


def test_version() -> None:
    assert run("--version").output.startswith("zhiyin, version ")


@pytest.mark.parametrize(
    ("error", "code"),
    [(PostgresError("no server"), 3), (Conflict("taken"), 1), (click.ClickException("no"), 1)],
)
def test_errors_become_a_sentence_and_a_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(startup, "database", fail)
    result = run("migrate")
    assert result.exit_code == code
    assert str(error) in result.output
    assert "Traceback" not in result.output


def test_faults_of_the_program_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(startup, "database", fail)
    assert isinstance(run("migrate").exception, RuntimeError)


def test_a_mistake_in_the_environment_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_PORT", "many")
    environment.cache_clear()
    try:
        result = run("serve")
    finally:
        monkeypatch.undo()
        environment.cache_clear()
    assert result.exit_code == 3
    assert "ZHIYIN_PORT" in result.output


@pytest.mark.parametrize(("answered", "there"), [("y\n", False), ("n\n", True)])
def test_doctor_asks_before_it_removes_a_database(
    answered: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "postgres-0123"
    folder.mkdir()
    (folder / "belongs-to").write_text("/mnt/away/postgres\n")
    found = find_leftovers(tmp_path)
    monkeypatch.setattr(postgres, "find_leftovers", lambda: found)
    result = CliRunner().invoke(click.command()(lambda: remove_leftovers(sure=False)), input=answered)
    assert "/mnt/away/postgres? It holds a database" in result.output
    assert folder.exists() is there


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder of its own, at first without a database."""
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-home-"))
    yield folder
    Cluster(folder / "postgres").destroy()
    shutil.rmtree(folder)


class TestDataFolder:
    """Commands in processes of their own, on an embedded database."""

    def zhiyin(self, home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
        return subprocess.run(
            [sys.executable, "-m", "zhiyin", *words],
            env={**inherited, "ZHIYIN_HOME": str(home), "LANG": "en", **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_migrate_then_nothing_left_to_do(self, home: Path) -> None:
        first = self.zhiyin(home, "migrate", "--json")
        assert first.returncode == 0, first.stderr
        assert "accounts.0001_initial" in json.loads(first.stdout)["applied"]
        assert json.loads(self.zhiyin(home, "migrate", "--json").stdout) == {"applied": []}
        assert not Cluster(home / "postgres").running()

    def test_doctor_finds_it_well(self, home: Path) -> None:
        outcome = self.zhiyin(home, "doctor", "--json")
        report = json.loads(outcome.stdout)
        assert outcome.returncode == 0, report
        states = {check["name"]: check["state"] for check in report["checks"]}
        for name in ("python", "configuration", "data folder", "secret key", "database", "files", "clock"):
            assert states[name] == "ok"
        assert states["migrations"] == states["row-level security"] == "ok"
        assert states["worker"] == states["mail"] == "warning"
        assert states["backup"] == "ok"
        assert set(states) >= {"assets", "translations", "left-over folders"}
        assert all(check["advice"] for check in report["checks"] if check["state"] == "warning")

    def test_doctor_says_what_is_wrong(self, home: Path) -> None:
        broken = {"ZHIYIN_MAIL_URL": "smtp://127.0.0.1:1", "ZHIYIN_STORAGE_URL": "file:///proc/nowhere"}
        outcome = self.zhiyin(home, "doctor", **broken)
        assert outcome.returncode == 3
        assert "FAILED  mail: 127.0.0.1 does not take mail" in outcome.stdout
        assert "FAILED  files: file:///proc/nowhere cannot be used" in outcome.stdout

    def test_doctor_with_a_database_that_is_away(self, home: Path) -> None:
        outcome = self.zhiyin(home, "doctor", ZHIYIN_DATABASE_URL="postgresql://a@127.0.0.1:1/b")
        assert outcome.returncode == 3
        assert "FAILED  database: ZHIYIN_DATABASE_URL does not work" in outcome.stdout

    def test_doctor_with_a_wrong_environment(self, home: Path) -> None:
        outcome = self.zhiyin(home, "doctor", ZHIYIN_DATABASE_URL="mysql://x")
        assert outcome.returncode == 3
        assert "ZHIYIN_DATABASE_URL" in outcome.stdout
        assert "postgresql://" in outcome.stdout

    def test_doctor_finds_a_table_without_row_level_security(self, home: Path) -> None:
        import psycopg

        with Cluster(home / "postgres") as cluster, psycopg.connect(cluster.owner_url()) as owner:
            owner.execute("CREATE TABLE leaky (tenant_id uuid)")
            owner.commit()
            outcome = self.zhiyin(home, "doctor")
            owner.execute("DROP TABLE leaky")
        assert outcome.returncode == 3
        assert "FAILED  row-level security: Not forced on leaky." in outcome.stdout

    def test_a_folder_that_cannot_be_written(self, home: Path) -> None:
        outcome = self.zhiyin(Path("/proc/zhiyin"), "doctor")
        assert outcome.returncode == 3
        assert "FAILED  data folder: The data folder /proc/zhiyin cannot be written" in outcome.stdout
        assert self.zhiyin(Path("/proc/zhiyin"), "migrate").returncode == 3
