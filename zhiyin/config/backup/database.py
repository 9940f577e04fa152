"""The database's part of a backup: PostgreSQL's own tools, run as the owner under row-level security."""

import contextlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import conninfo, sql

from zhiyin.config.backup.manifest import BackupError, Manifest
from zhiyin.platform.postgres import client_programs, embedded_programs

# Opens the owner's policy on every tenant table; see `EnableTenancy`.
MAINTENANCE = "-c zhiyin.maintenance=on"
Connection = psycopg.Connection[tuple[Any, ...]]
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


class Owner:
    """The database as its owner sees it, all tenants' rows included."""

    def __init__(self, url: str) -> None:
        self.url = url
        with self.connect() as connection:
            self.major = connection.info.server_version // 10000
            self.role = connection.info.user
            self.programs = client_programs(self.major, tls=bool(connection.pgconn.ssl_in_use))

    def connect(self) -> Connection:
        return psycopg.connect(self.url, options=MAINTENANCE)

    def environment(self) -> dict[str, str]:
        """For PostgreSQL's programs: a password on a command line could be read by others."""
        parts = conninfo.conninfo_to_dict(self.url)
        named = {_VARIABLES[key]: str(value) for key, value in parts.items() if key in _VARIABLES}
        return {**os.environ, **named, "PGOPTIONS": MAINTENANCE, "LC_ALL": "C.UTF-8"}

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Connection, str]]:
        """A connection whose view of the database stands still, and the name by which pg_dump shares it."""
        with self.connect() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            yield connection, str(row[0]) if row else ""

    def dump(self, target: Path, snapshot: str, *, without: Sequence[str] = ()) -> None:
        """All of the database but the rows of the tables ``without``."""
        command = [
            str(self.programs.path("pg_dump")),
            "--format=custom",
            "--enable-row-security",
            "--schema=public",
        ]
        command += [f"--exclude-table-data={table}" for table in without]
        command += ["--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        outcome = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            command, env=self.environment(), capture_output=True, text=True, check=False
        )
        if outcome.returncode:
            raise BackupError(f"pg_dump failed: {outcome.stderr.strip()}")

    def load(self, dump: Path, manifest: Manifest, more: Iterable[bytes] = ()) -> None:
        """Replace everything the owner has by what is in `dump`, in one transaction: all of it or nothing.

        ``more`` is SQL for what the dump leaves out.
        """
        restore = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [
                str(embedded_programs().path("pg_restore")),
                "--no-owner",
                "--no-privileges",
                "--file=-",
                str(dump),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        psql = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [str(self.programs.path("psql")), *_PSQL_OPTIONS],
            env=self.environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert restore.stdout
        assert restore.stderr
        assert psql.stdin
        assert psql.stderr
        with restore.stdout, restore.stderr, psql.stderr:
            # A broken pipe means that psql stopped at an error, and says which.
            with contextlib.suppress(BrokenPipeError), psql.stdin as target:
                target.write(_EMPTY)
                _copy_script(restore.stdout, target, manifest.owner.encode(), self.role.encode())
                target.writelines(more)
                target.write(_require_rows(manifest.rows))
            restore.stdout.close()
            complaint = psql.stderr.read() + restore.stderr.read()
        codes = psql.wait(), restore.wait()
        if any(codes):
            raise BackupError(f"The database was not restored: {_first_line(complaint)}")

    def row_counts(self, connection: Connection, *, without: Sequence[str] = ()) -> dict[str, int]:
        tables = [name for (name,) in connection.execute(_TABLES) if name not in without]
        counts = {}
        for table in tables:
            statement = sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(table))
            row = connection.execute(statement).fetchone()
            counts[table] = row[0] if row else 0
        return counts


def _require_rows(rows: dict[str, int]) -> bytes:
    """SQL that fails, and so undoes everything, unless each table has as many rows as it had."""
    checks = (
        f"IF (SELECT count(*) FROM {table}) <> {count} THEN RAISE 'the table {table} lacks rows'; END IF;"  # noqa: S608
        for table, count in rows.items()
    )
    return (
        "SET search_path = public;\nSET row_security = on;\nDO $rows$ BEGIN "
        + "\n".join(checks)
        + " END $rows$;\n"
    ).encode()


_PSQL_OPTIONS = ("-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", "-")
_EMPTY = b"SET client_min_messages = warning;\nDROP OWNED BY CURRENT_USER CASCADE;\n"
_LEFT_OUT = (b"SET transaction_timeout = 0;", b"CREATE SCHEMA public;", b"COMMENT ON SCHEMA public ")


def _copy_script(source: IO[bytes], target: IO[bytes], former_owner: bytes, owner: bytes) -> None:
    """Pass pg_restore's script on, with what this server would not understand taken out.

    Before PostgreSQL 17 there was no transaction_timeout; policies name the role that owned the tables.
    """
    in_data = False
    for line in source:
        if in_data:
            in_data = line != b"\\.\n"
        elif line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n"):
            in_data = True
        elif line.startswith(_LEFT_OUT):
            continue
        elif line.startswith(b"CREATE POLICY "):
            target.write(line.replace(b" TO " + former_owner + b" ", b" TO " + owner + b" "))
            continue
        target.write(line)


def _first_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    serious = [line for line in lines if "ERROR" in line or "error:" in line]
    return (serious or lines or ["it did not say why"])[0]
