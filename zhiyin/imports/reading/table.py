"""What all readers share: limits, header, names of columns, row numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError

if TYPE_CHECKING:
    import pyarrow as pa

ROW = "row_"
MOST_COLUMNS = 500
LONGEST_ROW = 2 * 2**20
HEADER_WITHIN = 20

_NUMBER = re.compile(r"[-+(]?[¥￥$€£]?\s*\d[\d,.\s]*%?\)?")
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?")


@dataclass(frozen=True)
class Ragged:
    """A row with more or fewer cells than the header."""

    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """The names of the columns, and how many rows of the file come before the data."""

    names: tuple[str, ...]
    skip: int


def find_header(rows: Sequence[Sequence[str]], *, header: bool | None = None) -> Header:
    """The header row among the first rows: the first one about as wide as the data, without figures.

    ``header=False`` says that there is none: columns are then called A, B, C. Raises ``FileError`` for a file
    whose first row holds data, unless told so.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not any(filled):
        raise FileError("empty", gettext_noop("The file is empty."))
    widths = [len(row) for row, count in zip(rows, filled, strict=True) if count]
    width = max(set(widths), key=lambda w: (widths.count(w), w))
    if header is False:
        return Header(tuple(_letters(n) for n in range(width)), 0)
    enough = max(2, (max(filled) + 1) // 2) if max(filled) > 1 else 1
    at = next(n for n, count in enumerate(filled) if count >= enough)
    cells = [cell.strip() for cell in rows[at]]
    if header is None and _looks_like_data(cells):
        raise FileError(
            "no_header",
            gettext_noop(
                "Row {row} holds data, not names of columns. Add a row of names, or say that there is none."
            ),
            row=at + 1,
        )
    return Header(unique_names(cells + [""] * (width - len(cells))), at + 1)


def _looks_like_data(cells: Sequence[str]) -> bool:
    return any(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell) for cell in cells)


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns: blanks become ``Column 3``, repeated names get a number."""
    if len(cells) > MOST_COLUMNS:
        raise FileError(
            "columns",
            gettext_noop("The file has {count} columns; {most} can be read."),
            count=len(cells),
            most=MOST_COLUMNS,
        )
    seen: dict[str, None] = {}
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.replace("\ufeff", "").split())[:100] or f"Column {place}"
        unique, n = name, 2
        while unique.casefold() in seen or unique == ROW:
            unique, n = f"{name} ({n})", n + 1
        seen[unique.casefold()] = None
        cells = [*cells[: place - 1], unique, *cells[place:]]
    return tuple(cells)


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def numbered(batch: pa.RecordBatch, names: Sequence[str], first: int) -> pa.RecordBatch:
    """The batch under ``names`` with its row numbers from ``first`` on."""
    import pyarrow as pa

    rows = pa.arange(first, first + batch.num_rows)
    return pa.RecordBatch.from_arrays([rows, *batch.columns], names=[ROW, *names])


def text_batches(
    rows: Iterator[Sequence[str | None]], names: Sequence[str], first: int
) -> Iterator[pa.RecordBatch]:
    """Rows of Python strings as batches of text columns; short rows are filled up."""
    width, number = len(names), first
    block: list[Sequence[str | None]] = []
    for row in rows:
        block.append(row)
        if len(block) == 8192:
            yield _text_batch(block, names, width, number)
            number += len(block)
            block = []
    if block:
        yield _text_batch(block, names, width, number)


def _text_batch(
    block: list[Sequence[str | None]], names: Sequence[str], width: int, first: int
) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [
        pa.array([row[n] if n < len(row) else None for row in block], pa.string()) for n in range(width)
    ]
    return numbered(pa.RecordBatch.from_arrays(columns, names=list(names)), names, first)
