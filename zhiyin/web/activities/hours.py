"""Days by the hour: each appointment at its time, those that overlap side by side."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
QUARTER = 15
DAY = 24 * 60 // QUARTER
SHORTEST = 2
# hours that are shown even when nothing happens in them
FIRST, LAST = 8, 19
# a day is twelve columns wide
COLUMNS = 12
WIDTHS = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True, slots=True)
class Timed(Generic[Item]):
    """Something between two quarters of an hour of a day."""

    item: Item
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Slot(Generic[Item]):
    """Something in its place: ``lane`` of ``lanes`` beside each other."""

    timed: Timed[Item]
    lane: int
    lanes: int

    def classes(self, first: int) -> str:
        """Where it stands when the day is shown from an hour on."""
        skipped = first * 60 // QUARTER
        place = f"cal-from-{self.timed.begin - skipped} cal-to-{self.timed.end - skipped}"
        return f"{place} cal-lane-{self.lanes}-{self.lane}"


def timed(
    item: Item, starts: datetime.datetime, ends: datetime.datetime, day: datetime.date
) -> Timed[Item] | None:
    """What of a time of the reader's clock is on a day; ``None`` for all of it, which is no time of day."""
    if starts.date() < day < ends.date():
        return None
    begin = 0 if starts.date() < day else (starts.hour * 60 + starts.minute) // QUARTER
    end = DAY if ends.date() > day else -(-(ends.hour * 60 + ends.minute) // QUARTER)
    begin = min(begin, DAY - SHORTEST)
    return Timed(item, begin, max(end, begin + SHORTEST))


def slots(timed: Iterable[Timed[Item]]) -> list[Slot[Item]]:
    """Each beside those that it overlaps, all of one group equally wide."""
    return [
        slot
        for group in _groups(sorted(timed, key=lambda each: (each.begin, -each.end)))
        for slot in _beside(group)
    ]


def _groups(timed: Sequence[Timed[Item]]) -> Iterator[list[Timed[Item]]]:
    group: list[Timed[Item]] = []
    until = 0
    for each in timed:
        if group and each.begin >= until:
            yield group
            group = []
        group.append(each)
        until = max(until, each.end)
    if group:
        yield group


def _beside(group: Sequence[Timed[Item]]) -> list[Slot[Item]]:
    ends: list[int] = []
    lanes: list[int] = []
    for each in group:
        lane = next((at for at, end in enumerate(ends) if end <= each.begin), len(ends))
        ends[lane : lane + 1] = [each.end]
        lanes.append(min(lane, COLUMNS - 1))
    wide = next((each for each in WIDTHS if each >= len(ends)), COLUMNS)
    return [Slot(each, lane, wide) for each, lane in zip(group, lanes, strict=True)]


def window(slots: Iterable[Slot[Item]]) -> tuple[int, int]:
    """The hours to show: those of a working day and all in which something happens."""
    found = list(slots)
    first = min((each.timed.begin * QUARTER // 60 for each in found), default=FIRST)
    last = max((-(-each.timed.end * QUARTER // 60) for each in found), default=LAST)
    return min(first, FIRST), max(last, LAST)
