"""From the workspace into the database: ``COPY`` into temporary tables, then set-based SQL.

A table under row-level security takes no ``COPY``, and should not: rows reach it only through ``INSERT … SELECT``,
which the policies check. Temporary tables belong to one transaction, are not logged, and are gone after a crash.
"""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import ManyToOneRel, Model

from zhiyin.imports.ahead import ahead
from zhiyin.imports.errors import ScopeChanged
from zhiyin.platform.actors import Actor
from zhiyin.platform.keys import uuid7

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from zhiyin.imports.workspace import Frame, Workspace

BATCH = 32_768


@dataclass(frozen=True)
class Match:
    """How landed rows (``l``) find theirs in a table (``t``), and the temporary table of ``number`` and ``id``.

    They are looked up one by one on purpose: the cost grows with the file, and no plan can go astray over a
    table whose statistics are older than its rows. ``more`` is a further column of what is found; ``held`` rows
    cannot be deleted until the transaction ends.
    """

    landed: str
    number: str
    ids: str
    table: str
    same: str
    more: str = ""
    held: bool = False

    @property
    def found(self) -> str:
        columns = f"t.id{', ' if self.more else ''}{self.more}"
        return (
            f"SELECT l.{self.number}, t.* FROM {self.landed} l CROSS JOIN LATERAL (SELECT {columns}"
            f" FROM {self.table} t WHERE t.tenant_id = %(tenant)s AND {self.same} LIMIT 1"
            f"{' FOR KEY SHARE' if self.held else ''}) t"
        )


@dataclass
class Landing:
    """Writes into the current tenant's transaction. ``parameters`` are known to all its statements by name."""

    actor: Actor
    import_id: Any
    frame: Frame
    progress: Callable[[int], None] = lambda _: None
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parameters |= {
            "tenant": self.actor.tenant_id,
            "import": self.import_id,
            "actor": self.actor.name,
            "member": self.actor.member_id,
            "units": [] if self.actor.scope == "own" else list(self.actor.unit_ids),
            "now": self.frame.now,
            "zone": self.frame.time_zone,
            "currency": self.frame.currency,
            "source": self.frame.source,
        }

    @property
    def now(self) -> datetime.datetime:
        return self.frame.now

    def prepare(self) -> None:
        """Settings of this transaction: plans for half a million rows, none of them worth compiling."""
        self.run("SET LOCAL jit = off")
        self.run("SET LOCAL enable_mergejoin = off")
        self.run("SET LOCAL work_mem = '32MB'")
        self.run("SET LOCAL cursor_tuple_fraction = 1")  # `parts` reads all, so its first row may be late

    def run(self, sql: str, **parameters: Any) -> int:
        """Execute one statement; the number of rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.parameters, **parameters})
            return int(max(cursor.rowcount, 0))

    def one(self, sql: str, **parameters: Any) -> int:
        """The single number that a query gives."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.parameters, **parameters})
            row = cursor.fetchone()
        return int(row[0] or 0) if row else 0

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.parameters, **parameters})
            return list(cursor.fetchall())

    def copy(self, con: duckdb.DuckDBPyConnection, query: str, table: str, columns: str) -> None:
        """Make the temporary ``table`` and fill it with what ``query`` gives in DuckDB."""
        self.create(table, columns)
        for batch in _batches(con, query):
            self._copy(table, _as_csv(batch))

    def stay_within(self, beyond: str) -> None:
        """Raise ``ScopeChanged`` when a query counts matched rows outside the actor's record scope."""
        if self.actor.scope != "all" and self.one(beyond):
            raise ScopeChanged

    def match(self, match: Match) -> int:
        """Make the table of ids with the landed rows that are there already; how many are new."""
        self.run(f"DROP TABLE IF EXISTS pg_temp.{match.ids}")
        self.run(f"CREATE TEMP TABLE {match.ids} ON COMMIT DROP AS {match.found}")
        return self._absent(match)

    def insert(self, match: Match, sql: str, **parameters: Any) -> int:
        """Insert the landed rows that are not there yet; how many were written.

        ``sql`` ends with ``{absent}``, the condition for them, and has ``{key}`` for their new keys. The table of
        ids then holds them too, and those that somebody else wrote meanwhile.
        """
        number, key = match.number, key_sql(self.keys(), f"l.{match.number}")
        absent = f"NOT EXISTS (SELECT FROM {match.ids} i WHERE i.{number} = l.{number})"
        written = self.run(sql.format(key=key, absent=absent), **parameters)
        zero = ", 0" if match.more else ""
        made = f"SELECT l.{number}, {key}{zero} FROM {match.landed} l WHERE {absent}"
        self.run(
            f"INSERT INTO {match.ids} {made if written == self._absent(match) else f'{match.found} WHERE {absent}'}"
        )
        self.run(f"ANALYZE {match.ids}")
        return written

    def _absent(self, match: Match) -> int:
        return self.one(f"SELECT (SELECT count(*) FROM {match.landed}) - (SELECT count(*) FROM {match.ids})")

    def fetch(self, work: Workspace, sql: str, table: str, columns: str) -> None:
        """Bring the rows of a query into the workspace as ``table``."""
        path = work.folder / f"{table}.csv"
        with connection.cursor() as cursor, path.open("wb") as file:
            text = cursor.mogrify(f"COPY ({sql}) TO STDOUT (FORMAT csv)", self.parameters)
            with cursor.copy(text) as copy:
                for chunk in copy:
                    file.write(chunk)
        work.con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        if path.stat().st_size:
            work.con.execute(
                f"COPY {table} FROM '{path}' (FORMAT csv, HEADER false, AUTO_DETECT false, BUFFER_SIZE {2**22})"
            )
        path.unlink()

    def create(self, table: str, columns: str) -> None:
        """Make an empty temporary table; it ends with the transaction."""
        self.run(f"DROP TABLE IF EXISTS pg_temp.{table}")
        self.run(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")

    def stream(self, work: Workspace, query: str, table: str, then: Callable[[], None]) -> None:
        """Fill ``table`` batch by batch, call ``then`` after each and empty it again.

        The next batch is made in a thread while the database works on this one. Its columns are such that
        ``binary.encode`` takes.
        """
        from zhiyin.imports.binary import HEADER, TRAILER, encode

        aside = work.con.cursor()
        aside.execute("SET SESSION arrow_lossless_conversion = true")
        # of a large file, less is on its way at a time
        size, steps = (BATCH // 2, 1) if work.on_disk else (BATCH, 2)
        batches = ((encode(batch), batch.num_rows) for batch in _batches(aside, query, size))
        with ahead(batches, steps) as ready:
            for data, rows in ready:
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy,
                ):
                    copy.write(HEADER)
                    copy.write(data)
                    copy.write(TRAILER)
                then()
                self.run(f"TRUNCATE {table}")
                self.progress(rows)

    def _copy(self, table: str, data: pa.Buffer | bytes) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
            copy.write(data)

    def fill(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Append Python rows to a temporary table."""
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def parts(self, sql: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query some at a time, through a cursor on the server."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, self.parameters)
            while rows := cursor.fetchmany(size):
                yield rows

    def journal(self, select: str) -> int:
        """Remember rows before they change: kind, id, and what stood and will stand in the changed columns."""
        return self.run(
            "INSERT INTO imports_importchange (tenant_id, batch_id, subject_kind, subject_id, before, after)"
            f" SELECT %(tenant)s, %(import)s, changed.* FROM ({select}) AS changed"
        )

    def overwrite(
        self, *, kind: str, table: str, landed: str, ids: str, key: str, given: Mapping[str, str]
    ) -> int:
        """Write the landed columns over those of rows there already; how many rows became different.

        ``given`` says for each column when it is to be written, comparing ``l`` (landed) with ``t`` (the table).
        What stood there goes into the journal.
        """
        differs = " OR ".join(f"({test})" for test in given.values())
        before, after = (
            "jsonb_strip_nulls(jsonb_build_object("
            + ", ".join(f"'{c}', CASE WHEN {test} THEN {side}.{c} END" for c, test in given.items())
            + "))"
            for side in "tl"
        )
        joined = f"{landed} l JOIN {ids} i USING ({key})"
        self.journal(
            f"SELECT '{kind}', t.id, {before}, {after} FROM {joined} JOIN {table} t ON t.id = i.id"
            f" WHERE t.import_id IS DISTINCT FROM %(import)s AND ({differs}) ORDER BY t.id"
        )
        values = ", ".join(f"{c} = CASE WHEN {test} THEN l.{c} ELSE t.{c} END" for c, test in given.items())
        return self.run(
            f"UPDATE {table} t SET {values}, version = t.version + 1, updated_at = %(now)s FROM {joined}"
            f" WHERE t.id = i.id AND t.import_id IS DISTINCT FROM %(import)s AND ({differs})"
        )

    def restore(self, kind: str, table: str, columns: Mapping[str, str]) -> int:
        """Put back the journalled columns (name to type) where they still hold what the import wrote."""
        same = {c: f"j.after ? '{c}' AND to_jsonb(t.{c}) = j.after -> '{c}'" for c in columns}
        values = ", ".join(
            f"{c} = CASE WHEN {same[c]} THEN (j.before ->> '{c}')::{type_} ELSE t.{c} END"
            for c, type_ in columns.items()
        )
        return self.run(
            f"UPDATE {table} t SET {values}, version = t.version + 1, updated_at = %(now)s FROM"
            f" imports_importchange j"
            " WHERE j.batch_id = %(import)s AND j.subject_kind = %(kind)s AND t.id = j.subject_id"
            f" AND ({' OR '.join(f'({test})' for test in same.values())})",
            kind=kind,
        )

    @property
    def unit_id(self) -> uuid.UUID | None:
        """The unit of what is created: that of whoever imports, unless everybody's records are his."""
        return None if self.actor.scope == "all" else self.actor.unit_id

    @property
    def owner_id(self) -> uuid.UUID | None:
        """The owner of what is created: whoever sees his own records only would lose them otherwise."""
        return self.actor.member_id if self.actor.scope == "own" else None

    def keys(self) -> str:
        """The first 20 digits of UUIDv7 keys, to be followed by a number, so that rows lie in order."""
        return uuid7().hex[:20]


def key_sql(prefix: str, number: str) -> str:
    """The key with this prefix and number, in PostgreSQL."""
    return f"('{prefix}' || lpad(to_hex({number}), 12, '0'))::uuid"


def unreferred(model: type[Model], alias: str, own: Collection[type[Model]] = ()) -> str:
    """The condition, after others, that no row of any app refers to one of a table but those of its ``own``."""
    references = (
        (each.related_model._meta.db_table, each.field.column)
        for each in model._meta.get_fields(include_hidden=True)
        if isinstance(each, ManyToOneRel) and each.related_model not in own
    )
    return "".join(
        f" AND NOT EXISTS (SELECT FROM {table} r WHERE r.{column} = {alias}.id)"
        for table, column in references
    )


def _batches(con: duckdb.DuckDBPyConnection, query: str, size: int = BATCH) -> Iterator[pa.RecordBatch]:
    yield from con.sql(query).to_arrow_reader(size)


def _as_csv(batch: pa.RecordBatch) -> bytes:
    from pyarrow import csv

    out = io.BytesIO()
    csv.write_csv(batch, out, csv.WriteOptions(include_header=False, batch_size=16_384))
    return out.getvalue()
