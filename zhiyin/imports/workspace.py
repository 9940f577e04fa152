"""Where a file is worked on before it reaches the database: DuckDB in memory, spilling to a folder of its own."""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute

from zhiyin.imports import formats
from zhiyin.imports.ahead import Task, ahead, pour
from zhiyin.imports.formats import NUMBER, Decision
from zhiyin.imports.kinds import NUMBERS, Check, Field, FieldType, Kind
from zhiyin.imports.matching import Matching
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW, FileError, Source

MEMORY, MORE_MEMORY = "96MB", "128MB"
"""What DuckDB may take, and while a file that is worked on on disk is grouped."""
# Arrow scalars made from Arrow arrays: one made from a Python value would import pandas where it is installed
_NOTHING, _ZERO = pa.nulls(1, pa.string())[0], pa.arange(0, 1)[0]
SAMPLE_ROWS = 20_000
BLANKS = " \t\r\n\u00a0\u202f\u3000\ufeff"
Progress = Callable[[int], None]

_TOO_LONG = gettext_noop("{field}: longer than {most} characters.")
_NOT_DATE = gettext_noop("{field}: not a date written {format}.")
_NOT_NUMBER = gettext_noop("{field}: not a number.")
_EMPTY = gettext_noop("{field} is empty.")
_WIDTH = gettext_noop("The row has {found} cells, the header has {expected}.")
_NO_DATE = gettext_noop("No date can be read in the column “{column}”.")


@dataclass(frozen=True)
class Frame:
    """What the typed values need to know beside the file itself."""

    time_zone: str
    currency: str
    now: datetime.datetime
    source: str = ""
    matching: Matching = field(default_factory=Matching)


@dataclass
class Workspace:
    """The rows of one file on their way: ``raw`` as read, its view ``typed`` as meant, ``refused`` with reasons."""

    kind: Kind
    mapping: Mapping[str, str]
    frame: Frame
    decisions: dict[str, Decision] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)
    on_disk: bool = False
    began: float = 0.0
    rows: int = 0
    blank: int = 0
    refused: int = 0
    warnings: list[Message] = field(default_factory=list)
    refusals: list[tuple[Message, int]] = field(default_factory=list)
    _task: Task | None = None
    _patterns: dict[str, Sequence[str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="zhiyin-import-")
        self.folder = Path(self._folder.name)
        self.con = duckdb.connect(f"{self._folder.name}/rows" if self.on_disk else ":memory:")
        self.con.execute(
            f"SET memory_limit = '{MEMORY}'; SET threads = 2; SET temp_directory = '{self._folder.name}';"
            " SET preserve_insertion_order = false; SET TimeZone = 'UTC'; SET autoinstall_known_extensions"
            " = false"
        )
        if self.on_disk:  # gives back what it frees, for a tenth more of the processor
            self.con.execute("SET allocator_background_threads = true")
        formats.install(self.con)
        return self

    def __exit__(self, *_: object) -> None:
        if self._task:
            self._task.interrupt()
        self.con.close()
        self._folder.cleanup()

    def beside(self, task: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        """Begin a task on a connection of its own, in a thread; ``wait`` for it before using what it makes."""
        self._task = Task(self.con.cursor(), task)

    def wait(self) -> None:
        """Return when the task begun with ``beside`` has ended; its error is raised here. Less memory then suffices."""
        if self._task:
            self._task.result()
            self.con.execute(f"SET memory_limit = '{MEMORY}'")

    # --- reading ---------------------------------------------------------------------------------

    def load(self, source: Source, *, progress: Progress | None = None, most: int | None = None) -> None:
        """Fill ``raw`` with the mapped columns, or with all when nothing is mapped yet."""
        self._source = source
        wanted = set(self.mapping.values()) or set(source.columns)
        self.columns = [column for column in source.columns if column in wanted]

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in read:
                self.rows += batch.num_rows
                if progress:
                    progress(self.rows)
                if batch.num_rows:
                    yield batch
                if most is not None and self.rows >= most:
                    return

        with ahead((_trimmed(b.select([ROW, *self.columns])) for b in source.batches()), 2) as read:
            self._fill("raw", batches())
        pa.default_memory_pool().release_unused()
        if self.on_disk:
            self.con.execute(f"SET memory_limit = '{MORE_MEMORY}'")
        if not self.rows:
            raise FileError("empty", gettext_noop("The file has a header and no rows."))

    def _fill(self, table: str, batches: Iterator[pa.RecordBatch]) -> None:
        """Make a table of the batches if there are any. They are pulled here: errors stay what they are."""
        if (first := next(batches, None)) is None:
            return

        def write(rows: Iterator[pa.RecordBatch]) -> None:
            con = self.con.cursor()
            con.register("batches", pa.RecordBatchReader.from_batches(first.schema, rows))
            con.execute(f"CREATE TABLE {table} AS SELECT * FROM batches")

        pour(write, itertools.chain([first], batches))

    def samples(self, count: int = 500) -> dict[str, list[str]]:
        """Some different values of each column, as text."""
        return {
            column: [
                str(value)
                for (value,) in self.con.execute(
                    f"SELECT DISTINCT {name(column)} FROM (SELECT {name(column)} FROM raw WHERE"
                    f" {name(column)} IS NOT"
                    f" NULL LIMIT {SAMPLE_ROWS}) LIMIT {count}"
                ).fetchall()
            ]
            for column in self.columns
        }

    def head(self, count: int = 5) -> list[dict[str, str]]:
        """The first rows, as text."""
        cursor = self.con.execute(f"SELECT * FROM raw ORDER BY {ROW} LIMIT {count}")
        names = [column[0] for column in cursor.description or ()]
        return [
            {key: "" if value is None else str(value) for key, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]

    def stored_as(self, column: str) -> str:
        """The DuckDB type of a column of ``raw``."""
        return self._types()[column]

    def _types(self) -> dict[str, str]:
        return dict(self.con.execute("SELECT column_name, column_type FROM (DESCRIBE raw)").fetchall())

    # --- meaning ---------------------------------------------------------------------------------

    def decide(self) -> None:
        """Decide how each date and amount column is written, from all its values."""
        types = self._types()
        for field_name, column in self.mapping.items():
            kind = self.kind.field(field_name).type
            if types[column] != "VARCHAR":
                continue
            if kind is FieldType.DATE and not self._is_left_out(field_name, column):
                self.decisions[field_name] = self._date_decision(field_name, column)
            elif kind in NUMBERS:
                self.decisions[field_name] = formats.decide_numbers(self.con, "raw", name(column))

    def _is_left_out(self, field_name: str, column: str) -> bool:
        """Whether a column that may be empty is so."""
        required = self.kind.field(field_name).required
        return not required and not self.one(f"SELECT count({name(column)}) FROM raw")

    def _date_decision(self, field_name: str, column: str) -> Decision:
        if forced := self.forced.get(field_name):
            chosen = formats.BY_NAME[forced]
            reason = Message(gettext_noop("You chose {format}."), {"format": chosen.label})
            return Decision(chosen.name, chosen.label, reason, 0, 0)
        decision = formats.decide_dates(self.con, "raw", name(column), now=self.frame.now.isoformat())
        if decision is None:
            raise FileError("dates", _NO_DATE, column=column)
        self._patterns[field_name] = formats.patterns_met(self.con, formats.BY_NAME[decision.name])
        return decision

    def type_rows(self) -> None:
        """Make of ``raw`` the view ``typed``: one column a field; wrong rows go to ``refused`` with the reasons.

        Only columns whose values are not meant as they are stored are rewritten.
        """
        blank = " AND ".join(f"{name(column)} IS NULL" for column in self.columns)
        self.blank = self.con.execute(f"DELETE FROM raw WHERE {blank}").fetchall()[0][0]
        self.con.execute(f"CREATE TABLE refused ({ROW} BIGINT, reason INTEGER)")
        self.con.execute(f"CREATE TABLE unreadable ({ROW} BIGINT, field VARCHAR)")
        types, parts = self._types(), [ROW]
        changed: dict[str, tuple[str, str]] = {}
        for f in self.kind.fields:
            column, type_ = self.mapping.get(f.name), _SQL_TYPES[f.type]
            if column is None:
                parts.append(f"NULL::{type_} AS {f.name}")
                continue
            parts.append(f"{name(column)} AS {f.name}")
            value = self._value(f.name, f.type, column, types[column])
            if value != name(column) or types[column] != type_:
                self._find_unreadable(f, column, value)
                changed[column] = type_, value
        self._rewrite(changed)
        self.con.execute(f"CREATE VIEW typed AS SELECT {', '.join(parts)} FROM raw")
        self._refuse([*self._own_checks(), *self.kind.checks(self)])

    def _find_unreadable(self, f: Field, column: str, value: str) -> None:
        decision = self.decisions.get(f.name)
        if _SQL_TYPES[f.type] != "VARCHAR" and (decision is None or decision.misses or f.name in self.forced):
            self.con.execute(
                f"INSERT INTO unreadable SELECT {ROW}, '{f.name}' FROM raw"
                f" WHERE {name(column)} IS NOT NULL AND {value} IS NULL"
            )

    def _rewrite(self, changed: Mapping[str, tuple[str, str]]) -> None:
        """Give columns another type and value: each in its place, or on disk, which DuckDB does in memory, all anew."""
        if not self.on_disk:
            for column, (type_, value) in changed.items():
                self.con.execute(f"ALTER TABLE raw ALTER {name(column)} TYPE {type_} USING {value}")
            return
        values = {column: f"({value})::{type_}" for column, (type_, value) in changed.items()}
        cells = ", ".join(f"{values.get(column, name(column))} AS {name(column)}" for column in self.columns)
        self.con.execute(f"CREATE TABLE meant AS SELECT {ROW}, {cells} FROM raw")
        self.con.execute("DROP TABLE raw; ALTER TABLE meant RENAME TO raw")

    def _value(self, field_name: str, kind: FieldType, column: str, stored: str) -> str:
        text = _text(column, stored)
        if kind is FieldType.DATE:
            return self._date_value(field_name, column, stored)
        if kind in NUMBERS:
            if stored != "VARCHAR":
                return f"try_cast({name(column)} AS {NUMBER})"
            return formats.number_sql(self.decisions[field_name].name, text)
        if set(REFUSED_COLUMNS) <= set(self._source.columns):
            text = f"regexp_replace({text}, '^''([=@+-])', '\\1')"
        return text

    def _date_value(self, field_name: str, column: str, stored: str) -> str:
        if stored == "TIMESTAMP WITH TIME ZONE":
            return f"timezone('{self.frame.time_zone}', {name(column)})"
        if stored != "VARCHAR":
            return f"try_cast({name(column)} AS TIMESTAMP)"
        decision = self.decisions.get(field_name)
        if decision is None:
            return "NULL::TIMESTAMP"
        known = self._patterns.get(field_name, ())
        date = formats.BY_NAME[decision.name].sql(name(column), known)
        return f"timezone('{self.frame.time_zone}', timezone('UTC', {date}))" if decision.is_instant else date

    def _own_checks(self) -> Iterator[Check]:
        """What holds for all kinds: required values, values that could not be read, values too long."""
        for f in self.kind.fields:
            if f.name not in self.mapping:
                continue
            label = Message(f.label)
            unread = f"{ROW} IN (SELECT {ROW} FROM unreadable WHERE field = '{f.name}')"
            missing = f"{f.name} IS NULL"
            if f.type is FieldType.DATE or f.type in NUMBERS:
                yield Check(missing, self._unreadable(f.name, label), confirm=unread)
            else:
                yield Check(
                    f"strlen({f.name}) > {f.length} AND length({f.name}) > {f.length}",
                    Message(_TOO_LONG, {"field": label, "most": f.length}),
                )
            if f.required:
                yield Check(missing, Message(_EMPTY, {"field": label}), confirm=f"NOT {unread}")

    def _unreadable(self, field_name: str, label: Message) -> Message:
        if self.kind.field(field_name).type in NUMBERS:
            return Message(_NOT_NUMBER, {"field": label})
        shown = self.decisions[field_name].label if field_name in self.decisions else "ISO 8601"
        return Message(_NOT_DATE, {"field": label, "format": shown})

    def _refuse(self, checks: Sequence[Check]) -> None:
        """Count each check; move the rows that meet a refusing one to ``refused``."""
        quick = ", ".join(f"count(*) FILTER (WHERE {check.condition})" for check in checks)
        counts = self.con.execute(f"SELECT {quick} FROM typed").fetchall()[0]
        reasons: list[Message] = []
        for check, count in zip(checks, counts, strict=True):
            if not count:
                continue
            if check.refuse:
                self.con.execute(
                    f"INSERT INTO refused SELECT {ROW}, {len(reasons)} FROM typed WHERE {check.whole}"
                )
                reasons.append(check.message)
            elif exact := self.one(f"SELECT count(*) FROM typed WHERE {check.whole}"):
                self.warnings.append(check.message.counting(exact))
        self._refuse_ragged(reasons)
        self._reasons = reasons
        tally = dict(self.con.execute("SELECT reason, count(*) FROM refused GROUP BY reason").fetchall())
        self.refusals = [(message, tally[n]) for n, message in enumerate(reasons) if tally.get(n)]
        self.refused = self.one(f"SELECT count(DISTINCT {ROW}) FROM refused")
        if self.refused:
            self.con.execute(f"DELETE FROM raw WHERE {ROW} IN (SELECT {ROW} FROM refused)")

    def refuse(self, message: Message, rows: str) -> None:
        """Set aside also the rows whose numbers a query over ``typed`` gives."""
        number = len(self._reasons)
        self.con.execute(f"INSERT INTO refused SELECT DISTINCT {ROW}, {number} FROM ({rows})")
        if count := self.one(f"SELECT count(*) FROM refused WHERE reason = {number}"):
            self._reasons.append(message)
            self.refusals.append((message, count))
            self.refused += count
            self.con.execute(f"DELETE FROM raw WHERE {ROW} IN (SELECT {ROW} FROM refused)")

    def leave_out(self, message: Callable[[int], Message], rows: str) -> None:
        """Go on without the rows whose numbers a query over ``typed`` gives; ``message`` says of how many."""
        left = self.con.execute(f"DELETE FROM raw WHERE {ROW} IN (SELECT {ROW} FROM ({rows}))").fetchall()
        if count := int(left[0][0]):
            self.warnings.append(message(count))

    def _refuse_ragged(self, reasons: list[Message]) -> None:
        width = len(self._source.columns)
        by_width: dict[int, int] = {}
        for row in self._source.ragged:
            found = len(row.cells)
            if found not in by_width:
                by_width[found] = len(reasons)
                reasons.append(Message(_WIDTH, {"found": found, "expected": width}))
            self.con.execute("INSERT INTO refused VALUES (?, ?)", [row.row, by_width[found]])
        self.rows += len(self._source.ragged)

    # --- refused rows ----------------------------------------------------------------------------

    def write_refused(self, path: Path) -> None:
        """A CSV of the refused rows as they were, with number and reasons; to be mended and imported again."""
        source, body = self._source, path.with_suffix(".part")
        self.con.execute("CREATE TABLE reasons (reason INTEGER, shown VARCHAR)")
        for number, message in enumerate(self._reasons):
            self.con.execute("INSERT INTO reasons VALUES (?, ?)", [number, str(message)])
        self.con.execute(
            f"CREATE TABLE shown AS SELECT {ROW}, string_agg(shown, ' ' ORDER BY reason) AS why"
            f" FROM (SELECT DISTINCT * FROM refused) JOIN reasons USING (reason) GROUP BY {ROW}"
        )
        wanted = pa.array(
            [row for (row,) in self.con.execute(f"SELECT {ROW} FROM shown ORDER BY 1").fetchall()], pa.int64()
        )
        chosen = (b.filter(pyarrow.compute.is_in(b.column(0), value_set=wanted)) for b in source.batches())
        self._fill("refused_rows", (batch for batch in chosen if batch.num_rows))
        cells = ", ".join(f"{_harmless(column)} AS {name(column)}" for column in source.columns)
        if self.one("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'refused_rows'"):
            self.con.execute(
                f"COPY (SELECT {cells}, {ROW} AS row__, why FROM refused_rows JOIN shown USING ({ROW})"
                f" ORDER BY row__)"
                f" TO '{body}' (FORMAT csv, HEADER false)"
            )
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*source.columns, *REFUSED_COLUMNS])
            writer.writerows(self._ragged_rows())
            if body.exists():
                with body.open(encoding="utf-8", newline="") as rest:
                    shutil.copyfileobj(rest, file)
                body.unlink()

    def _ragged_rows(self) -> Iterator[list[str | int]]:
        width = len(self._source.columns)
        why = dict(self.con.execute(f"SELECT {ROW}, why FROM shown").fetchall())
        for row in self._source.ragged:
            cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
            if len(row.cells) > width:
                cells[-1] = self._joined(row.cells[width - 1 :])
            yield [*cells, row.row, why[row.row]]

    def _joined(self, cells: Sequence[str]) -> str:
        """Cells as they stand in the file, in one."""
        out = io.StringIO()
        csv.writer(out, delimiter=self._source.delimiter[0], lineterminator="").writerow(cells)
        return out.getvalue()

    def key(self, values: str, table: str, key: Callable[[str], str]) -> None:
        """Make ``table`` (``value``, ``key``) of the different values of a query, their keys made in Python."""
        self.con.execute(f"CREATE OR REPLACE TABLE {table} (value VARCHAR, key VARCHAR)")
        reader = self.con.cursor().execute(
            f"SELECT DISTINCT * FROM ({values}) AS v(value) WHERE value IS NOT NULL"
        )
        while rows := reader.fetchmany(20_000):
            different = [value for (value,) in rows]
            self.insert(table, [different, [key(value) for value in different]])

    def insert(self, table: str, columns: Sequence[Sequence[Any]]) -> None:
        """Append Python columns to a table."""
        places = ", ".join("unnest(?)" for _ in columns)
        self.con.execute(f"INSERT INTO {table} SELECT {places}", [list(column) for column in columns])

    def one(self, sql: str) -> int:
        """The single number that a query gives."""
        return int(self.con.execute(sql).fetchall()[0][0] or 0)


REFUSED_COLUMNS = ("Row", "Reason")
_SQL_TYPES = dict.fromkeys(FieldType, "VARCHAR") | {
    FieldType.DATE: "TIMESTAMP",
    FieldType.QUANTITY: NUMBER,
    FieldType.AMOUNT: NUMBER,
}


def _trimmed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Text without blanks around it; nothing instead of empty text."""
    return pa.RecordBatch.from_arrays([_trim(column) for column in batch.columns], names=batch.schema.names)


def _trim(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    text = pyarrow.compute.utf8_trim(column, BLANKS)
    return pyarrow.compute.if_else(
        pyarrow.compute.equal(pyarrow.compute.binary_length(text), _ZERO), _NOTHING, text
    )


def name(column: str) -> str:
    """A column's name as a DuckDB identifier."""
    return '"' + column.replace('"', '""') + '"'


def _text(column: str, stored: str) -> str:
    if stored == "VARCHAR":
        return name(column)
    if stored in ("DOUBLE", "FLOAT"):
        whole = f"try_cast({name(column)} AS BIGINT)"
        return f"CASE WHEN {name(column)} = {whole} THEN {whole}::VARCHAR ELSE {name(column)}::VARCHAR END"
    return f"{name(column)}::VARCHAR"


def _harmless(column: str) -> str:
    """A cell that a spreadsheet does not run as a formula."""
    cell = f"{name(column)}::VARCHAR"
    return f"CASE WHEN regexp_matches({cell}, '^([=@]|[+-][^0-9.])') THEN '''' || {cell} ELSE {cell} END"
