"""Logs tell what happened and to whom it belongs, and no personal data."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.db import IntegrityError
from django.test import Client

from tests.cast import PASSWORD, Company
from tests.imports.importing import import_text
from zhiyin.platform.logging import configure, describe, scrub


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, as JSON at the finest level."""
    configure("DEBUG", as_json=True)
    handler = next(each for each in logging.getLogger().handlers if each.name == "zhiyin")
    assert isinstance(handler, logging.StreamHandler)
    target = io.StringIO()
    handler.setStream(target)
    yield target
    configure("INFO", as_json=False)


def parsed(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.django_db
def test_a_sign_in_leaves_no_personal_data(lines: io.StringIO, cast: Company) -> None:
    client = Client()
    login = {"login": cast.lin.user.email, "password": PASSWORD}
    client.post("/account/login/?next=/?q=王小明", login)
    client.post("/account/login/", login | {"password": "a wrong one 13800138000"})
    client.get("/customers/", {"q": "13800138000 王小明"})
    text = lines.getvalue()
    assert "request" in text
    for secret in (
        cast.lin.user.email,
        PASSWORD,
        "a wrong one",
        "林岚",
        "王小明",
        "13800138000",
        "13800138000",
    ):
        assert secret not in text


@pytest.mark.django_db
def test_each_request_has_an_id_and_its_people_by_id(lines: io.StringIO, cast: Company) -> None:
    answer = cast.lin.client.get("/jobs/", headers={"X-Request-ID": "abcdef-123456"})
    assert answer["X-Request-ID"] == "abcdef-123456"
    line = next(line for line in parsed(lines) if line["event"] == "request")
    assert line["route"] == "/jobs/"
    assert line["request_id"] == "abcdef-123456"
    assert line["tenant_id"] == str(cast.tenant.id)
    assert line["user_id"] == str(cast.lin.user.id)
    assert Client().get("/healthz").status_code == 200
    assert "tenant_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with blank 123", "line\nbreak-123", "<script>12345"]
)
def test_a_strange_request_id_is_replaced(given: str) -> None:
    answer = Client().get("/nowhere/", headers={"X-Request-ID": given})
    assert uuid.UUID(answer["X-Request-ID"])


@pytest.mark.parametrize(
    "text",
    [
        "duplicate key value: Key (email)=(wang@example.cn) already exists.",
        "Key (name, phone)=(Wang (Xiao) Ming, +86 138-0013-8000) already exists",
        'invalid input syntax for type numeric: "Wang"',
        "no such customer: 'Wang'",
        "顾客王小明 13800138000",
        "mail to wang.xiaoming+crm@mail.example.cn failed",
    ],
)
def test_what_libraries_quote_is_taken_out(text: str) -> None:
    clean = scrub(text)
    for secret in ("ang", "13800138000", "138-0013", "王小明", "example"):
        assert secret not in clean


def test_an_exception_keeps_its_kind_and_place_and_loses_its_data(lines: io.StringIO) -> None:
    log = structlog.get_logger("zhiyin.tests")
    try:
        try:
            raise ValueError("bad phone '13800138000' of 王小明")
        except ValueError as cause:
            raise IntegrityError("Key (email)=(wang@example.cn) already exists.") from cause
    except IntegrityError:
        log.exception("import.failed", row=17)
        logging.getLogger("some.library").exception("could not write wang@example.cn")
    ours, theirs = parsed(lines)
    assert ours["row"] == 17
    assert ours["exception"][0].startswith("IntegrityError: Key (email)=(…)")
    assert "test_logging.py" in ours["exception"][0]
    assert ours["exception"][1].startswith("ValueError: bad phone")
    assert theirs["event"] == "could not write <address>"
    for secret in ("wang", "13800138000", "王小明"):
        assert secret not in lines.getvalue()


def test_an_exception_is_logged_as_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", as_json=False)
    try:
        raise ValueError("no such thing")
    except ValueError:
        structlog.get_logger("zhiyin.test").exception("failed")
    written = capsys.readouterr().err
    assert "ValueError: no such thing at" in written
    assert "Logging error" not in written


def test_an_endless_chain_of_causes_ends() -> None:
    one, two = ValueError("1"), ValueError("2")
    one.__cause__, two.__cause__ = two, one
    assert len(describe(one)) == 10


@pytest.mark.django_db
def test_a_failure_anywhere_is_logged_with_its_route(
    lines: io.StringIO, cast: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("could not greet 王小明")

    monkeypatch.setattr("zhiyin.web.jobs.views.keyset", fail)
    client = cast.lin.client
    client.raise_request_exception = False
    assert client.get("/jobs/?q=王小明").status_code == 500
    failed = [line for line in parsed(lines) if line["event"] == "request.failed"]
    assert [line["route"] for line in failed] == ["/jobs/"]
    assert failed[0]["exception"][0].startswith("RuntimeError: could not greet <text> at")
    assert "王小明" not in lines.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("fails", [False, True])
def test_an_import_leaves_no_personal_data(
    lines: io.StringIO, cast: Company, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    if fails:
        monkeypatch.setattr("zhiyin.platform.jobs.run.JobRun.progress", _quote_the_customer)
    rows = "客户编号,姓名,手机,邮箱\nK1,王小明,13800138000,wang.xm@mail.example\nK2,欧阳娜,不是号码,坏@\n"
    batch = import_text(cast.gao.actor, rows, kind="customers")
    assert (batch.job.state == "failed") == fails
    assert [line for line in parsed(lines) if line["event"] == "job.ended"]
    text = lines.getvalue()
    for secret in ("王小明", "欧阳娜", "13800138000", "wang.xm", "不是号码", "高敏", cast.gao.user.email):
        assert secret not in text


def _quote_the_customer(*_arguments: object) -> None:
    raise ValueError("Key (name)=(王小明) and '13800138000' of wang.xm@mail.example")
