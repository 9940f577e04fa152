"""Two sides of an appointment become one: what only one side changed is taken, of what both changed the newer.

What both sides had last is known by its digests alone.
"""

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Moment = datetime.datetime
Values = dict[str, Any]
Agreed = Mapping[str, Any]
PARTS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "place": ("place",),
    "details": ("details",),
    "starts_at": ("starts_at", "ends_at", "all_day", "zone"),
    "rule": ("rule",),
    "is_private": ("is_private",),
    "remind_minutes": ("remind_minutes",),
}


@dataclass(slots=True)
class State:
    """An appointment or a series: its values, the starts left out, and the values of those that differ by their start.

    A value that a side does not tell is not among them. ``changed`` says when each was changed; of the whole at ``None``.
    """

    values: Values
    skipped: set[Moment] = field(default_factory=set)
    others: dict[Moment, Values] = field(default_factory=dict)
    changed: dict[Moment | None, Moment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """Of a value that both sides changed: the one that is kept and the one that is not."""

    start: Moment | None
    name: str
    kept: Any
    lost: Any


# whether of one part at one start what is here is newer
OursNewer = Callable[[Moment | None, str], bool]
GaveUp = Callable[[str, Any, Any], None]


def agreed_of(state: State) -> Values:
    """What is remembered of a state that both sides have."""
    return {
        "values": _digests(state.values),
        "skipped": sorted(each.isoformat() for each in state.skipped),
        "others": {start.isoformat(): _digests(values) for start, values in sorted(state.others.items())},
    }


def met(agreed: Agreed, ours: State, theirs: State, ours_newer: OursNewer) -> tuple[State, list[Lost]]:
    """What both sides should have, and what is given up for it. ``agreed`` is empty when they meet first."""
    lost: list[Lost] = []

    def meet(start: Moment | None, last: Agreed, here: Values, there: Values) -> Values:
        def give_up(name: str, kept: Any, other: Any) -> None:
            lost.append(Lost(start, name, kept, other))

        return _met_values(last, here, there, lambda part: ours_newer(start, part), give_up)

    values = meet(None, agreed.get("values", {}), ours.values, theirs.values)
    others: dict[Moment, Values] = {}
    known = agreed.get("others", {})
    for start in sorted({*ours.others, *theirs.others}):
        here, there, last = ours.others.get(start), theirs.others.get(start), known.get(start.isoformat())
        if here is not None and there is not None:
            others[start] = meet(start, last or {}, here, there)
            continue
        left = here if here is not None else there
        # a change beats a removal
        if left is not None and (last is None or _is_changed(last, left)):
            others[start] = left
    before = {Moment.fromisoformat(each) for each in agreed.get("skipped", ())}
    both = ours.skipped & theirs.skipped
    new = (ours.skipped ^ theirs.skipped) - before
    return State(values, (both | new) - others.keys(), others), lost


def is_changed(agreed: Agreed, state: State) -> bool:
    """Whether a side has something else than both had last."""
    return agreed_of(state) != agreed


def _met_values(
    agreed: Agreed, ours: Values, theirs: Values, newer: Callable[[str], bool], gave_up: GaveUp
) -> Values:
    result = dict(ours)
    for part, names in PARTS.items():
        here = {name: ours.get(name) for name in names}
        there = {name: theirs.get(name, ours.get(name)) for name in names}
        last = agreed.get(part)
        if here == there or _digest(there) == last:
            continue
        if _digest(here) != last:
            kept, other = (here, there) if newer(part) else (there, here)
            for name in names:
                if kept[name] != other[name]:
                    gave_up(name, kept[name], other[name])
            result |= kept
        else:
            result |= there
    return result


def _is_changed(agreed: Agreed, values: Values) -> bool:
    return _digests(values) != agreed


def _digests(values: Values) -> dict[str, str]:
    return {part: _digest({name: values.get(name) for name in names}) for part, names in PARTS.items()}


def _digest(values: Values) -> str:
    told = json.dumps(values, sort_keys=True, default=_told, ensure_ascii=False)
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def _told(value: Any) -> str:
    return value.astimezone(datetime.UTC).isoformat() if isinstance(value, Moment) else str(value)
