"""zhiyin's own PostgreSQL in a data folder, shared by every process that uses the folder.

    with Cluster(home / "postgres") as cluster:
        psycopg.connect(cluster.application_url())

The first user starts the server, later ones join it, the last one to leave stops it; see `supervisor`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from zhiyin.platform.postgres import supervisor
from zhiyin.platform.postgres.errors import PostgresError, remedy
from zhiyin.platform.postgres.orphans import stop_orphans
from zhiyin.platform.postgres.places import (
    APPLICATION_ROLE,
    OWNER_ROLE,
    SHARED_ROOT,
    SUPERUSER,
    Places,
)
from zhiyin.platform.postgres.programs import Programs
from zhiyin.platform.postgres.tuning import render, server_settings

DATABASE = "zhiyin"

_ROLE_OPTIONS = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
_LEAST_DISK = 200 << 20
_READY_TIMEOUT = 600.0  # crash recovery may replay gigabytes
_STOP_TIMEOUT = 90.0


class Cluster:
    """A PostgreSQL server whose data, passwords and locks live in `data_dir`.

    `durable=False` is for tests: nothing is flushed to disk. `shared_root` is where a root user keeps data
    and programs that the unprivileged server cannot reach in their own place. Errors are `PostgresError`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        programs: Programs | None = None,
        shared_root: Path = SHARED_ROOT,
    ) -> None:
        self.durable = durable
        self.places = Places(data_dir, programs, shared_root)
        self._membership: int | None = None

    # Life

    def start(self) -> Self:
        """Start the server, or join the one that runs on this folder; returns when it answers."""
        if self._membership is not None:
            return self
        try:
            self.places.make_data_dir()
            self._membership = supervisor.open_lock(self.places.users_lock)
            self._start_or_join(self._membership)
        except BaseException as error:
            with contextlib.suppress(PostgresError):
                self.stop()
            if isinstance(error, OSError):
                raise PostgresError(f"{error}. {remedy(str(error))}".rstrip()) from error
            raise
        return self

    def stop(self) -> None:
        """Leave; the last user's `stop` returns when the server has ended."""
        if self._membership is None:
            return
        alone = supervisor.try_lock(self._membership, fcntl.LOCK_EX)
        others = not alone and supervisor.try_lock(self._membership, fcntl.LOCK_SH)
        self._leave()
        if not others:
            self._wait(lambda: not self.running(), _STOP_TIMEOUT, "PostgreSQL did not stop")

    def destroy(self) -> None:
        """Stop and remove everything, data included; refused while others use it."""
        self.stop()
        if self.running():
            raise PostgresError(f"{self.places.data_dir} is in use by another process.")
        if not self.places.data_dir.exists():
            stop_orphans(self.places.elsewhere / "pgdata", self.places.elsewhere / "socket")
        for folder in self.places.folders():
            shutil.rmtree(folder, ignore_errors=True)

    def running(self) -> bool:
        """Whether a server is kept up on this folder, by this process or another."""
        if not self.places.server_lock.exists():
            return False
        lock = supervisor.open_lock(self.places.server_lock)
        try:
            return not supervisor.try_lock(lock, fcntl.LOCK_SH)
        finally:
            os.close(lock)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _leave(self) -> None:
        if self._membership is not None:
            os.close(self._membership)
            self._membership = None

    # Addresses

    def owner_url(self, dbname: str = DATABASE) -> str:
        return self._url(OWNER_ROLE, dbname)

    def application_url(self, dbname: str = DATABASE) -> str:
        return self._url(APPLICATION_ROLE, dbname)

    def superuser_url(self, dbname: str = "postgres") -> str:
        return self._url(SUPERUSER, dbname)

    def _url(self, role: str, dbname: str) -> str:
        password, database = quote(self.places.passwords[role], safe=""), quote(dbname, safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.places.sockets), safe='')}"

    # Databases

    def create_database(self, dbname: str, *, template: str = "template0") -> None:
        """A new database of the owner role; the application role may connect, nobody else."""
        words = (dbname, OWNER_ROLE, APPLICATION_ROLE, template)
        name, owner, application, pattern = (sql.Identifier(word) for word in words)
        strategy = sql.SQL("wal_log" if self.durable else "file_copy")
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                    name, owner, pattern, strategy
                )
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, application)
            )

    def drop_database(self, dbname: str) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(dbname)))

    # Starting

    def _start_or_join(self, membership: int) -> None:
        """With the membership held no server stops; the start lock lets one process start it."""
        shared = lambda: supervisor.try_lock(membership, fcntl.LOCK_SH)  # noqa: E731
        self._wait(shared, _STOP_TIMEOUT, "The earlier server is still stopping")
        starting = supervisor.open_lock(self.places.start_lock)
        try:
            exclusive = lambda: supervisor.try_lock(starting, fcntl.LOCK_EX)  # noqa: E731
            self._wait(exclusive, _READY_TIMEOUT, "Another process is still starting the server")
            if self.running() and self._becomes_ready():
                return
            stop_orphans(self.places.pgdata, self.places.sockets)
            self._initialise()
            self._write_settings()
            self._spawn()
            if not self._becomes_ready():
                raise self._failure("PostgreSQL did not start", self._server_output())
            self._ensure_roles()
        finally:
            os.close(starting)

    def _initialise(self) -> None:
        """Make the data folder unless it is there; complete or not at all."""
        places = self.places
        if places.pgdata.exists():
            self._check_version()
            _ = places.passwords  # complains early when they cannot be read
            return
        free = shutil.disk_usage(places.server).free
        if free < _LEAST_DISK:
            raise PostgresError(f"Only {free >> 20} MB are free at {places.server}: free at least 200 MB.")
        places.write_passwords()
        draft = places.server / "pgdata.new"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = places.server / "password"
        try:
            password_file.touch(mode=0o600)
            places.account.own(password_file)
            password_file.write_text(places.passwords[SUPERUSER])
            self._initdb(draft, password_file)
        finally:
            password_file.unlink(missing_ok=True)
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write("include_if_exists = 'zhiyin.conf'\ninclude_if_exists = 'local.conf'\n")
        draft.rename(places.pgdata)

    def _check_version(self) -> None:
        file = self.places.pgdata / "PG_VERSION"
        found = file.read_text().strip() if file.exists() else "an unknown version"
        wanted = str(self.places.programs.major)
        if found != wanted:
            raise PostgresError(
                f"{self.places.data_dir} was made by PostgreSQL {found}, this zhiyin brings {wanted}. Make a "
                "backup with the zhiyin that wrote it (`zhiyin backup`), move the folder away, then "
                "`zhiyin restore` the backup."
            )

    def _initdb(self, folder: Path, password_file: Path) -> None:
        command = [str(self.places.programs.path("initdb")), "-D", str(folder), "-U", SUPERUSER]
        command += [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        outcome = self.places.account.run(*command)
        if outcome.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise self._failure("The database could not be created", outcome.stderr)

    def _write_settings(self) -> None:
        places = self.places
        for folder in (places.logs, places.sockets):
            places.account.make_folder(folder)
        free = shutil.disk_usage(places.pgdata).free
        settings = server_settings(
            durable=self.durable, logs=places.logs, sockets=places.sockets, free_disk=free
        )
        path = places.pgdata / "zhiyin.conf"
        path.write_text(render(settings))
        places.account.own(path)

    def _spawn(self) -> None:
        """Start the supervisor; it holds the server lock when this returns, and does not depend on us."""
        places = self.places
        options = {
            "postgres": str(places.programs.path("postgres")),
            "pgdata": str(places.pgdata),
            "users_lock": str(places.users_lock),
            "server_lock": str(places.server_lock),
            "uid": places.account.uid,
            "gid": places.account.gid,
            "durable": self.durable,
        }
        with places.startup_log.open("wb") as log:
            subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-S", "-E", supervisor.__file__, json.dumps(options)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                check=True,
            )

    def _becomes_ready(self) -> bool:
        """Wait for an answer; False when the server ended first, as one does that was killed as we came."""
        deadline = time.monotonic() + _READY_TIMEOUT
        while (problem := self._connection_problem()) is not None:
            if "password authentication failed" in problem:
                raise PostgresError(
                    f"{self.places.data_dir}/passwords.json does not fit the database: restore it."
                )
            if not self.running():
                return False
            if time.monotonic() > deadline:
                raise self._failure("PostgreSQL does not answer", problem)
            time.sleep(0.05)
        return True

    def _connection_problem(self) -> str | None:
        try:
            psycopg.connect(self.superuser_url(), connect_timeout=10).close()
        except psycopg.OperationalError as error:
            return str(error).strip()
        return None

    def _server_output(self) -> str:
        """What the server wrote before its log file was open, else the end of its newest log file."""
        output = self.places.startup_log.read_text(errors="replace")
        logs = sorted(self.places.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)
        if not _serious_lines(output) and logs:
            output = logs[-1].read_text(errors="replace")[-4000:]
        return output

    def _failure(self, what: str, output: str) -> PostgresError:
        lines = _serious_lines(output) or output.strip().splitlines() or ["it wrote nothing"]
        advice = remedy(output) or f"More is in {self.places.startup_log} and {self.places.logs}."
        return PostgresError(f"{what}: {lines[-1].strip().rstrip('.')}. {advice}")

    def _ensure_roles(self) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for role in {OWNER_ROLE, APPLICATION_ROLE} - roles:
                password = sql.Literal(self.places.passwords[role])
                statement = sql.SQL("CREATE ROLE {} {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), _ROLE_OPTIONS, password))
        if DATABASE not in databases:
            self.create_database(DATABASE)

    def _wait(self, done: Callable[[], bool], seconds: float, complaint: str) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise PostgresError(f"{complaint} after {seconds:.0f} s; see {self.places.startup_log}.")
            time.sleep(0.02)


def _serious_lines(output: str) -> list[str]:
    signs = ("FATAL", "PANIC", "error:")
    refusals = ("the database system is", "password authentication failed")
    lines = (line for line in output.splitlines() if any(sign in line for sign in signs))
    return [line for line in lines if not any(refusal in line for refusal in refusals)]
