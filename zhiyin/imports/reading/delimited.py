"""Delimited text through Arrow's streaming reader."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.streams import CHUNK, Utf8, detect_encoding
from zhiyin.imports.reading.table import LONGEST_ROW, ROW, Header, Ragged, find_header

DELIMITERS = ",;\t|^~\x01:"
Reopen = Callable[[], BinaryIO | io.RawIOBase]


@dataclass(frozen=True)
class Dialect:
    encoding: str
    delimiter: str
    quote: str
    header: Header


def detect_dialect(
    reopen: Reopen, *, encoding: str | None, delimiter: str | None, header: bool | None
) -> tuple[Dialect, list[list[str]]]:
    """How the text is written, and its first records after the header."""
    if encoding is None:
        with closing(reopen()) as raw:
            encoding = detect_encoding(raw)
    with closing(Utf8(reopen(), encoding)) as stream:
        text = _sample(stream)
    if not text.strip():
        raise FileError("empty", gettext_noop("The file is empty."))
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<?xml", "<table", "<head")):
        raise FileError(
            "unsupported",
            gettext_noop(
                "This is a web page under another name. Open it in a spreadsheet and save it as XLSX."
            ),
        )
    quote = _quote(text)
    delimiter = delimiter or max(DELIMITERS, key=lambda mark: _evenness(_records(text, mark, quote)))
    records = _records(text, delimiter, quote)
    found = find_header(records[:200], header=header)
    return Dialect(encoding, delimiter, quote, found), [r for r in records[found.skip :] if any(r)]


def _sample(stream: Utf8) -> str:
    data = b""
    while len(data) < 4 * CHUNK // 16 and (chunk := stream.read(CHUNK // 16)):
        data += chunk
    whole = not stream.read(1)
    text = data.decode(errors="ignore")
    return text if whole or "\n" not in text else text[: text.rindex("\n") + 1]


def _quote(text: str) -> str:
    single = sum(text.count(mark + "'") for mark in ",;\t|\n")
    return "'" if single > 5 and '"' not in text else '"'


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    try:
        return [
            row
            for row, _ in zip(
                csv.reader(lines, delimiter=delimiter, quotechar=quote), range(500), strict=False
            )
        ]
    except csv.Error:
        return []


def _evenness(records: list[list[str]]) -> tuple[float, int]:
    """How evenly a delimiter cuts: the share of rows with the commonest number of cells, if above one."""
    widths = [len(row) for row in records if row]
    if not widths:
        return 0.0, 0
    width = statistics.mode(widths)
    return (round(widths.count(width) / len(widths), 1), width) if width > 1 else (0.0, 1)


class Delimited:
    """Streams the records after the header as text; rows of another width are set aside in ``ragged``."""

    def __init__(self, reopen: Reopen, dialect: Dialect) -> None:
        self._reopen = reopen
        self._dialect = dialect
        self.ragged: list[Ragged] = []
        self.ragged_count = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        self.ragged, self.ragged_count = [], 0
        names = list(self._dialect.header.names)
        number = self._dialect.header.skip + 1
        skipped: list[int] = []
        try:
            with (
                closing(Utf8(self._reopen(), self._dialect.encoding)) as stream,
                self._open(stream, names, skipped) as reader,
            ):
                for batch in reader:
                    rows, number = _numbers(number, batch.num_rows, skipped)
                    yield pa.RecordBatch.from_arrays([rows, *batch.columns], [ROW, *names])
        except pa.ArrowInvalid as error:
            raise _explained(error, number) from error

    def _open(self, stream: Utf8, names: list[str], skipped: list[int]) -> pyarrow.csv.CSVStreamingReader:
        def set_aside(row: pyarrow.csv.InvalidRow) -> str:
            skipped.append(row.number)
            if row.text.strip():
                self.ragged_count += 1
                if len(self.ragged) < 100_000:
                    cells = next(csv.reader([row.text], delimiter=self._dialect.delimiter), [])
                    self.ragged.append(Ragged(row.number, tuple(cells)))
            return "skip"

        try:
            return pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(
                    use_threads=False,
                    block_size=LONGEST_ROW,
                    skip_rows=self._dialect.header.skip,
                    column_names=names,
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self._dialect.delimiter,
                    quote_char=self._dialect.quote,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_aside,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name: pa.string() for name in names},
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise _explained(error, self._dialect.header.skip + 1) from error


def _numbers(first: int, count: int, skipped: list[int]) -> tuple[pa.Array, int]:
    """The numbers of the next ``count`` rows and the one after; passes over rows set aside, and forgets them."""
    pieces = []
    while skipped and skipped[0] <= first + count:
        gap = skipped.pop(0)
        pieces.append(pa.arange(first, gap))
        count -= gap - first
        first = gap + 1
    pieces.append(pa.arange(first, first + count))
    return pa.concat_arrays(pieces), first + count


def _explained(error: pa.ArrowInvalid, row: int) -> FileError:
    if "straddl" in str(error):
        return FileError(
            "long_row",
            gettext_noop(
                "After row {row} there is a row of more than {most} MB. A quotation mark may not be closed."
            ),
            row=row,
            most=LONGEST_ROW // 2**20,
        )
    return FileError(
        "damaged",
        gettext_noop("After row {row} the file cannot be read: {detail}"),
        row=row,
        detail=str(error)[:200],
    )
