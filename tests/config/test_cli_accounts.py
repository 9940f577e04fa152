"""Companies, people, tokens and the audit log from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone, translation

from zhiyin.accounts import access
from zhiyin.accounts.models import Member, Role, Tenant
from zhiyin.config.cli import main
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """Commands choose a language for their process; here that is the tests' own."""
    with translation.override("en"):
        yield


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=typed)


def answer(*words: str, typed: str | None = None) -> dict[str, Any]:
    result = run(*words, "--json", typed=typed)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def acme() -> Tenant:
    answer("tenant", "create", "acme", "--name", "Acme", "--currency", "EUR", "--language", "en")
    return Tenant.objects.get(code="acme")


def test_found_a_company(acme: Tenant) -> None:
    assert (acme.name, acme.currency, acme.time_zone) == ("Acme", "EUR", "Asia/Shanghai")
    with scope(acme.id):
        assert Role.objects.filter(holds_all=True).exists()
        entry = AuditEntry.objects.get()
        assert (entry.actor_name, entry.actor_kind) == ("command line", "system")
    assert "Acme" in run("tenant", "list").output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["acme", "--name", "Again"], ""),
        (["Not a code", "--name", "X"], "small letters"),
        (["other", "--name", "X", "--currency", "euro"], "currency"),
        (["other", "--name", "X", "--time-zone", "Mars/Base"], "time zone"),
    ],
)
def test_a_company_that_cannot_be(acme: Tenant, words: list[str], complaint: str) -> None:
    before = set(Tenant.objects.values_list("code", flat=True))  # other tests leave theirs
    result = run("tenant", "create", *words)
    assert result.exit_code == 1
    assert complaint in result.output
    assert set(Tenant.objects.values_list("code", flat=True)) == before


def test_a_member_with_a_made_up_password(acme: Tenant) -> None:
    words = (
        "user",
        "create",
        "lin@example.com",
        "--tenant",
        "acme",
        "--name",
        "林岚",
        "--role",
        "Administrator",
    )
    made = answer(*words, "--generate")
    with scope(acme.id):
        member = Member.objects.select_related("user", "role", "unit").get(pk=made["member"])
        assert member.user.check_password(made["password"])
        assert member.role.holds_all
        assert member.unit.parent is None
    again = run(*words, "--generate")
    assert again.exit_code == 1


def test_a_password_from_standard_input(acme: Tenant) -> None:
    words = ("user", "create", "lin@example.com", "--tenant", "acme", "--name", "Lin", "--role", "analyst")
    assert run(*words, typed="").exit_code == 2
    assert run(*words, typed="short\n").exit_code == 1
    made = answer(*words, typed="correct horse battery\n")
    assert "password" not in made
    with scope(acme.id):
        assert Member.objects.get(pk=made["member"]).user.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"--tenant": "nobody"}, "There is no company nobody. Known: acme"),
        ({"--role": "King"}, "There is no role King. Known: Administrator"),
        ({"--unit": "Mars"}, "No organisation unit is named Mars"),
    ],
)
def test_a_member_that_cannot_be(acme: Tenant, changed: dict[str, str], complaint: str) -> None:
    options = {"--tenant": "acme", "--name": "Lin", "--role": "Administrator"} | changed
    words = [word for pair in options.items() for word in pair]
    result = run("user", "create", "lin@example.com", *words, "--generate")
    assert result.exit_code == 1
    assert complaint in result.output


def test_roles_of_a_chinese_company_are_found_by_their_english_names() -> None:
    answer("tenant", "create", "zhong", "--name", "中文公司")
    made = answer(
        "user", "create", "lin@example.com", "--tenant", "zhong", "--name", "林岚",
        "--role", "Administrator", "--generate",
    )  # fmt: skip
    assert made["name"] == "林岚"


def test_a_token_acts_for_its_member(acme: Tenant) -> None:
    run(
        "user",
        "create",
        "lin@example.com",
        "--tenant",
        "acme",
        "--name",
        "Lin",
        "--role",
        "analyst",
        "--generate",
    )
    common = ("token", "create", "--tenant", "acme", "--user", "LIN@example.com", "--name", "shop")
    made = answer(*common, "--may", "orders.view", "--days", "30")
    with scope(acme.id):
        visitor = access.visitor_by_token(made["token"], timezone.now())
    assert visitor
    assert visitor.actor.permissions == {"orders.view"}
    for words in (("--may", "accounts.manage"), ("--may", "everything")):
        assert run(*common, *words).exit_code == 1
    assert run(*common, "--may", "orders.view", "--days", "500").exit_code == 2
    stranger = run(
        "token", "create", "--tenant", "acme", "--user", "a@b.c", "--name", "x", "--may", "orders.view"
    )
    assert stranger.exit_code == 1
    assert "a@b.c is not a member of Acme." in stranger.output


def test_the_audit_log_is_exported_and_verified(tmp_path: Path) -> None:
    code = "audited"
    answer("tenant", "create", code, "--name", "Audited", "--language", "en")
    file = tmp_path / "audit.jsonl"
    head = answer("audit", "export", str(file), "--tenant", code)
    report = answer("audit", "verify", str(file), "--root", head["root"])
    assert report["ok"]
    assert report["size"] == head["size"] == 1
    result = run("audit", "verify", str(file))
    assert (result.exit_code, result.output) == (0, f"ok: 1 entries, root {head['root']}\n")
    note = tmp_path / "checkpoint.txt"
    assert answer("audit", "checkpoint", str(note), "--tenant", code)["size"] == 1
    key = answer("audit", "key", "--tenant", code)["key"]
    answer("audit", "export", str(file), "--tenant", code)
    assert answer("audit", "verify", str(file), "--checkpoint", str(note), "--key", key)["size"] == 2
    file.write_text(file.read_text().replace("command line", "somebody else", 1))
    result = run("audit", "verify", str(file), "--checkpoint", str(note))
    assert result.exit_code == 1
    assert result.output.startswith("first bad entry: 1\nline 2: entry 1 was altered\n")
