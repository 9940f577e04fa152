"""A mistake in the environment is told in one sentence; every variable is documented."""

from pathlib import Path

import pytest

from zhiyin.config.environment import ConfigurationError, Environment, environment

OPERATE = Path(__file__).parents[2] / "docs" / "operate" / "README.md"


@pytest.fixture(autouse=True)
def _fresh_environment() -> None:
    environment.cache_clear()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ZHIYIN_PORT", "http", "valid integer"),
        ("ZHIYIN_PORT", "70000", "less than or equal to 65535"),
        ("ZHIYIN_DATABASE_URL", "mysql://x", "must begin with postgresql://"),
        ("ZHIYIN_ORIGIN", "crm.example.com", "must begin with http:// or https://"),
        ("ZHIYIN_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("ZHIYIN_STORAGE_URL", "bucket", "must be a URL"),
    ],
)
def test_a_mistake_names_its_variable_and_what_is_wanted(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        environment()
    assert str(raised.value).startswith(variable)
    assert sentence in str(raised.value)


def test_every_mistake_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_PORT", "0")
    monkeypatch.setenv("ZHIYIN_WEB_WORKERS", "many")
    with pytest.raises(ConfigurationError) as raised:
        environment()
    assert len(str(raised.value).splitlines()) == 2


def test_a_mistake_does_not_print_the_secret_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", "mysql://someone:hush@host/db")
    with pytest.raises(ConfigurationError) as raised:
        environment()
    assert "hush" not in str(raised.value)


def test_the_signing_key_is_made_once_and_kept_from_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHIYIN_HOME", str(tmp_path))
    monkeypatch.delenv("ZHIYIN_SECRET_KEY", raising=False)
    first = Environment().signing_key()
    assert Environment().signing_key() == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_every_variable_is_in_the_operators_guide() -> None:
    guide = OPERATE.read_text()
    missing = [name for name in Environment.model_fields if f"`ZHIYIN_{name.upper()}`" not in guide]
    assert not missing
