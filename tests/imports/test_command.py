"""``zhiyin import``: a saved profile is used, what a file is not guessed to be can be said, and refusals are told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.imports.importing import HEADER, ODD, ODD_MAPPING, odd_profile, query
from zhiyin.config.cli import importing, main
from zhiyin.imports.models import Import
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import scope


@pytest.fixture
def zhiyin(cast, monkeypatch, tmp_path):
    """Run the command on a file of this content."""
    monkeypatch.setattr(importing, "open_database", lambda: None)

    def run(content, *words):
        file = tmp_path / "shop.txt"
        file.write_text(content)
        return CliRunner().invoke(main, ["import", str(file), "--tenant", cast.tenant.code, *words])

    return run


@pytest.fixture
def profile(gao):
    with scope(gao.tenant_id):
        return odd_profile()


def orders(actor):
    return query(actor, "SELECT number, source, total::float FROM commerce_order ORDER BY 1")


def test_a_saved_profile_reads_what_nothing_could_guess(gao, zhiyin, profile):
    assert zhiyin(ODD).exit_code == 1
    assert zhiyin(ODD, "--profile", "nobody's").exit_code == 1
    assert orders(gao) == []
    done = zhiyin(ODD, "--profile", "Shop", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["columns"] == profile.mapping
    assert orders(gao) == [("1001", "shop", 19), ("1002", "shop", 9.5)]


def test_a_profile_of_which_a_column_is_missing_is_refused_and_nothing_stays(gao, zhiyin, profile):
    refused = zhiyin("1001||05.03.2024||K1\n1002||06.03.2024||K2\n", "--profile", "Shop")
    assert refused.exit_code == 1
    assert "“E”" in refused.output
    with scope(gao.tenant_id):
        assert (Import.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_delimiter_and_missing_header_are_said(gao, zhiyin):
    columns = [f"--column={field}={column}" for field, column in ODD_MAPPING.items()]
    said = ["--kind", "orders", "--no-header", "--delimiter", "||", "--date-format", "ordered_at=%d.%m.%Y"]
    assert zhiyin(ODD, *said, *columns).exit_code == 0
    assert [number for number, *_ in orders(gao)] == ["1001", "1002"]
    assert zhiyin(ODD, "--kind", "orders", "--delimiter", "toolong").exit_code == 1


def test_messages_are_sentences_also_as_json(gao, zhiyin):
    lines = "A1,2024-03-05,K1,P1,1,2\nA1,2024-03-05,K1,P1,1,2\nA2,2099-01-01,K1,P1,1,2\n"
    done = json.loads(zhiyin(HEADER + lines, "--json").stdout)
    assert all(isinstance(each, str) and "{" not in each for each in done["messages"])
    assert list(done["refusals"].values()) == [1]


def test_too_large_a_file_is_refused_and_nothing_stays(gao, zhiyin, settings):
    settings.ZHIYIN_UPLOAD_LIMIT_MB = 1
    folder = Path(settings.ZHIYIN_HOME) / "files" / str(gao.tenant_id)
    refused = zhiyin(HEADER + "A1,2024-03-05,K1,P1,1,2\n" * 60_000)
    assert refused.exit_code == 1
    assert "1 MB" in refused.output
    assert not [path for path in folder.rglob("*") if path.is_file()]
    with scope(gao.tenant_id):
        assert not Import.objects.exists()
