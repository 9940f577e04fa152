"""Exports of other systems, known by the names of their columns.

Each domain app registers, beside its kinds, which column of which system's export says what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.recognise import Guess, plain

_REASON = gettext_noop("{system} calls it so.")


@dataclass(frozen=True)
class Export:
    """One sort of file that a system writes: ``columns`` gives each field's column, ``marks`` tell it from others."""

    system: str
    part: str
    kind: str
    columns: Mapping[str, str]
    marks: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.system}: {self.part}"


_exports: list[Export] = []


def register(*exports: Export) -> None:
    _exports.extend(exports)


def exports() -> Sequence[Export]:
    """All that are known."""
    return tuple(_exports)


def whose(columns: Iterable[str], kinds: Iterable[str]) -> Export | None:
    """The export with all its marks among ``columns``, and the most of its columns; of the ``kinds`` alone."""
    there, allowed = {plain(column) for column in columns}, set(kinds)
    fitting = [
        each for each in _exports if each.kind in allowed and {plain(mark) for mark in each.marks} <= there
    ]
    return max(fitting, key=lambda each: (_met(each, there), len(each.marks)), default=None)


def _met(export: Export, there: set[str]) -> int:
    return sum(plain(column) in there for column in export.columns.values())


def guesses(export: Export, columns: Iterable[str]) -> dict[str, Guess]:
    """The column of each field, for sure."""
    by_name = {plain(column): column for column in columns}
    reason = Message(_REASON, {"system": export.name})
    return {
        field: Guess(field, by_name[plain(column)], 1.0, reason)
        for field, column in export.columns.items()
        if plain(column) in by_name
    }
