"""Password rules after NIST SP 800-63B."""

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.cast import Company
from zhiyin.accounts.models import User


def refused(password: str, user: User | None = None) -> str:
    """The code of the first objection; empty when there is none."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return str(error.error_list[0].code)
    return ""


@pytest.mark.parametrize(
    "password",
    ["onlysmallletters", "0946175823", "四月里的一场大雨落在江南", "with blanks in it", "x" * 30 + "y" * 226],
)
def test_there_are_no_rules_of_composition(password: str) -> None:
    assert not refused(password)


def test_long_ones_are_allowed_and_endless_ones_not() -> None:
    assert not refused("correct horse " * 5)
    assert refused("ab" * 200) == "password_too_long"


@pytest.mark.parametrize("password", ["", "short", "123456789"])
def test_short_ones_are_refused(password: str) -> None:
    assert refused(password) == "password_too_short"


@pytest.mark.parametrize("password", ["1234567890", "qwertyuiop", "Password123", "iloveyou12"])
def test_common_ones_are_refused(password: str) -> None:
    assert refused(password) == "password_too_common"


@pytest.mark.parametrize(
    "password",
    [
        "lin@yihe.example",
        "yihe.example1",
        "颐和电器颐和电器颐和",
        "linlan2026",
        "LINLAN 2026",
        "yiheyihe11",
        "林岚林岚林岚林岚12",
    ],
)
def test_ones_made_of_oneself_are_refused(cast: Company, password: str) -> None:
    assert refused(password, cast.lin.user) in ("password_personal", "password_too_short")


def test_ones_that_only_contain_a_name_are_allowed(cast: Company) -> None:
    assert not refused("lin keeps goats in Norway", cast.lin.user)


def test_argon2_is_what_is_kept() -> None:
    stored = make_password("some password")
    assert stored.startswith("argon2$argon2id$")
    assert identify_hasher(stored).algorithm == "argon2"
    assert check_password("some password", stored)
    assert not check_password("some Password", stored)
