"""Status and lifecycle stage, by hand and against a rule read row by row."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.analytics.methods.lifecycle import (
    Rules,
    Stage,
    Status,
    current_status,
    lifecycle_stage,
    status_history,
)

START, NOW = date(2024, 1, 1), date(2026, 1, 1)
RULES = Rules(lost_after_days=100, loyal_purchases=4, won_back_purchases=2)


def days(*offsets: int) -> np.ndarray:
    return np.array([START + timedelta(offset) for offset in offsets], "datetime64[D]")


def told(offsets: list[int], rules: Rules = RULES, now: date = NOW) -> list[tuple[int, Status]]:
    """The history of one customer as (days since the start, status)."""
    found = status_history(np.zeros(len(offsets), int), days(*offsets), now=now, rules=rules)
    since = (found.day - np.datetime64(START)).astype(int)
    return [(int(day), Status(status)) for day, status in zip(since, found.status, strict=True)]


def test_a_customer_s_way() -> None:
    assert told([0, 30, 30, 60, 90, 400, 410]) == [
        (0, Status.FIRST_TIME),
        (30, Status.REPEAT),
        (90, Status.LOYAL),
        (191, Status.LOST),
        (400, Status.WON_BACK),
        (410, Status.LOYAL),
        (511, Status.LOST),
    ]


def test_the_day_of_being_lost() -> None:
    assert told([0], now=START + timedelta(100)) == [(0, Status.FIRST_TIME)]
    assert told([0], now=START + timedelta(101)) == [(0, Status.FIRST_TIME), (101, Status.LOST)]
    assert told([0, 100], now=START + timedelta(101))[-1] == (100, Status.REPEAT)
    assert told([0, 101], now=START + timedelta(101))[-1] == (101, Status.REPEAT)
    assert told([0, 102], now=START + timedelta(102))[1:] == [(101, Status.LOST), (102, Status.WON_BACK)]


def row_by_row(offsets: list[int], rules: Rules, now: int) -> Status | None:
    """The status today by reading the purchases in order."""
    status, last, returned = None, None, None
    for bought, day in enumerate(sorted({offset for offset in offsets if offset <= now}), 1):
        if last is not None and day - last - 1 > rules.lost_after_days:
            returned = bought
        if returned is not None and bought - returned + 1 < rules.won_back_purchases:
            status = Status.WON_BACK
        elif bought == 1:
            status = Status.FIRST_TIME
        else:
            status = Status.LOYAL if bought >= rules.loyal_purchases else Status.REPEAT
        last = day
    return Status.LOST if last is not None and now - last > rules.lost_after_days else status


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 900), max_size=9), min_size=1, max_size=6),
    st.integers(2, 5), st.integers(1, 3), st.integers(20, 300),
)  # fmt: skip
def test_status_equals_the_rule_read_row_by_row(
    customers: list[list[int]], loyal: int, won_back: int, lost_after: int
) -> None:
    rules = Rules(lost_after_days=lost_after, loyal_purchases=loyal, won_back_purchases=won_back)
    who = np.array([number for number, offsets in enumerate(customers) for _ in offsets], int)
    when = days(*(offset for offsets in customers for offset in offsets))
    history = status_history(who, when, now=NOW, rules=rules)
    today = (NOW - START).days
    expected = [row_by_row(offsets, rules, today) for offsets in customers]
    found = current_status(history, len(customers))
    assert found.tolist() == [Status.NON_CUSTOMER if one is None else one for one in expected]
    same = history.customer[1:] == history.customer[:-1]
    assert (np.diff(history.day)[same] > np.timedelta64(0)).all()
    assert (history.status[1:] != history.status[:-1])[same].all()


def test_prospects_keep_their_own_status() -> None:
    history = status_history(np.array([2]), days(700), now=NOW, rules=RULES)
    found = current_status(history, 4, prospect=[Status.TARGET, Status.POTENTIAL, Status.TARGET, 0])
    assert found.tolist() == [Status.TARGET, Status.POTENTIAL, Status.FIRST_TIME, Status.NON_CUSTOMER]
    with pytest.raises(ValueError, match="prospect"):
        current_status(history, 1, prospect=[Status.LOYAL])


def test_stages() -> None:
    rules = Rules(lost_after_days=365, window_days=180)
    end = (NOW - START).days
    customers = {
        Stage.NONE: [],
        Stage.EXPLORATION: [(end - 30, 100)],
        Stage.FORMATION: [(end - 150, 50), (end - 100, 60), (end - 20, 90)],
        Stage.MATURITY: [(end - 350 + 50 * k, 100) for k in range(7)],
        Stage.DECLINE: [(end - 350, 400), (end - 300, 300), (end - 250, 400), (end - 60, 100)],
    }
    who = np.array([stage for stage, rows in customers.items() for _ in rows], int)
    rows = [row for rows in customers.values() for row in rows]
    when, amounts = days(*(day for day, _ in rows)), [amount for _, amount in rows]
    found = lifecycle_stage(who, when, amounts, 5, now=NOW, rules=rules)
    assert [Stage(stage) for stage in found] == list(customers)


def test_stage_declines_when_lost_or_overdue() -> None:
    rules = Rules(lost_after_days=365, window_days=60, overdue=3.0)
    end = (NOW - START).days
    lost, weekly = [end - 400], [end - 100 + 7 * k for k in range(8)]
    who = np.array([0] + [1] * 8)
    found = lifecycle_stage(who, days(*lost, *weekly), np.ones(9), 2, now=NOW, rules=rules)
    assert found.tolist() == [Stage.DECLINE, Stage.DECLINE]
    nobody = lifecycle_stage(np.zeros(0, int), days(), np.zeros(0), 2, now=NOW, rules=rules)
    assert nobody.tolist() == [Stage.NONE, Stage.NONE]


@pytest.mark.parametrize(
    "wrong", [{"lost_after_days": 0}, {"loyal_purchases": 1}, {"decline": 1.2}, {"formation_purchases": 9}]
)
def test_rules_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must be|need"):
        Rules(**wrong)
