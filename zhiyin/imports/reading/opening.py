"""Opens a file by what is in it, not by what it is called."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.streams import GZIP, Unpacked
from zhiyin.imports.reading.table import Ragged

if TYPE_CHECKING:
    import pyarrow as pa

    from zhiyin.imports.reading.columnar import Parquet
    from zhiyin.imports.reading.delimited import Delimited
    from zhiyin.imports.reading.workbook import Workbook

_OLE = b"\xd0\xcf\x11\xe0"
_OTHER = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


@dataclass(frozen=True)
class Options:
    """What a person said about the file; ``None`` leaves it to be found out."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


@dataclass
class Source:
    """An opened file: its columns, how it is written, and its rows as often as wanted."""

    format: str
    columns: tuple[str, ...]
    reader: Delimited | Workbook | Parquet
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    packed: bool = False
    rows: int | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches whose first column is the row number in the file, from 1; raises ``FileError``."""
        return self.reader.batches()

    @property
    def ragged(self) -> Sequence[Ragged]:
        """Rows of the wrong width, known after the batches were read."""
        return getattr(self.reader, "ragged", ())


def open_file(path: Path, options: Options | None = None) -> Source:
    """Find out what kind of file this is and how it is written.

    Raises
    ------
    FileError
        The file is missing, empty, of a kind that cannot be read, damaged, or larger than can be read.
    """
    options = options or Options()
    if not path.is_file():
        raise FileError("missing", gettext_noop("There is no such file."))
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise FileError("empty", gettext_noop("The file is empty."))
    for mark, name in _OTHER.items():
        if head.startswith(mark):
            raise FileError(
                "unsupported",
                gettext_noop("A {kind} file cannot be imported. Use CSV, XLSX or Parquet."),
                kind=name,
            )
    if head.startswith(b"PAR1"):
        from zhiyin.imports.reading.columnar import Parquet

        parquet = Parquet(path)
        return Source("parquet", parquet.names, parquet, rows=parquet.rows)
    if head.startswith((b"PK", _OLE)):
        from zhiyin.imports.reading.workbook import Workbook

        book = Workbook(path, sheet=options.sheet, header=options.header)
        return Source("workbook", book.header.names, book, sheets=book.sheets, sheet=book.sheet)
    return _open_text(path, options, packed=head.startswith(GZIP))


def _open_text(path: Path, options: Options, *, packed: bool) -> Source:
    from zhiyin.imports.reading.delimited import Delimited, detect_dialect

    size = path.stat().st_size

    def reopen() -> BinaryIO | io.RawIOBase:
        raw = path.open("rb")
        return Unpacked(raw, size) if packed else raw

    with closing(reopen()) as raw:
        inside = raw.read(4)
    if packed and inside in (b"PAR1", b"PK\x03\x04", _OLE):
        raise FileError(
            "unsupported",
            gettext_noop("Only text files may be compressed. Unpack the file and choose it again."),
        )
    dialect = detect_dialect(
        reopen, encoding=options.encoding, delimiter=options.delimiter, header=options.header
    )
    return Source(
        "text",
        dialect.header.names,
        Delimited(reopen, dialect),
        encoding=dialect.encoding,
        delimiter=dialect.delimiter,
        packed=packed,
    )
