"""A PostgreSQL 15 that somebody else runs: Debian's, on a socket of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.shared import missing_part
from zhiyin.platform.postgres.account import Account

DEBIAN = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgres15() -> Iterator[Path]:
    """The folder of the server's socket; its superuser is "admin", everybody is trusted."""
    if not DEBIAN.exists():
        missing_part("PostgreSQL 15 of Debian is not installed (apt-get install postgresql-15)")
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-external-"))
    folder.chmod(0o755)
    account = Account.choose(folder / "none")
    data = folder / "data"
    account.make_folder(data)
    created = account.run(
        DEBIAN / "initdb", "-D", data, "-U", "admin", "--auth=trust", "-E", "UTF8", "--no-sync"
    )
    assert created.returncode == 0, created.stderr
    control: list[str | Path] = [DEBIAN / "pg_ctl", "-D", data, "-w", "-s", "-l", data / "log"]
    account.run(*control, "-o", f"-k {data} -c listen_addresses= -c fsync=off", "start")
    try:
        yield data
    finally:
        account.run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder)
