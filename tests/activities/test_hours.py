"""Where an appointment stands in a day by the hour."""

import datetime
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.web.activities.hours import COLUMNS, DAY, Timed, slots, timed, window

MIDNIGHT = datetime.datetime(2026, 12, 1)
DATE = MIDNIGHT.date()
HOUR = datetime.timedelta(hours=1)
spans = st.tuples(st.integers(0, DAY - 2), st.integers(2, 40)).map(
    lambda each: Timed("", each[0], min(each[0] + each[1], DAY))
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(spans, max_size=10))
def test_nothing_stands_on_something_else(given: list[Timed[str]]) -> None:
    placed = slots(given)
    assert len(placed) == len(given)
    for one, other in itertools.combinations(placed, 2):
        if one.timed.begin < other.timed.end and other.timed.begin < one.timed.end:
            assert one.lanes == other.lanes
            assert one.lane != other.lane
    for each in placed:
        assert 0 <= each.lane < each.lanes <= COLUMNS
        assert COLUMNS % each.lanes == 0


def test_what_lasts_over_midnight_is_cut_and_what_lasts_all_day_has_no_time() -> None:
    late = timed("", MIDNIGHT - HOUR, MIDNIGHT + HOUR, DATE)
    assert late == Timed("", 0, 4)
    assert timed("", MIDNIGHT + 23 * HOUR, MIDNIGHT + 26 * HOUR, DATE) == Timed("", 92, 96)
    assert timed("", MIDNIGHT - HOUR, MIDNIGHT + 25 * HOUR, DATE) is None
    moment = timed("", MIDNIGHT + 24 * HOUR - HOUR / 60, MIDNIGHT + 24 * HOUR - HOUR / 60, DATE)
    assert moment == Timed("", 94, 96)


def test_the_hours_shown_reach_as_far_as_something_happens() -> None:
    assert window([]) == (8, 19)
    assert window(slots([Timed("", 21, 30), Timed("", 80, 82)])) == (5, 21)
