"""Two sides of an appointment become one, whatever either changed."""

import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.activities.actions.connections.meeting import PARTS, State, agreed_of, is_changed, met

BASE = datetime.datetime(2026, 12, 1, 9, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
starts = st.integers(0, 3).map(lambda each: BASE + each * DAY)
values = st.fixed_dictionaries(
    {name: st.sampled_from(["a", "b", "c"]) for names in PARTS.values() for name in names}
)
quick = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def states(draw: Any) -> State:
    others = draw(st.dictionaries(starts, values, max_size=2))
    return State(draw(values), draw(st.sets(starts, max_size=2)) - others.keys(), others)


def bare(state: State) -> tuple[Any, ...]:
    return state.values, state.skipped, state.others


@quick
@given(states(), states())
def test_what_one_side_left_alone_is_the_others(base: State, changed: State) -> None:
    for ours, theirs in ((base, changed), (changed, base)):
        result, lost = met(agreed_of(base), ours, theirs, lambda _start, _part: True)
        assert bare(result) == bare(changed)
        assert lost == []


@quick
@given(states(), states(), states())
def test_both_sides_come_to_the_same_and_what_is_lost_is_told(
    base: State, ours: State, theirs: State
) -> None:
    one, lost = met(agreed_of(base), ours, theirs, lambda _start, _part: True)
    other, also = met(agreed_of(base), theirs, ours, lambda _start, _part: False)
    assert bare(one) == bare(other)
    assert {(each.start, each.name) for each in lost} == {(each.start, each.name) for each in also}
    assert not one.skipped & one.others.keys()
    again, nothing = met(agreed_of(one), one, one, lambda _start, _part: True)
    assert (bare(again), nothing, is_changed(agreed_of(one), again)) == (bare(one), [], False)
    for each in lost:
        kept = one.others[each.start] if each.start else one.values
        assert kept[each.name] == each.kept != each.lost
