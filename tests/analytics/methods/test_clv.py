"""The whole analysis of a record, and the command."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from numpy.testing import assert_allclose
from pyarrow import csv, parquet

from tests.shared import shared_data
from zhiyin.analytics.methods.backtest import Backtest
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.clv import Analysis, Record, analyse
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.simulate import simulate, simulate_spend
from zhiyin.analytics.methods.thin import Reason, TooThin
from zhiyin.config.cli.clv import clv


def record_of(customer: object, day: object, amount: object) -> Record:
    table = pa.table({"c": pa.array(customer), "d": pa.array(day), "a": pa.array(amount)})
    return Record.of(table, customer="c", date="d", amount="a")


@pytest.fixture(scope="module")
def cdnow() -> Analysis:
    table = csv.read_csv(shared_data("cdnow_sample.csv.gz"))
    record = Record.of(table, customer="sample_id", date="date", amount="dollar_value")
    return analyse(record, unit="week", calibration_end=date(1997, 9, 30))


def test_backtest_of_cdnow(cdnow: Analysis) -> None:
    test = cdnow.backtest
    assert isinstance(test, Backtest)
    assert (test.customers, test.actual, test.horizon) == (2357, 1882, 39)
    assert test.model.mae < min(test.last_period.mae, test.mean_rate.mae)
    assert test.model.rmse < min(test.last_period.rmse, test.mean_rate.rmse)
    assert abs(test.model.total_error) < 0.13
    assert_allclose(test.mean_rate.total, (cdnow.summary.x / cdnow.summary.T * 39).sum())
    assert sum(row.customers for row in test.groups) == 2357
    assert_allclose(sum(row.customers * row.actual for row in test.groups), 1882)
    # The published weekly purchases of weeks 20 to 25.
    assert test.track.actual[19:25] == [73, 55, 70, 33, 56, 99]
    printed = (76.86531, 74.88843, 73.04554, 71.32166, 69.70412, 68.18213)
    assert_allclose(test.track.expected[19:25], printed, rtol=1e-5)
    assert test.value_actual is not None
    assert test.value_predicted is not None
    assert abs(test.value_predicted / test.value_actual - 1) < 0.2


def test_table_of_cdnow(cdnow: Analysis) -> None:
    table = cdnow.table()
    assert table.num_rows == 2357
    frame = table.to_pandas()
    assert_allclose(frame["value"].sum(), cdnow.to_dict()["prediction"]["value"])
    assert (frame.value_low <= frame.value_high).all()
    assert (frame.alive[frame.x == 0] == 1).all()
    json.dumps(cdnow.to_dict(), allow_nan=False)


def test_without_a_calibration_end_the_back_test_is_fitted_for_itself() -> None:
    drawn = simulate(BGNBD(0.5, 6.0, 0.8, 2.5), 80.0, 2500, seed=3)
    first = np.datetime64("2024-01-01") + np.random.default_rng(1).integers(0, 90, 2500)
    amounts = simulate_spend(GammaGamma(6.0, 4.0, 15.0), drawn, seed=4)
    found = analyse(record_of(drawn.customer, drawn.dates(first, 7.0), amounts), unit="week")
    assert found.calibration_end == found.end
    assert isinstance(found.backtest, Backtest)
    assert found.backtest.calibration_end < found.backtest.end
    assert found.backtest.end == found.end
    assert found.backtest.model.mae < found.backtest.mean_rate.mae
    assert not isinstance(found.transactions, TooThin)
    low, high = found.transactions.interval("r", 0.999)
    assert low < 0.5 < high


def test_online_retail_shows_no_leaving_and_says_so() -> None:
    rows = parquet.read_table(shared_data("online_retail.parquet"))
    value = np.asarray(rows["Quantity"]) * np.asarray(rows["UnitPrice"])
    table = pa.table({"c": rows["CustomerID"], "d": rows["InvoiceDate"], "a": value})
    record = Record.of(table, customer="c", date="d", amount="a")
    assert record.left_out["no_customer"] == 135_080
    facts = analyse(record).to_dict()
    assert facts["transactions"]["requested"] == "BGNBD"
    assert facts["transactions"]["model"] == "NBD"
    assert facts["prediction"]["alive"] == facts["customers"] == 4339
    assert facts["backtest"]["model"]["mae"] > facts["backtest"]["mean_rate"]["mae"]


@pytest.mark.parametrize("model", ["bgnbd", "paretonbd"])
def test_thin_records_get_reasons_instead_of_numbers(model: str) -> None:
    day = np.datetime64("2024-01-01") + np.arange(400)

    def reasons(record: Record, end: date | None = None) -> tuple[Reason, Reason, Reason]:
        found = analyse(record, model=model, calibration_end=end)  # type: ignore[arg-type]
        assert found.prediction is None
        json.dumps(found.to_dict(), allow_nan=False)
        parts = (found.transactions, found.spend, found.backtest)
        return tuple(part.reason for part in parts if isinstance(part, TooThin))  # type: ignore[return-value]

    none = record_of(np.zeros(0, int), day[:0], np.zeros(0))
    assert reasons(none)[0] == Reason.NO_PURCHASES
    one = record_of([7], day[:1], [9.0])
    assert reasons(one) == (Reason.NO_REPEAT_BUYERS, Reason.NO_SPEND, Reason.NO_REPEAT_BUYERS)
    once = record_of(np.arange(400), day, np.ones(400))
    assert reasons(once)[0] == Reason.NO_REPEAT_BUYERS
    few = record_of(np.arange(400) % 20, day, np.ones(400))
    assert reasons(few)[0] == Reason.TOO_FEW_CUSTOMERS
    short = record_of(np.arange(400) % 200, day[np.arange(400) // 200 * 9], np.ones(400))
    assert reasons(short)[0] == Reason.TOO_SHORT
    before = record_of([1, 1], day[:2], [1.0, 1.0])
    assert reasons(before, date(2023, 1, 1))[0] == Reason.NO_PURCHASES


def test_rows_that_cannot_be_used_are_counted() -> None:
    days = ["2024-01-01", "2024-01-01", None, "2024-01-02", "2024-01-03T10:00"]
    found = record_of(["a", None, "b", "c", "d"], days, [1.0, 2.0, 3.0, -4.0, None])
    assert found.left_out == {"no_customer": 1, "no_date": 1, "no_or_negative_amount": 2}
    assert found.names.to_pylist() == ["a"]
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        record_of(["a"], ["01/02/2024"], [1.0])
    with pytest.raises(ValueError, match="not dates"):
        record_of(["a"], [5], [1.0])
    with pytest.raises(ValueError, match="plain numbers"):
        record_of(["a"], ["2024-01-01"], ["1,5"])
    with pytest.raises(KeyError):
        Record.of(pa.table({"c": ["a"]}), customer="c", date="d", amount=None)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(clv, [str(argument) for argument in arguments])


def test_command_on_cdnow(tmp_path: Path) -> None:
    out = tmp_path / "customers.parquet"
    columns = ("--customer", "sample_id", "--date", "date", "--amount", "dollar_value")
    file = shared_data("cdnow_sample.csv.gz")
    answer = run(file, *columns, "--unit", "week", "--calibration-end", "1997-09-30", "--json", "--out", out)
    assert answer.exit_code == 0, answer.output
    facts = json.loads(answer.output)
    rounded = [round(value, 3) for value in facts["transactions"]["parameters"].values()]
    assert rounded == [0.243, 4.414, 0.793, 2.426]
    assert round(facts["transactions"]["log_likelihood"], 1) == -9582.4
    assert [round(value, 2) for value in facts["spend"]["parameters"].values()] == [6.25, 3.74, 15.44]
    table = parquet.read_table(out)
    assert table.num_rows == 2357
    assert table["customer"][0].as_py() == "1"
    plain = run(
        shared_data("cdnow_sample.csv.gz"), *columns, "--model", "paretonbd", "--out", tmp_path / "o.csv"
    )
    assert plain.exit_code == 0
    assert "ParetoNBD" in plain.output
    assert csv.read_csv(tmp_path / "o.csv").num_rows == 2357


def test_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("who,day,paid\n007,2024-01-01,5\n007,2024-02-01,5\n008,2024-02-01,5\n")
    wrong = run(file, "--customer", "whom", "--date", "day")
    assert wrong.exit_code == 2
    assert "no column whom; it has who, day, paid" in wrong.output
    thin = run(file, "--customer", "who", "--date", "day", "--amount", "paid")
    assert thin.exit_code == 1
    assert "a model needs at least 100" in thin.output
    out = tmp_path / "out.csv"
    assert run(file, "--customer", "who", "--date", "day", "--out", out).exit_code == 1
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ['"customer"', '"007"', '"008"']
    assert run(file, "--customer", "who", "--date", "paid").exit_code == 1
    assert run(file, "--customer", "who", "--date", "day", "--out", "x.xlsx").exit_code == 2
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert run(empty, "--customer", "who", "--date", "day").exit_code == 1
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 not really")
    assert run(broken, "--customer", "who", "--date", "day").exit_code == 1
    assert "Example" in run("--help").output


def test_methods_and_command_know_no_django() -> None:
    script = (
        "import sys, pkgutil, importlib, zhiyin.analytics.methods as methods\n"
        "assert 'numpy' not in sys.modules and 'scipy' not in sys.modules\n"
        "import zhiyin.config.cli.clv\n"
        "assert 'pyarrow' not in sys.modules\n"
        "for module in pkgutil.iter_modules(methods.__path__, methods.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'ibis', 'psycopg')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3])
