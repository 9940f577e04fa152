"""Summaries against plain pandas, scores and named groups."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from zhiyin.analytics.methods import rfm
from zhiyin.analytics.methods.rfm import DAYS, GROUPS, Group, groups, score, summarise


def by_pandas(frame: pd.DataFrame, unit: rfm.Unit, end: str | None) -> pd.DataFrame:
    """The definition, spelled out."""
    last_day = pd.Timestamp(end) if end else frame.day.dt.normalize().max()
    frame = frame.assign(day=frame.day.dt.normalize())
    daily = frame[frame.day <= last_day].groupby(["customer", "day"], as_index=False).amount.sum()
    rows = []
    for customer, own in daily.groupby("customer"):
        first, last, x = own.day.min(), own.day.max(), len(own) - 1
        rows.append(
            {
                "customer": customer,
                "x": x,
                "t_x": (last - first).days / DAYS[unit],
                "T": (last_day - first).days / DAYS[unit],
                "spend": own[own.day > first].amount.mean() if x else 0.0,
                "total": own.amount.sum(),
            }
        )
    return pd.DataFrame(rows)


def random_frame(seed: int, size: int, customers: int, low: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer": low + random.integers(0, customers, size),
            "day": pd.Timestamp("2024-02-20") + pd.to_timedelta(random.integers(0, 90 * 24, size), unit="h"),
            "amount": random.gamma(2, 20, size).round(2),
        }
    )


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("end", [None, "2024-04-11", "2024-12-31"])
def test_summary_equals_pandas(unit: rfm.Unit, end: str | None) -> None:
    frame = random_frame(1, 800, 90, low=-3)
    found = summarise(frame.customer, frame.day, frame.amount, unit=unit, end=end)
    expected = by_pandas(frame, unit, end)
    assert found.customer.to_pylist() == expected.customer.tolist()
    for name in ("x", "t_x", "T", "spend", "total"):
        assert_allclose(getattr(found, name), expected[name], atol=1e-9)


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_threads_give_the_same_answer(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = random_frame(2, 5000, 700)
    alone = summarise(frame.customer, frame.day, frame.amount)
    monkeypatch.setattr(rfm, "SMALL", 0)
    monkeypatch.setattr(rfm, "WORKERS", workers)
    assert summarise(frame.customer, frame.day, frame.amount).table().equals(alone.table())


@pytest.mark.parametrize(
    "names",
    [
        lambda codes: pa.array([f"C-{code:04d}" for code in codes]),
        lambda codes: pa.array([f"C-{code:04d}" for code in codes]).dictionary_encode(),
        lambda codes: pa.chunked_array([pa.array(codes * 10**12)]),
        lambda codes: np.array([f"{code:04d}" for code in codes]),
    ],
)
def test_any_kind_of_identifier(names: Any) -> None:
    frame = random_frame(3, 600, 50)
    plain = summarise(frame.customer, frame.day, frame.amount).table().to_pandas()
    other = summarise(names(frame.customer.to_numpy()), frame.day, frame.amount).table().to_pandas()
    keys = ["first", "last", "x", "total"]
    assert_allclose(
        other.sort_values(keys)[["x", "t_x", "T", "spend"]],
        plain.sort_values(keys)[["x", "t_x", "T", "spend"]],
    )
    assert sorted(other.customer) == sorted(pa.array(names(plain.customer.to_numpy())).to_pylist())


def test_large_identifiers_and_long_records_need_wide_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = np.array([0, 0, 5_000_000, 5_000_000, 3])
    day = np.array(["1990-01-01", "2026-01-01", "2000-01-01", "2000-01-01", "2026-01-01"], "datetime64[D]")
    monkeypatch.setattr(rfm, "encode", lambda values: (np.asarray(values), pa.array(np.arange(5_000_001))))
    found = summarise(customer, day)
    assert found.customer.to_pylist() == [0, 3, 5_000_000]
    assert found.x.tolist() == [1, 0, 0]


def test_merging_by_unit_counts_calendar_periods() -> None:
    day = np.array(["2024-01-29", "2024-01-31", "2024-02-01", "2024-04-02"], "datetime64[D]")
    same = [1, 1, 1, 1]
    monthly = summarise(same, day, [1, 2, 4, 8], unit="month", merge="unit", end="2024-06-15")
    assert (monthly.x[0], monthly.t_x[0], monthly.T[0], monthly.spend[0]) == (2, 3, 5, 6)
    assert monthly.first[0] == np.datetime64("2024-01-29")
    weekly = summarise(same, day, unit="week", merge="unit")
    # 29 January 2024 was a Monday: the first three days share a week.
    assert (weekly.x[0], weekly.t_x[0]) == (1, 9)


def test_nothing_and_nonsense() -> None:
    none = np.zeros(0, "datetime64[D]")
    assert len(summarise(np.zeros(0, int), none, np.zeros(0)).x) == 0
    day = np.array(["2024-01-01"], "datetime64[D]")
    assert len(summarise([1], day, [1.0], end="2023-01-01").x) == 0
    with pytest.raises(ValueError, match="equal length"):
        summarise([1, 2], day)
    with pytest.raises(ValueError, match="not a number"):
        summarise([1], day, [np.nan])
    with pytest.raises(ValueError, match="without a date"):
        summarise([1], np.array(["NaT"], "datetime64[D]"))
    with pytest.raises(ValueError, match="without a customer"):
        summarise(pa.array([None], pa.int64()), day)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 400), st.integers(0, 900)), min_size=1, max_size=60)
)
def test_order_of_rows_does_not_matter(rows: list[tuple[int, int, int]]) -> None:
    customer, day, amount = (np.array(column) for column in zip(*rows, strict=True))
    days = day.astype("datetime64[D]")
    forward = summarise(customer, days, amount / 4)
    backward = summarise(customer[::-1], days[::-1], amount[::-1] / 4)
    assert forward.table().equals(backward.table())
    assert_allclose(forward.total.sum(), amount.sum() / 4)
    assert forward.x.sum() + len(forward.x) == len({(c, d) for c, d, _ in rows})
    assert ((forward.t_x == 0) == (forward.x == 0)).all()


def test_quantile_scores_as_pandas_cuts_them() -> None:
    values = np.random.default_rng(5).permutation(np.arange(1000.0))
    assert score(values).tolist() == (pd.qcut(values, 5, labels=False) + 1).tolist()
    assert score(values, low_is_good=True).tolist() == (5 - pd.qcut(values, 5, labels=False)).tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=80), st.booleans(), st.integers(2, 7))
def test_scores_keep_order_and_ties(values: list[int], low_is_good: bool, scores: int) -> None:
    found = score(values, scores=scores, low_is_good=low_is_good).astype(int)
    assert 1 <= found.min() <= found.max() <= scores
    for one, one_score in zip(values, found, strict=True):
        for two, two_score in zip(values, found, strict=True):
            assert (one != two) or one_score == two_score
            assert not (one < two) or (one_score >= two_score if low_is_good else one_score <= two_score)


def test_equal_values_share_a_score_and_leave_the_other_scores_to_the_others() -> None:
    purchases = np.repeat([1, 2, 3, 4, 7, 20], [60, 16, 8, 6, 6, 4])
    found = score(purchases)
    by_value = {value: set(found[purchases == value].tolist()) for value in (1, 2, 3, 4, 7, 20)}
    assert by_value == {1: {1}, 2: {2}, 3: {3}, 4: {4}, 7: {4}, 20: {5}}
    assert score([4, 4, 4, 4, 9]).tolist() == [1, 1, 1, 1, 5]
    assert score([1, 2, 3, 3, 2, 1]).tolist() == [1, 3, 5, 5, 3, 1]
    assert score([7, 7]).tolist() == [1, 1]
    assert score([7, 7], low_is_good=True).tolist() == [5, 5]
    assert score([0, 0, 0, 90], low_is_good=True).tolist() == [5, 5, 5, 1]
    assert score([]).tolist() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=80), st.integers(2, 7))
def test_no_score_is_empty_where_values_suffice(values: list[int], scores: int) -> None:
    """Empty scores between need ties: a group is only as large as its share and the ties of its last value."""
    found = score(values, scores=scores).astype(int)
    used = sorted(set(found.tolist()))
    assert used == list(range(1, scores + 1)) or len(used) < scores
    if len(used) > 1:
        assert (used[0], used[-1]) == (1, scores)
    rest = len(values)
    for place, level in enumerate(used[:-1]):
        size = int((found == level).sum())
        largest = max(value for value, own in zip(values, found, strict=True) if own == level)
        assert size - values.count(largest) < rest / (scores - place)
        rest -= size


def test_thresholds() -> None:
    assert score([1, 2, 3, 9, 10, 99], thresholds=[2, 4, 10]).tolist() == [1, 2, 2, 3, 4, 4]
    days = score([0, 30, 31, 400], thresholds=[30, 90, 180, 365], low_is_good=True)
    assert days.tolist() == [5, 5, 4, 1]
    with pytest.raises(ValueError, match="ascend"):
        score([1], thresholds=[3, 3])


def test_the_map_names_every_cell() -> None:
    recency, frequency = np.meshgrid(np.arange(1, 6), np.arange(1, 6), indexing="ij")
    found = groups(recency.ravel(), frequency.ravel()).reshape(5, 5)
    assert found.tolist() == [[str(name) for name in row] for row in GROUPS]
    assert set(found.ravel()) == {str(group) for group in Group}
    assert (found[4, 4], found[0, 0], found[0, 4], found[4, 0]) == ("champions", "lost", "cannot_lose", "new")
    assert groups([1, 10], [1, 10], scores=10).tolist() == ["lost", "champions"]
    with pytest.raises(ValueError, match="between 1 and 5"):
        groups([0], [1])
