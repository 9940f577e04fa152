"""What scripts rely on: what each command answers, and with which status, when something is not as it should be."""

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.commands import Outcome, run_commands
from tests.config.test_cli import commands
from zhiyin.platform.postgres import Cluster

pytestmark = pytest.mark.slow
SERVERS = {"serve", "web", "worker"}
AWAY = {"ZHIYIN_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}
SALES = "order,date,customer,product,quantity,price\n1001,2025-01-31,C1,P1,2,10.50\n"
COMPANY = ["--tenant", "acme"]
CLV = ["clv", "sales.csv", "--customer", "customer", "--date", "date"]
TOKEN = ["token", "create", "--name", "t", "--user", "lin@example.com"]
USER = ["user", "create", "lin@example.com", "--name", "Lin", *COMPANY]

# what is typed, the status, and words of the answer; files are in the working folder
WRONG: list[tuple[list[str], int, str]] = [
    (["tenant", "create", "acme", "--name", "Again"], 1, "in use already"),
    (["tenant", "create", "b", "--name", "B", "--currency", "EURO"], 1, "currency"),
    (["tenant", "create", "b", "--name", "B", "--time-zone", "Mars"], 1, "time zone"),
    (["tenant", "create", "no blanks", "--name", "B"], 1, "small letters"),
    (["tenant", "create", "b"], 2, "--name"),
    (["tenant", "create", "b", "--name", "B", "--language", "fr"], 2, "--language"),
    ([*USER, "--role", "Emperor", "--generate"], 1, "There is no role Emperor. Known:"),
    ([*USER, "--role", "Administrator", "--unit", "Moon", "--generate"], 1, "No organisation unit"),
    ([*USER, "--role", "Administrator"], 2, "Give a password"),
    (
        ["user", "create", "nobody", "--name", "N", *COMPANY, "--role", "Administrator", "--generate"],
        1,
        "mail",
    ),
    ([*TOKEN, "--tenant", "none", "--may", "orders.view"], 1, "There is no company none. Known: acme"),
    ([*TOKEN, *COMPANY, "--may", "orders.view"], 1, "lin@example.com is not a member of Acme"),
    ([*TOKEN, *COMPANY, "--may", "orders.view", "--days", "9999"], 2, "--days"),
    (["import", "missing.csv", *COMPANY], 2, "missing.csv"),
    (["import", *COMPANY], 2, "Name a file"),
    (["import", "sales.csv", "--tenant", "none"], 1, "There is no company none"),
    (["import", "sales.csv", *COMPANY, "--kind", "dreams"], 1, "kind"),
    (["import", "sales.csv", *COMPANY, "--column", "x"], 2, "FIELD=VALUE"),
    (["import", "sales.csv", *COMPANY, "--profile", "none"], 1, "no profile of this name"),
    (["import", "empty.csv", *COMPANY], 1, "empty"),
    (["import", "noise.xlsx", *COMPANY], 1, "not a text file, nor a workbook"),
    (["import", "sales.csv", *COMPANY, "--refused", "no/such/folder.csv", "--check"], 0, ""),
    (["import", "--undo", "0199d1c8-7e0c-7b52-9a2e-0f3c54d1a6f0", *COMPANY], 1, "found"),
    (["import", "--undo", "7", *COMPANY], 2, "--undo"),
    (["analyse", "--tenant", "none"], 1, "There is no company none"),
    (["report", "totals", "--tenant", "none"], 1, "There is no company none"),
    (CLV, 1, "No model"),
    ([*CLV, "--amount", "worth"], 2, "no column worth"),
    ([*CLV, "--unit", "eon"], 2, "--unit"),
    (["clv", "noise.parquet", "--customer", "a", "--date", "b"], 1, "cannot be read"),
    ([*CLV, "--out", "answer.doc"], 2, "--out"),
    ([*CLV, "--out", "no/such/folder.csv"], 1, "no/such/folder.csv"),
    (["backup", "sales.csv"], 1, "--force replaces it"),
    (["backup", "no/such/folder.tar"], 1, "no/such"),
    (["restore", "sales.csv"], 1, "sales.csv"),
    (["restore", "missing.tar"], 2, "missing.tar"),
    (["audit", "export", "audit.jsonl", "--tenant", "none"], 1, "There is no company none"),
    (["audit", "export", "no/such/folder.jsonl", *COMPANY], 1, "no/such/folder.jsonl"),
    (["audit", "verify", "sales.csv"], 1, "line 1"),
    (["audit", "verify", "missing.jsonl"], 2, "missing.jsonl"),
    (["audit", "checkpoint", "checkpoint.txt", "--tenant", "none"], 1, "There is no company none"),
    (["audit", "checkpoint", "no/such/folder.txt", *COMPANY], 1, "no/such/folder.txt"),
    (["audit", "key", "--tenant", "none"], 1, "There is no company none"),
    (["report", "dreams"], 2, "dreams"),
]
NEED_DATABASE = [
    ["migrate"],
    ["tenant", "list"],
    ["tenant", "create", "b", "--name", "B"],
    [*USER, "--role", "Administrator", "--generate"],
    [*TOKEN, *COMPANY, "--may", "orders.view"],
    ["import", "sales.csv", *COMPANY],
    ["analyse", *COMPANY],
    ["report", "totals", *COMPANY],
    ["audit", "export", "audit.jsonl", *COMPANY],
    ["audit", "checkpoint", "checkpoint.txt", *COMPANY],
    ["audit", "key", *COMPANY],
    ["backup", "new.tar"],
    ["restore", "sales.csv"],
    ["serve"],
    ["web"],
    ["worker"],
    ["demo", "--no-serve"],
    ["doctor"],
]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-codes-"))
    folder.chmod(0o711)
    (folder / "sales.csv").write_text(SALES)
    (folder / "empty.csv").write_text("")
    for name in ("noise.xlsx", "noise.parquet"):
        (folder / name).write_bytes(b"\x00\x01 not what its name says" * 50)
    with Cluster(folder / "postgres", durable=False) as cluster:
        yield folder
    cluster.destroy()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture(scope="module")
def wrong(home: Path) -> list[Outcome]:
    """All of `WRONG` on one company without anything, after it was founded."""
    found = ["tenant", "create", "acme", "--name", "Acme", "--language", "en"]
    return run_commands(
        found, *(words for words, _, _ in WRONG), variables={"ZHIYIN_HOME": str(home)}, folder=home
    )


def test_the_company_is_founded(wrong: list[Outcome]) -> None:
    assert wrong[0].code == 0, wrong[0].stderr


@pytest.mark.parametrize("number", range(len(WRONG)), ids=[" ".join(words) for words, _, _ in WRONG])
def test_what_is_wrong_is_told_with_a_status(wrong: list[Outcome], number: int) -> None:
    _, code, told = WRONG[number]
    outcome = wrong[number + 1]
    assert outcome.code == code, outcome
    assert told.casefold() in " ".join((outcome.stdout + outcome.stderr).split()).casefold()
    assert "Traceback" not in outcome.stderr
    assert code != 2 or not outcome.stdout


@pytest.fixture(scope="module")
def away(home: Path, port: str) -> list[Outcome]:
    variables = {"ZHIYIN_HOME": str(home), "ZHIYIN_PORT": port, **AWAY}
    return run_commands(*NEED_DATABASE, variables=variables, folder=home)


@pytest.mark.parametrize("number", range(len(NEED_DATABASE)), ids=[words[0] for words in NEED_DATABASE])
def test_a_database_that_is_away_ends_with_3(away: list[Outcome], number: int) -> None:
    outcome = away[number]
    assert outcome.code == 3, outcome
    assert "ZHIYIN_DATABASE_URL does not work" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"ZHIYIN_PORT": "many", "ZHIYIN_LANGUAGE": "fr"}, ["ZHIYIN_PORT", "ZHIYIN_LANGUAGE"]),
        ({"ZHIYIN_HOME": "/proc/zhiyin"}, ["/proc/zhiyin cannot be written"]),
    ],
)
def test_a_configuration_at_fault_ends_with_3(
    variables: dict[str, str], told: list[str], home: Path, port: str
) -> None:
    variables = {"ZHIYIN_HOME": str(home), "ZHIYIN_PORT": port, **variables}
    for outcome in run_commands(*NEED_DATABASE, variables=variables, folder=home):
        assert outcome.code == 3, outcome
        assert all(sentence in outcome.stdout + outcome.stderr for sentence in told)


def test_messages_follow_the_terminals_language(home: Path) -> None:
    words = ["tenant", "create", "acme", "--name", "Again"]
    ((code, _, told),) = run_commands(
        words, variables={"ZHIYIN_HOME": str(home), "LANG": "zh_CN.UTF-8"}, folder=home
    )
    assert code == 1
    assert "这个名称已被使用" in told


@pytest.mark.parametrize(
    ("name", "command"), [each for each in commands() if not isinstance(each[1], click.Group)]
)
def test_commands_that_answer_with_data_do_so_as_json(name: str, command: click.Command) -> None:
    assert (name in SERVERS) != any("--json" in option.opts for option in command.params)


def test_json_is_the_whole_answer(home: Path, wrong: list[Outcome]) -> None:
    asked = [
        ["tenant", "list"],
        ["migrate"],
        ["report", "totals", *COMPANY],
        ["analyse", *COMPANY],
        ["doctor"],
    ]
    asked += [["import", "sales.csv", *COMPANY], ["audit", "export", "audit.jsonl", *COMPANY]]
    asked += [["audit", "checkpoint", "checkpoint.txt", *COMPANY], ["audit", "key", *COMPANY]]
    asked += [["audit", "verify", "audit.jsonl"], ["backup", "whole.tar"]]
    for outcome in run_commands(
        *([*words, "--json"] for words in asked), variables={"ZHIYIN_HOME": str(home)}, folder=home
    ):
        assert outcome.code == 0, outcome
        assert json.loads(outcome.stdout) is not None
