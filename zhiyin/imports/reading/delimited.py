"""Delimited text through Arrow's streaming reader."""

from __future__ import annotations

import bisect
import csv
import io
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.streams import CHUNK, STAND_IN, Narrowed, Utf8, detect_encoding
from zhiyin.imports.reading.table import LONGEST_ROW, ROW, Header, Ragged, find_header

DELIMITERS = ",;\t|^~\x01:"
LONG_DELIMITERS = ("||", "::", "|~|", "^|^", "^^", "~~", "##", "@@", ";;")
BLOCK = 2**19
"""Bytes that Arrow parses at once: in 2 MB it would take 80 MB more memory, and no less time."""
Reopen = Callable[[], BinaryIO | io.RawIOBase]


@dataclass(frozen=True)
class Dialect:
    encoding: str
    delimiter: str
    quote: str
    header: Header

    @property
    def mark(self) -> str:
        """The one byte that separates cells in the stream that is read."""
        return _mark(self.delimiter)

    def meant(self, cells: list[str]) -> list[str]:
        """Cells as they are in the file."""
        return cells if self.mark == self.delimiter else [c.replace(STAND_IN, self.delimiter) for c in cells]


def _mark(delimiter: str) -> str:
    return delimiter if len(delimiter.encode()) == 1 else STAND_IN


def detect_dialect(
    reopen: Reopen, *, encoding: str | None, delimiter: str | None, header: bool | None
) -> Dialect:
    """How the text is written."""
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
    delimiter = delimiter or _long_delimiter(text, quote)
    delimiter = delimiter or max(DELIMITERS, key=lambda mark: _evenness(_records(text, mark, quote)))
    records = _records(text, delimiter, quote)
    dialect = Dialect(encoding, delimiter, quote, Header((), 0))
    found = find_header([dialect.meant(record) for record in records[:200]], header=header)
    return replace(dialect, header=found)


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


def _long_delimiter(text: str, quote: str) -> str | None:
    """The delimiter of several characters, if these never stand alone and cut the rows evenly."""
    for mark in LONG_DELIMITERS:
        if (
            mark in text
            and mark[0] not in text.replace(mark, "")
            and _evenness(_records(text, mark, quote)) > (0.5, 1)
        ):
            return mark
    return None


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    mark = _mark(delimiter)
    lines = io.StringIO(text if mark == delimiter else text.replace(delimiter, mark), newline="")
    try:
        rows = csv.reader(lines, delimiter=mark, quotechar=quote)
        return [row for row, _ in zip(rows, range(500), strict=False)]
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
        self._last_ragged: pyarrow.csv.InvalidRow | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        done = 0
        try:
            for batch in self._read(BLOCK):
                done = batch.column(0)[-1].as_py() if batch.num_rows else done
                yield batch
        except FileError as error:
            if error.code != "long_row":
                raise
            # a row must fit into a block: from the beginning with the largest, past what was given already
            for batch in self._read(LONGEST_ROW):
                yield batch.slice(bisect.bisect(batch.column(0), done, key=lambda number: number.as_py()))

    def _read(self, block: int) -> Iterator[pa.RecordBatch]:
        self.ragged, self.ragged_count, self._last_ragged = [], 0, None
        names = list(self._dialect.header.names)
        number = self._dialect.header.skip + 1
        skipped: list[int] = []
        try:
            with (
                closing(Utf8(self._reopen(), self._dialect.encoding)) as stream,
                self._open(stream, names, skipped, block) as reader,
            ):
                last, last_row = "", 0
                for batch in reader:
                    rows, number = _numbers(number, batch.num_rows, skipped)
                    if batch.num_rows:
                        last, last_row = batch.column(batch.num_columns - 1)[-1].as_py(), rows[-1].as_py()
                    yield pa.RecordBatch.from_arrays([rows, *self._columns(batch)], [ROW, *names])
                self._check_closed(stream.tail, last, last_row)
        except pa.ArrowInvalid as error:
            raise _explained(error, number) from error

    def _columns(self, batch: pa.RecordBatch) -> list[pa.Array]:
        delimiter = self._dialect.delimiter
        if self._dialect.mark == delimiter:
            return list(batch.columns)
        return [pyarrow.compute.replace_substring(c, STAND_IN, delimiter) for c in batch.columns]

    def _check_closed(self, tail: bytes, last: str, last_row: int) -> None:
        """Refuse a file whose last row has taken in all that follows a quotation mark never closed.

        Arrow ends such a row at the end of the file: within its last cell, or as one too short.
        """
        ragged = self._last_ragged
        if ragged is not None and ragged.number > last_row:
            row, open_ = ragged.number, self._is_open(ragged.text)
        else:
            quote = self._dialect.quote.encode()
            row, open_ = last_row, "\n" in last and not tail.rstrip(b"\r\n").endswith(quote)
        if open_:
            raise FileError(
                "quote",
                gettext_noop(
                    "In row {row} a quotation mark is opened and never closed, so that all the rows after it"
                    " are taken as part of it. Close or remove it, and choose the file again."
                ),
                row=row,
            )

    def _is_open(self, text: str) -> bool:
        lines = io.StringIO(text, newline="")
        try:
            list(csv.reader(lines, delimiter=self._dialect.mark, quotechar=self._dialect.quote, strict=True))
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False

    def _open(
        self, stream: Utf8, names: list[str], skipped: list[int], block: int
    ) -> pyarrow.csv.CSVStreamingReader:
        def set_aside(row: pyarrow.csv.InvalidRow) -> str:
            skipped.append(row.number)
            if row.text.strip():
                self._last_ragged = row
                self.ragged_count += 1
                if len(self.ragged) < 100_000:
                    cells = next(csv.reader([row.text], delimiter=self._dialect.mark), [])
                    self.ragged.append(Ragged(row.number, tuple(self._dialect.meant(cells))))
            return "skip"

        mark, delimiter = self._dialect.mark, self._dialect.delimiter
        return pyarrow.csv.open_csv(
            stream if mark == delimiter else Narrowed(stream, delimiter),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=block,
                skip_rows=self._dialect.header.skip,
                column_names=names,
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=mark,
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
