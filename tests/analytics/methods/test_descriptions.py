"""Cohorts and concentration."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tests.shared import shared_data
from zhiyin.analytics.methods.cohorts import cohorts
from zhiyin.analytics.methods.concentration import concentration


def test_cohorts_of_cdnow_equal_pandas() -> None:
    frame = pd.read_csv(shared_data("cdnow_sample.csv.gz"), parse_dates=["date"])
    month = frame.date.dt.year * 12 + frame.date.dt.month - 1997 * 12 - 1
    first = month.groupby(frame.sample_id).transform("min")
    table = frame.assign(first=first, age=month - first)
    expected = table.groupby(["first", "age"]).sample_id.nunique().unstack(fill_value=0)
    amount = table.groupby(["first", "age"]).dollar_value.sum().unstack(fill_value=0)
    found = cohorts(frame.sample_id, frame.date, frame.dollar_value)
    assert found.start[:3].astype(str).tolist() == ["1997-01-01", "1997-02-01", "1997-03-01"]
    assert found.size.sum() == 2357
    assert found.size[3:].sum() == 0
    for row in range(3):
        known = 18 - row
        assert_allclose(found.active[row, :known], expected.loc[row].to_numpy()[:known])
        assert_allclose(found.amount[row, :known], amount.loc[row].to_numpy()[:known])
        assert np.isnan(found.active[row, known:]).all()
    assert_allclose(found.retention[:3, 0], 1)
    assert_allclose(found.average[1], found.active[:3, 1].sum() / 2357)


def test_cohorts_by_week_and_with_an_end() -> None:
    day = np.array(["2024-01-01", "2024-01-07", "2024-01-08", "2024-01-22"], "datetime64[D]")
    found = cohorts([1, 1, 1, 2], day, unit="week", end="2024-01-14")
    assert found.size.tolist() == [1, 0]
    assert found.active[0].tolist() == [1, 1]
    assert cohorts([1], day[:1], unit="week", end="2024-01-21").active[0].tolist() == [1, 0, 0]
    assert len(cohorts(np.zeros(0, int), day[:0]).size) == 0


def some(value: float | None) -> float:
    """The value, which is there."""
    assert value is not None
    return value


def test_concentration_of_known_cases() -> None:
    equal = concentration(np.full(50, 3.0))
    assert_allclose(some(equal.gini), 0, atol=1e-12)
    assert_allclose(equal.lorenz, equal.share_of_customers, atol=1e-12)
    one = concentration(np.r_[np.zeros(99), 10.0])
    assert_allclose(some(one.gini), 0.99)
    assert_allclose(one.brought_by_best(0.01), 1)
    pareto = concentration(np.r_[np.full(80, 1.0), np.full(20, 16.0)])
    assert_allclose(pareto.brought_by_best(0.2), 0.8)
    assert_allclose(pareto.customers_for(0.8), 0.2)
    assert_allclose(some(concentration([1, 2, 3, 4]).gini), 0.25)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_gini_is_half_the_relative_mean_difference(amounts: list[float]) -> None:
    values = np.array(amounts)
    found = concentration(values)
    if values.sum() <= 0:
        assert found.gini is None
        return
    differences = np.abs(values[:, None] - values).mean()
    assert_allclose(some(found.gini), differences / (2 * values.mean()), atol=1e-9)
    assert (np.diff(found.lorenz) >= -1e-12).all()
    assert_allclose(found.lorenz[[0, -1]], [0, 1], atol=1e-9)


def test_losses_are_told_apart() -> None:
    found = concentration([-5.0, 10.0, 20.0])
    assert (found.losing, found.gini, found.total) == (1, None, 25.0)
    assert found.lorenz.min() < 0
    for bad in ([], [np.nan]):
        with pytest.raises(ValueError, match="finite amounts"):
            concentration(bad)
