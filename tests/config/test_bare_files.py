"""Commands on bare files work by themselves: no settings, no database, no data folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

PEOPLE = (
    "编号,姓名,手机,邮箱,生日,真身\n"
    "A1,王小明,13900000001,wang@x.cn,1980-05-04,w\n"
    "A2,王小明,139 0000 0001,WANG@x.cn,1980-05-04,w\n"
    "A3,李雷,13900000002,li@y.cn,1975-01-02,l\n"
)
SALES = "customer_id,date,amount\n" + "".join(
    f"K{n % 40},2026-{1 + n % 9:02d}-{1 + n % 27:02d},{10 + n % 7}\n" for n in range(400)
)


def zhiyin(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell starts it, without what the tests set up."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ZHIYIN_") and name != "DJANGO_SETTINGS_MODULE"
    }
    home = {"ZHIYIN_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, "-m", "zhiyin", *words],
        env=plain | home,
        capture_output=True,
        text=True,
        check=False,
    )


def test_duplicates_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    done = zhiyin(tmp_path, "duplicates", str(file), "--truth", "真身", "--json")
    assert done.returncode in (0, 1), done.stderr
    answer = json.loads(done.stdout)
    assert answer["true_pairs"] == 1, done.stderr
    assert not (tmp_path / "home").exists()


def test_values_of_a_file_of_sales(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(SALES)
    named = ("--customer", "customer_id", "--date", "date", "--amount", "amount")
    done = zhiyin(tmp_path, "clv", str(file), *named, "--json")
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout), done.stderr
    assert not (tmp_path / "home").exists()
