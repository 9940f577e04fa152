"""Spreadsheets through calamine, which holds a sheet in memory: so larger ones are refused."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import python_calamine

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.table import Header, find_header, text_batches

MOST_UNPACKED = 120 * 2**20
MOST_OLD = 32 * 2**20
MOST_RATIO = 250

Cell = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta


class Workbook:
    """One sheet of a workbook as text; the first sheet with cells unless named."""

    def __init__(self, path: Path, *, sheet: str | None = None, header: bool | None = None) -> None:
        _check_size(path)
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            self.sheets = tuple(
                s.name for s in book.sheets_metadata if s.typ == python_calamine.SheetTypeEnum.WorkSheet
            )
            self._sheet, self.sheet = self._chosen(book, sheet)
        except python_calamine.PasswordError as error:
            raise FileError(
                "protected", gettext_noop("The workbook is protected by a password. Save it without one.")
            ) from error
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise FileError(
                "damaged", gettext_noop("The workbook is damaged or of an unknown kind.")
            ) from error
        head = [row for row, _ in zip(self._rows(), range(200), strict=False)]
        self.header: Header = find_header([[cell or "" for cell in row] for row in head], header=header)
        self.sample = [[cell or "" for cell in row] for row in head[self.header.skip :] if any(row)]

    def _chosen(
        self, book: python_calamine.CalamineWorkbook, name: str | None
    ) -> tuple[python_calamine.CalamineSheet, str]:
        if name is not None and name not in self.sheets:
            raise FileError("missing", gettext_noop("The workbook has no sheet named {sheet}."), sheet=name)
        for candidate in (name,) if name else self.sheets:
            sheet = book.get_sheet_by_name(candidate)
            if sheet.total_height > 0:
                return sheet, candidate
        raise FileError("empty", gettext_noop("The file is empty."))

    def _rows(self) -> Iterator[list[str | None]]:
        for row in self._sheet.iter_rows():
            yield [_text(cell) for cell in row]

    def batches(self) -> Iterator[pa.RecordBatch]:
        rows = self._rows()
        for _ in range(self.header.skip):
            next(rows, None)
        yield from text_batches(rows, self.header.names, self.header.skip + 1)


def _text(cell: Cell) -> str | None:
    """The cell as typed into a text file; dates as ISO 8601, whole numbers without a point."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, str):
        return cell.replace("\0", "")
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != datetime.time() else cell.date().isoformat()
    return str(cell)


def _check_size(path: Path) -> None:
    packed = path.stat().st_size
    if not zipfile.is_zipfile(path):
        if packed > MOST_OLD:
            raise _too_large(MOST_OLD)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise FileError("damaged", gettext_noop("The workbook is damaged or of an unknown kind.")) from error
    if not any(name.startswith(("xl/", "content.xml")) for name in names):
        raise FileError(
            "unsupported",
            gettext_noop("This archive is not a workbook. Unpack it and choose the file inside."),
        )
    if unpacked > MOST_RATIO * packed:
        raise FileError(
            "bomb",
            gettext_noop("The compressed file unpacks to more than {ratio} times its size."),
            ratio=MOST_RATIO,
        )
    if unpacked > MOST_UNPACKED:
        raise _too_large(MOST_UNPACKED)


def _too_large(most: int) -> FileError:
    return FileError(
        "too_large",
        gettext_noop(
            "The workbook holds more than {most} MB. Save the sheet as CSV, which can be of any size."
        ),
        most=most // 2**20,
    )
