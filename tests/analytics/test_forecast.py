"""Forecasts of what deals will bring: by hand, against simulated deals, and against what came in real ones."""

import csv
import datetime

import numpy as np
import pytest

from tests.shared import shared_data
from zhiyin.analytics.methods.forecast import (
    OPEN,
    Deals,
    backtest,
    by_history,
    by_model,
    by_stage,
    end_of_quarter,
    errors,
    outlook,
    risks,
)
from zhiyin.analytics.methods.interval import Forecast

START = datetime.date(2024, 1, 1).toordinal()


def deals(*rows: tuple[int, int | None, bool, float]) -> Deals:
    """Begun and closed as days after ``START``."""
    begun, closed, won, value = zip(*rows, strict=True)
    asked = np.array(value, float)
    return Deals(
        np.array(begun) + START,
        np.array([OPEN if each is None else START + each for each in closed]),
        np.array(won, bool),
        asked,
        np.where(won, asked, np.nan),
    )


def test_hazards_count_who_was_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five deals, one of them open still, by hand: 5, 5, 3 and 2 came to the ages 0 to 3."""
    monkeypatch.setattr("zhiyin.analytics.methods.forecast.PRIOR", 1e9)
    found = risks(
        deals((0, 1, True, 1), (0, 1, False, 1), (0, 2, True, 1), (0, 3, False, 1), (0, None, False, 1)),
        START + 3,
    )
    assert found.winning == pytest.approx([0, 1 / 5, 1 / 3, 0])
    assert found.losing == pytest.approx([0, 1 / 5, 0, 1 / 2])
    chance = found.chances(np.array([0, 1, 3, -1]), START, [START + 1, START + 2])
    assert chance[:, 0] == pytest.approx([1 / 5, 1 / 3, 0, 0])
    assert chance[:, 1] == pytest.approx([1 / 5 + 3 / 5 / 3, 1 / 3, 0, 1 / 5])


def test_what_was_known_on_a_day_leaks_nothing_of_later() -> None:
    known = deals((0, 9, True, 5), (3, 20, True, 7), (12, 15, False, 1)).as_of(START + 10)
    assert list(known.is_open) == [False, True]
    assert list(known.won) == [True, False]
    assert (by_stage(known, 0.5), by_history(known, START + 10, START + 28)) == (3.5, 5 / 90 * 18)
    assert np.isnan(known.value[1])


@pytest.mark.parametrize(
    ("day", "end"), [("2024-01-01", "2024-03-31"), ("2024-03-30", "2024-03-31"), ("2024-03-31", "2024-06-30"), ("2024-12-30", "2024-12-31")]
)  # fmt: skip
def test_the_rest_of_the_quarter_begins_with_the_next_day(day: str, end: str) -> None:
    ordinal = datetime.date.fromisoformat(day).toordinal()
    assert datetime.date.fromordinal(end_of_quarter(ordinal)).isoformat() == end


def simulated(seed: int) -> Deals:
    """Two years of 8 deals a day, won at a hazard of .01 and lost at .008 a day; worth 100 with a spread of 30."""
    pick = np.random.default_rng(seed)
    begun = START + np.sort(pick.integers(0, 730, 5840))
    lived = 1 + pick.geometric(0.018, len(begun))
    closed = begun + lived
    last = START + 730
    won = (pick.random(len(begun)) < 0.01 / 0.018) & (closed <= last)
    asked = pick.normal(100, 30, len(begun)).clip(10)
    value = np.where(won, asked * pick.normal(0.95, 0.05, len(begun)), np.nan)
    return Deals(begun, np.where(closed <= last, closed, OPEN), won, asked, value)


def test_the_model_finds_what_the_deals_were_made_with() -> None:
    tested = [
        row
        for seed in range(12)
        for row in backtest(simulated(seed), [START + 400, START + 500, START + 640])
    ]
    found = errors(tested)
    assert found
    assert found.by_model < 0.06
    assert 0.65 <= found.covered <= 0.95
    bias = np.mean([row.by_model.mean / row.actual for row in tested])
    assert bias == pytest.approx(1, abs=0.02)


def test_what_groups_and_months_bring_adds_up_to_the_whole() -> None:
    known = simulated(3).as_of(START + 500)
    day, ends = START + 500, [START + 520, START + 550, START + 600]
    group = np.arange(len(known.begun)) % 3
    found = outlook(known, risks(known, day), day, ends, group=group, groups=4)
    whole = by_model(known, day, ends[-1])
    assert found.mean.sum() == pytest.approx(whole.mean)
    assert not found.mean[3].any()
    assert Forecast.of(found.mean.sum(), found.variance.sum()).high == pytest.approx(whole.high, rel=0.01)


def test_nothing_known_gives_nothing() -> None:
    nothing = deals((0, None, False, 5))
    assert backtest(nothing, [START + 1]) == []
    assert errors([]) is None
    assert by_model(nothing, START + 1, START + 30).mean == 0


def crm_sales() -> Deals:
    prices = {
        row["product"].replace(" ", ""): float(row["sales_price"])
        for row in csv.DictReader(shared_data("crm_sales/products.csv").read_text().splitlines())
    }
    rows = [
        row
        for row in csv.DictReader(shared_data("crm_sales/sales_pipeline.csv").read_text().splitlines())
        if row["engage_date"]
    ]

    def day(text: str) -> int:
        return datetime.date.fromisoformat(text).toordinal()

    won = np.array([row["deal_stage"] == "Won" for row in rows])
    return Deals(
        np.array([day(row["engage_date"]) for row in rows]),
        np.array([day(row["close_date"]) if row["close_date"] else OPEN for row in rows]),
        won,
        np.array([prices[row["product"].replace(" ", "")] for row in rows]),
        np.array([float(row["close_value"]) if row["deal_stage"] == "Won" else np.nan for row in rows]),
    )


def test_the_model_is_nearer_than_history_and_stage_weights_on_real_deals() -> None:
    """The middle and the end of each month of 2017 from April on, against what came until the quarter's end."""
    days = [datetime.date(2017, month, day).toordinal() - 1 for month in range(4, 13) for day in (1, 15)]
    found = errors(backtest(crm_sales(), days))
    assert found
    assert found.by_model < 0.2 < found.by_history < 0.35 < 1 < found.by_stage
    assert found.covered >= 0.7
