"""Every finding and every refusal has its words."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

import zhiyin.analytics.compute.findings as findings_module
from zhiyin.analytics.methods.thin import Reason
from zhiyin.analytics.sentences import FINDINGS, OTHER_REASON, REASONS, money, reason, sentence

SOURCE = Path(findings_module.__file__).read_text()


def test_every_code_that_can_be_found_has_a_sentence() -> None:
    said = set(re.findall(r'said\(\s*f?"(\w+)"', SOURCE)) | set(re.findall(r'"(no_\w+)"', SOURCE))
    said |= {"coverage", "coverage_of_one", "thin_buying", "thin_buying_borrowed", "thin_spending"}
    assert said - {""} <= set(FINDINGS), said - set(FINDINGS)


@pytest.mark.parametrize("code", [str(each) for each in Reason])
def test_every_refusal_has_a_sentence(code: str) -> None:
    assert code in REASONS
    assert "%(" not in reason(code, {"found": 3, "needed": 100})


@pytest.mark.parametrize(
    ("language", "amount", "text"),
    [
        ("en", 950, "¥950"),
        ("en", 45_200, "¥45,200"),
        ("en", 345_200, "¥345k"),
        ("en", 11_770_000, "¥11.8M"),
        ("zh-hans", 345_200, "¥34.5 万"),
        ("zh-hans", 157_052_992, "¥1.57 亿"),
        ("en", -2_000_000, "-¥2M"),
    ],
)
def test_money_is_short_in_the_readers_way(language: str, amount: float, text: str) -> None:
    with override(language):
        assert money(amount, "CNY") == text


def test_facts_are_written_by_their_kind() -> None:
    finding = {
        "code": "anonymous",
        "tone": "neutral",
        "facts": {"orders": 2314, "amount": 1_777_232.65},
    }
    with override("en"):
        assert sentence(finding, currency="CNY").startswith("2,314 orders worth ¥1.78M")


@pytest.mark.parametrize(
    "finding",
    [
        {"code": "of_another_version", "tone": "bad", "facts": {"customers": 3}},
        {"code": "anonymous", "tone": "neutral", "facts": {"orders": 2314}},
    ],
    ids=["code", "facts"],
)
def test_what_another_version_has_stored_is_left_out(finding: dict[str, object]) -> None:
    assert sentence(finding, currency="CNY") == ""
    assert reason("of_another_version", {}) == reason("too_few_customers", {}) == str(OTHER_REASON)
