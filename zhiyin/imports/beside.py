"""Files that lie beside one being imported and hold what its rows refer to: its customers, products, colleagues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zhiyin.imports.kinds import kinds
from zhiyin.imports.models import Import
from zhiyin.imports.reading import FileError, Options, open_file
from zhiyin.imports.recognise import plain

LARGE = 50 * 2**20
"""Bytes beyond which a file is no list of what another one refers to."""
ENOUGH = 0.5
"""The share of what the rows name that such a list must hold."""
_WRITTEN = (".csv", ".csv.gz", ".tsv", ".xlsx", ".parquet")


@dataclass(frozen=True, slots=True)
class Beside:
    """A file, its kind, and the column that the other file's rows refer to, as the field that it fills."""

    path: Path
    kind: str
    field: str
    column: str


def files_beside(path: Path, batch: Import) -> list[Beside]:
    """The lists beside ``path``, which ``batch`` reads, in the order in which their kinds are to be imported.

    A list has a column called as the one that refers to it, no value twice, and most of the values that are referred to.
    """
    others = sorted(
        each
        for each in path.parent.iterdir()
        if each.is_file() and each != path and each.name.lower().endswith(_WRITTEN)
    )
    found = []
    for field, (kind, target) in kinds()[batch.kind].references.items():
        column = batch.mapping.get(field)
        if not column:
            continue
        named = set(_values(path, column))
        for each in others:
            if each.stat().st_size <= LARGE and (theirs := _list_of(each, column, named)):
                found.append(Beside(each, kind, target, theirs))
                others.remove(each)
                break
    return found


def _list_of(path: Path, column: str, named: set[str]) -> str:
    """The column of a file that lists what is ``named``; empty when it has none."""
    try:
        theirs = next((c for c in open_file(path, Options()).columns if plain(c) == plain(column)), "")
        values = list(_values(path, theirs)) if theirs else []
    except FileError:
        return ""
    different = set(values)
    is_list = values and len(values) == len(different) and len(named & different) >= ENOUGH * len(named)
    return theirs if is_list else ""


def _values(path: Path, column: str) -> Iterator[str]:
    for batch in open_file(path, Options()).batches():
        for value in batch.column(column).to_pylist():
            if value is not None and (text := str(value).strip()):
                yield text
