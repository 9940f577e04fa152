"""A PostgreSQL 15 that somebody else runs: Debian's, on a socket of its own."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.shared import missing_part
from zhiyin.platform.postgres.account import Account

DEBIAN = Path("/usr/lib/postgresql/15/bin")


_OPENSSL = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=zhiyin-test -addext subjectAltName=IP:127.0.0.1"


@dataclass(frozen=True)
class Server:
    """Its superuser is "admin"; everybody is trusted on its socket. On 127.0.0.1 it wants TLS and a password."""

    folder: Path
    port: int

    @property
    def certificate(self) -> Path:
        return self.folder.parent / "server.crt"

    def on_socket(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}&port={self.port}"

    def over_tls(self, role: str, password: str, database: str) -> str:
        trust = f"sslmode=verify-full&sslrootcert={self.certificate}"
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}?{trust}"


@contextmanager
def postgres15() -> Iterator[Server]:
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
    with (data / "pg_hba.conf").open("w") as access:
        access.write("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    server, key = Server(data, _free_port()), data / "server.key"
    subprocess.run(
        [*_OPENSSL.split(), "-keyout", str(key), "-out", str(server.certificate)],
        capture_output=True,
        check=True,
    )
    account.own(key)
    key.chmod(0o600)
    control: list[str | Path] = [DEBIAN / "pg_ctl", "-D", data, "-w", "-s", "-l", data / "log"]
    options = f"-k {data} -c listen_addresses=127.0.0.1 -p {server.port} -c fsync=off"
    options += f" -c ssl=on -c ssl_cert_file={server.certificate}"
    account.run(*control, "-o", options, "start")
    try:
        yield server
    finally:
        account.run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
