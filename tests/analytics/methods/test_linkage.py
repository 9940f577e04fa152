"""Duplicates: small cases with known answers, FEBRL, determinism, and the command."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import csv, parquet

from tests.chinese_customers import Generator
from tests.shared import shared_data
from zhiyin.analytics.methods.linkage import Duplicates, find_duplicates
from zhiyin.analytics.methods.linkage.mixture import RELATED, SAME, Patterns, fit
from zhiyin.analytics.methods.linkage.names import Name, core_of, normalise, pinyin, take_apart
from zhiyin.analytics.methods.linkage.records import prepare
from zhiyin.config.cli.duplicates import duplicates

FEBRL = {
    "given_name": ["given_name"], "surname": ["surname"], "birthday": ["date_of_birth"], "id_number": ["soc_sec_id"],
    "street_number": ["street_number"], "address": ["address_1", "address_2"], "city": ["suburb"],
    "postcode": ["postcode"], "province": ["state"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "surname", "given", "core"),
    [
        ("王小明", "王", "小明", None),
        ("王 小明 ", "王", "小明", None),
        ("張偉", "张", "伟", None),
        ("欧阳娜娜", "欧阳", "娜娜", None),
        ("小王", "王", None, None),
        ("王先生", "王", None, None),
        ("王小明先生", "王", "小明", None),
        ("欧阳女士", "欧阳", None, None),
        ("Anna Maria Smith", "smith", "anna maria", None),
        ("Mr Wang", "wang", None, None),
        ("上海市明华贸易有限公司", None, None, "明华贸易"),
        ("明华贸易(上海)有限公司", None, None, "明华贸易"),
        ("Northwind Traders Ltd.", None, None, "northwindtraders"),
        ("明华贸易", None, None, "明华贸易"),
        ("阿不都·热合曼", "热合曼", "阿不都", None),
        ("𠮷", "𠮷", None, None),
        ("😀", None, "😀", None),
    ],
)
def test_names_are_taken_apart(text: str, surname: str | None, given: str | None, core: str | None) -> None:
    assert take_apart(normalise(text)) == Name(surname, given, core)


def test_pinyin_tells_homophones_and_not_others() -> None:
    assert pinyin("晓明") == pinyin("小明") == "xiaoming"
    assert pinyin("晓明", tones=True) == pinyin("小明", tones=True) != pinyin("肖明", tones=True)
    assert pinyin("吕") != pinyin("路")
    assert core_of("有限公司")


def test_cells_are_made_comparable() -> None:
    rows = pa.table(
        {
            "phone": ["138 0013 8000", "+86-13800138000; 010-62781234", "12", None],
            "mail": ["A@B.com ", "a@b.com,c@d.cn", "nothing", ""],
            "born": ["1980-02-03", "1980年2月3日", "03/02/1980", "19800203"],
        }
    )
    found = prepare(rows, {"phone": ["phone"], "email": ["mail"], "birthday": ["born"]})
    assert found["phone"].to_pylist() == [["+8613800138000"], ["+861062781234", "+8613800138000"], None, None]
    assert found["email"].to_pylist() == [["a@b.com"], ["a@b.com", "c@d.cn"], None, None]
    assert found["birthday"].to_pylist() == ["19800203"] * 4


def test_relatives_are_not_the_same() -> None:
    """Phone and address agree for both; only name and birthday tell them apart, and no share of them is told."""
    generator = np.random.default_rng(5)
    kinds = np.repeat([0, 1, 2], [3000, 1500, 20000])
    personal, common = [0.95, 0.02, 0.02], [0.9, 0.9, 0.001]
    chance = np.array([personal, personal, common, common]).T
    place = np.array([1, 8, 64, 512])
    agree = generator.random((len(kinds), 4)) < chance[kinds]
    drawn = generator.random((100_000, 4)) < chance[2]
    blocked, random = (np.unique((found + 1) @ place, return_counts=True) for found in (agree, drawn))
    mixture = fit(
        Patterns.of(*blocked, 4, 3), Patterns.of(*random, 4, 3), [2] * 4,
        kinds=["personal", "personal", "contact", "contact"], pairs=24_500, records=5_000,
    )  # fmt: skip
    assert mixture.shares[SAME] * 24_500 == pytest.approx(3000, rel=0.05)
    assert mixture.shares[RELATED] * 24_500 == pytest.approx(1500, rel=0.1)
    assert mixture.levels[0][SAME, 1] == pytest.approx(0.95, abs=0.02)
    assert mixture.levels[0][RELATED, 1] == pytest.approx(0.02, abs=0.005)


def table(name: str) -> tuple[pa.Table, list[str]]:
    file = shared_data(f"febrl/{name}.csv.gz")
    names = csv.open_csv(file).schema.names
    options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    rows = csv.read_csv(file, convert_options=options)
    return rows, [text.split("-")[1] for text in rows["rec_id"].to_pylist()]


def measure(found: Duplicates, left: list[str], right: list[str], true: int) -> tuple[float, float]:
    pairs = found.pairs.slice(0, found.accepted)
    hits = sum(
        left[a] == right[b]
        for a, b in zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True)
    )
    return hits / found.accepted, hits / true


def test_febrl_1_whatever_the_order_and_the_threads() -> None:
    rows, people = table("febrl1")
    first = find_duplicates(rows, roles=FEBRL, region="AU", precision=0.99)
    assert measure(first, people, people, 500) >= (0.998, 0.99)
    again = find_duplicates(rows, roles=FEBRL, region="AU", precision=0.99, threads=1)
    assert again.pairs.equals(first.pairs)
    order = np.random.default_rng(2).permutation(rows.num_rows)
    turned = find_duplicates(rows.take(order), roles=FEBRL, region="AU", precision=0.99)

    def pairs(found: Duplicates, of: np.ndarray) -> set[frozenset[int]]:
        ends = zip(found.pairs["left"].to_pylist(), found.pairs["right"].to_pylist(), strict=True)
        return {frozenset((int(of[a]), int(of[b]))) for a, b in list(ends)[: found.accepted]}

    assert pairs(turned, order) == pairs(first, np.arange(rows.num_rows))


CHINESE = {
    "name": ["姓名"], "phone": ["手机"], "email": ["邮箱"], "birthday": ["生日"], "city": ["城市"], "address": ["地址"],
}  # fmt: skip


@pytest.mark.slow
def test_chinese_customers_with_relatives() -> None:
    rows = Generator(seed=11).make(8_000)
    assert rows.equals(Generator(seed=11).make(8_000))
    who = rows["客户"].to_pylist()
    true = sum(count * (count - 1) // 2 for count in Counter(who).values())
    found = find_duplicates(rows, roles=CHINESE, precision=0.99)
    precision, recall = measure(found, who, who, true)
    assert precision >= 0.98
    assert recall >= 0.95
    assert abs(found.expected_precision - precision) < 0.01


def test_who_shares_a_telephone_is_not_the_same() -> None:
    rows = Generator(seed=3).make(3_000)
    names, phones, born = (rows[column].to_pylist() for column in ("姓名", "手机", "生日"))
    found = find_duplicates(rows, roles=CHINESE)
    for pair in found.pairs.slice(0, found.accepted).to_pylist():
        told = {field: code for field, (code, _) in found.evidence(pair["pattern"]).items()}
        one, other = pair["left"], pair["right"]
        if told.get("given_name") == "different" and told.get("birthday") == "different":
            pytest.fail(f"{names[one]} {phones[one]} {born[one]} taken for {names[other]} {born[other]}")


@pytest.mark.slow
def test_febrl_3() -> None:
    rows, people = table("febrl3")
    found = find_duplicates(rows, roles=FEBRL, region="AU", precision=0.99)
    precision, recall = measure(found, people, people, 6538)
    assert precision >= 0.98
    assert recall >= 0.95
    assert abs(found.expected_precision - precision) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("one_to_one", [True, False])
def test_febrl_4(one_to_one: bool) -> None:
    (left, people), (right, others) = table("febrl4a"), table("febrl4b")
    found = find_duplicates(left, right, roles=FEBRL, region="AU", one_to_one=one_to_one)
    precision, recall = measure(found, people, others, 5000)
    assert precision >= 0.999
    assert recall >= 0.99


def test_one_to_one_gives_each_row_one_partner() -> None:
    rows, _ = table("febrl1")
    found = find_duplicates(rows, rows, roles=FEBRL, region="AU", one_to_one=True)
    ends = [found.pairs[side].to_pylist() for side in ("left", "right")]
    assert all(len(set(side)) == len(side) for side in ends)
    assert found.accepted >= 0.99 * rows.num_rows


def test_evidence_says_how_fields_agreed() -> None:
    rows, _ = table("febrl1")
    found = find_duplicates(rows, roles=FEBRL, region="AU")
    pair = found.pairs.slice(0, 1).to_pylist()[0]
    told = found.evidence(pair["pattern"])
    one, other = (rows.slice(pair[side], 1).to_pylist()[0] for side in ("left", "right"))
    assert told["birthday"][0] == "same"
    assert one["date_of_birth"] == other["date_of_birth"]
    assert {code for code, _ in told.values()} <= {
        "same",
        "homophone",
        "swapped",
        "alone",
        "near",
        "alike",
        "parts",
        "different",
    }


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"wish": ["a"]}, "no role wish"),
        ({"city": ["a"]}, "tells people apart"),
        ({"name": ["a", "b"]}, "1 columns at most"),
        ({"name": ["b"]}, "nothing that could be compared"),
    ],
)
def test_unfit_columns_are_told(roles: dict[str, list[str]], words: str) -> None:
    rows = pa.table({"a": ["x", "y"], "b": pa.array([None, None], pa.string())})
    with pytest.raises(ValueError, match=words):
        find_duplicates(rows, roles=roles)


# --- the command ------------------------------------------------------------------------------------


def run(*arguments: object) -> Result:
    return CliRunner().invoke(duplicates, [str(argument) for argument in arguments])


def test_command_on_febrl(tmp_path: Path) -> None:
    file, out = shared_data("febrl/febrl1.csv.gz"), tmp_path / "pairs.csv"
    result = run(file, "--truth", "rec_id", "--json", "--out", out, "--region", "AU")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.output)
    assert facts["rows"] == [1000]
    assert facts["columns"] == [FEBRL]
    assert facts["true_pairs"] == 500
    assert facts["precision"] >= 0.99
    assert facts["recall"] >= 0.99
    assert facts["seconds"] > 0
    pairs = csv.read_csv(out)
    assert pairs.num_rows == facts["pairs"]
    assert pairs.column_names == ["row_1", "row_2", "probability", "evidence"]
    assert "birthday: same" in pairs["evidence"][0].as_py()
    text = run(file, "--column", "name=", "--out", tmp_path / "pairs.parquet", "--column", "province=")
    assert text.exit_code == 0
    assert "precision" not in text.output
    assert "province" not in text.output
    assert parquet.read_table(tmp_path / "pairs.parquet").num_rows > 400


def test_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("姓名,手机,备注\n王小明,13800138000,a\n王晓明,13800138000,b\n")
    assert "no column truth" in run(file, "--truth", "truth").output
    assert run(file, "--truth", "truth").exit_code == 2
    assert "There is no column 电话" in run(file, "--column", "phone=电话").output
    assert run(file, "--column", "手机").exit_code == 2
    assert run(file, "--column", "dream=手机").exit_code == 2
    assert run(file, "--one-to-one").exit_code == 2
    assert run(file, "--out", "pairs.xlsx").exit_code == 2
    assert run(tmp_path / "none.csv").exit_code == 2
    found = run(file, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.output)["columns"] == [{"name": ["姓名"], "phone": ["手机"]}]
    one = tmp_path / "one.csv"
    one.write_text("姓名,手机\n王小明,13800138000\n")
    assert run(one).exit_code == 1
    assert "fewer than two rows" in run(one).output
    assert "without rows" in run(one, _written(tmp_path / "header.csv", "姓名,手机\n")).output
    assert run(_written(tmp_path / "empty.csv", "")).exit_code == 1
    other = run(_written(tmp_path / "other.csv", "重量,颜色\n1,red\n2,blue\n"))
    assert other.exit_code == 1
    assert "No column tells people apart" in other.output


def test_what_compares_is_loaded_only_to_compare() -> None:
    script = (
        "import sys, zhiyin.analytics.methods.linkage, zhiyin.config.cli.duplicates\n"
        "assert not {'splink', 'sqlglot', 'opencc', 'pypinyin', 'django', 'phonenumbers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3])


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
