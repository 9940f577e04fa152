"""Every published value of the CDNOW sample, to the digits published."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose

from tests.shared import shared_data
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.paretonbd import ParetoNBD
from zhiyin.analytics.methods.rfm import Summary, summarise, summary_expression
from zhiyin.analytics.methods.transactions import tracking

CALIBRATION_END = date(1997, 9, 30)


def to(digits: int) -> float:
    """Half a unit of the last digit printed."""
    return 0.5000001 * 10.0**-digits


@pytest.fixture(scope="module")
def record() -> pd.DataFrame:
    return pd.read_csv(shared_data("cdnow_sample.csv.gz"), parse_dates=["date"])


@pytest.fixture(scope="module")
def rounded() -> pd.DataFrame:
    return pd.read_csv(shared_data("cdnow_sample_rfm.csv.gz"))


@pytest.fixture(scope="module")
def summary(record: pd.DataFrame) -> Summary:
    return summarise(record.sample_id, record.date, record.dollar_value, unit="week", end=CALIBRATION_END)


@pytest.fixture(scope="module")
def bgnbd(summary: Summary) -> Fit[BGNBD]:
    return BGNBD.fit(summary.x, summary.t_x, summary.T)


@pytest.fixture(scope="module")
def pareto(summary: Summary) -> Fit[ParetoNBD]:
    return ParetoNBD.fit(summary.x, summary.t_x, summary.T)


def test_summary_counts(summary: Summary, record: pd.DataFrame) -> None:
    assert len(summary.x) == 2357
    assert summary.x.sum() == 2457
    assert (summary.x == 0).sum() == 1411
    assert (summary.x > 0).sum() == 946
    assert_allclose(summary.spend[summary.x > 0].mean(), 35.08, atol=to(2))
    held = record[record.date > pd.Timestamp(CALIBRATION_END)]
    assert len(held.drop_duplicates(["sample_id", "date"])) == 1882


def test_summary_equals_the_published_table(summary: Summary, rounded: pd.DataFrame) -> None:
    assert summary.customer.to_pylist() == rounded.sample_id.tolist()
    assert summary.x.tolist() == rounded.frequency.tolist()
    assert_allclose(summary.t_x, rounded.recency, atol=to(2))
    assert_allclose(summary.T, rounded["T"], atol=to(2))
    assert_allclose(summary.spend, rounded.monetary_value, atol=to(2))


def test_ibis_summary_is_the_same(summary: Summary, record: pd.DataFrame) -> None:
    import ibis

    expression = summary_expression(
        ibis.memtable(pa.Table.from_pandas(record)),
        customer="sample_id", date="date", amount="dollar_value", unit="week", end=CALIBRATION_END,
    )  # fmt: skip
    rows = expression.to_pyarrow().to_pandas().sort_values("customer")
    assert rows.customer.tolist() == summary.customer.to_pylist()
    assert rows.x.tolist() == summary.x.tolist()
    for name in ("t_x", "T", "spend", "total"):
        assert_allclose(rows[name], getattr(summary, name), atol=1e-9)
    assert (rows["first"].to_numpy().astype("datetime64[D]") == summary.first).all()


def assert_parameters(fit: Fit[Any], values: tuple[float, ...], digits: int) -> None:
    assert_allclose(list(fit.parameters.values()), values, atol=to(digits))


def test_bgnbd_fit(bgnbd: Fit[BGNBD], rounded: pd.DataFrame) -> None:
    assert_parameters(bgnbd, (0.243, 4.414, 0.793, 2.426), 3)
    assert_allclose(list(bgnbd.parameters.values()), (0.2425945, 4.4136019, 0.7929199, 2.4258881), rtol=1e-5)
    assert_allclose(bgnbd.log_likelihood, -9582.429, atol=to(3))
    from_table = BGNBD.fit(rounded.frequency, rounded.recency, rounded["T"])
    assert_parameters(from_table, (0.2426, 4.4135, 0.7929, 2.4258), 4)
    assert_allclose(from_table.log_likelihood, -9582.4256, atol=to(4))


def test_paretonbd_fit(pareto: Fit[ParetoNBD], rounded: pd.DataFrame) -> None:
    assert_parameters(pareto, (0.553, 10.578, 0.606, 11.669), 3)
    # CLVTools prints more digits of a flat surface: its likelihood is not the better one.
    assert_allclose(list(pareto.parameters.values()), (0.55315, 10.57633, 0.60625, 11.67150), rtol=3e-4)
    assert_allclose(pareto.log_likelihood, -9594.976, atol=to(3))
    errors = (0.0476264, 0.8427222, 0.1872594, 6.2105448)
    assert_allclose(list(pareto.standard_errors.values()), errors, rtol=5e-4)
    from_table = ParetoNBD.fit(rounded.frequency, rounded.recency, rounded["T"])
    assert_parameters(from_table, (0.5533, 10.5776, 0.6062, 11.6679), 4)
    assert_allclose(from_table.log_likelihood, -9594.9739, atol=to(4))


def test_gammagamma_fit(summary: Summary, rounded: pd.DataFrame) -> None:
    fit = GammaGamma.fit(summary.x, summary.spend)
    assert fit.customers == 946
    assert_allclose(list(fit.parameters.values()), (6.25, 3.74, 15.44), atol=0.0051)
    assert_allclose(fit.log_likelihood, -4055.9177, atol=to(4))
    from_table = GammaGamma.fit(rounded.frequency, rounded.monetary_value)
    assert_parameters(from_table, (6.2488, 3.7446, 15.4477), 4)
    assert_allclose(from_table.log_likelihood, -4055.923, atol=to(3))
    assert_allclose(GammaGamma(6.25, 3.74, 15.44).mean, 35.22, atol=to(2))


def test_gammagamma_conditional_spend(rounded: pd.DataFrame) -> None:
    first = rounded[:10]
    found = GammaGamma(6.25, 3.74, 15.44).mean_given(first.frequency, first.monetary_value)
    printed = (24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17)
    assert_allclose(found, printed, atol=0.1)
    assert_allclose(GammaGamma(6, 4, 16).mean_given(3, 35), 34.5714, atol=to(4))


PAPER = BGNBD(0.243, 4.414, 0.793, 2.426)
WALKTHROUGH = BGNBD(0.2425967, 4.413659, 0.7929869, 2.426164)


def test_bgnbd_expected_purchases() -> None:
    times = (0.1429, 1, 3, 31.8571, 32, 78)
    printed = (0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576)
    assert_allclose(WALKTHROUGH.expected(times[:5]), printed[:5], atol=to(4))
    # lifetimes compares to 3 digits; the parameters behind the print are not told.
    assert_allclose(WALKTHROUGH.expected(times), printed, atol=to(3))
    assert_allclose(WALKTHROUGH.expected(52), 1.444004, atol=to(6))


def test_bgnbd_conditional() -> None:
    assert_allclose(PAPER.expected_given(39, 2, 30.43, 38.86), 1.226, atol=to(3))
    assert_allclose(WALKTHROUGH.expected_given(52, 26, 30.85714, 31), 25.75659, atol=2e-5)
    assert_allclose(WALKTHROUGH.alive(26, 30.85714, 31), 0.9688523, atol=to(7))
    assert WALKTHROUGH.alive(0, 0, 31) == 1
    found = WALKTHROUGH.expected_given(52, [10, 15, 20, 25], 20, 39)
    assert_allclose(found, (0.3474606, 0.04283391, 0.004158973, 0.0003583685), rtol=5e-7)


def test_bgnbd_probabilities() -> None:
    assert_allclose(PAPER.probability(0, 39), 0.5737864, atol=to(7))
    assert_allclose(PAPER.probability(10, 2), 1.07869e-07, rtol=5e-6)
    printed = (
        0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638,
        0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260,
    )  # fmt: skip
    assert_allclose(PAPER.probability(np.arange(11, 21), 30), printed, atol=to(10))


def test_bgnbd_hard_likelihood() -> None:
    found = BGNBD(r=0.25, alpha=4, a=0.8, b=2.5).log_likelihood([0, 200], [0, 38], 40)
    assert_allclose(found[0], -0.59947382, atol=to(8))
    assert_allclose(found[1], 100.7957, atol=to(4))


def test_bgnbd_weekly(summary: Summary) -> None:
    curve = tracking(WALKTHROUGH, summary.T, np.arange(19, 26))
    cumulative = (1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6)
    weekly = (76.86531, 74.88843, 73.04554, 71.32166, 69.70412, 68.18213)
    assert_allclose(curve[1:], cumulative, atol=2e-3)
    assert_allclose(np.diff(curve), weekly, atol=2e-4)


SMC = ParetoNBD(0.55315, 10.57633, 0.60625, 11.67150)


def test_paretonbd_expected_purchases() -> None:
    printed = (
        0, 0.05077821, 0.09916088, 0.14542507, 0.18979930,
        0.23247466, 0.27361274, 0.31335159, 0.35181024, 0.38909211,
    )  # fmt: skip
    assert_allclose(SMC.expected(np.arange(10)), printed, atol=0.01)
    assert_allclose(SMC.expected(52), 1.473434, atol=1e-4)
    assert_allclose(ParetoNBD(0.553, 10.580, 0.606, 11.656).expected(52), 1.47216, atol=to(5))


def test_paretonbd_conditional() -> None:
    printed = ParetoNBD(0.553, 10.580, 0.606, 11.656)
    assert_allclose(SMC.expected_given(52, 26, 30.85714, 31), 25.45647, atol=5e-4)
    assert_allclose(SMC.alive(26, 30.85714, 31), 0.997874, atol=2e-6)
    found = printed.expected_given(52, [10, 15, 20, 25], 20, 39)
    assert_allclose(found, (0.7062289, 0.1442396, 0.02250658, 0.00309267), rtol=2e-3)


def test_paretonbd_underflow() -> None:
    hard = ParetoNBD(0.55, 10.58, 0.61, 11.67).expected_given(10, [132, 133], 200, 200)
    assert_allclose(hard, (6.2060517889632418, 6.2528722475748113), rtol=1e-13)


def test_paretonbd_weekly(pareto: Fit[ParetoNBD], summary: Summary) -> None:
    weekly = np.diff(tracking(pareto.model, summary.T, np.arange(19, 26)))
    assert_allclose(weekly, (78.308, 76.419, 74.648, 72.983, 71.414, 69.933), atol=6e-3)
