"""`zhiyin serve`: starts everything, keeps it running, ends it all, whoever is killed."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from tests.server import HOME
from zhiyin.platform.postgres import Cluster

pytestmark = pytest.mark.slow


def eventually(condition: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Product:
    """A `zhiyin serve` in a process of its own."""

    def __init__(self, home: Path, port: int, by: Sequence[str] = ()) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIYIN_")}
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(HOME / "bytecode")}
        self.log = home / "serve.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*by, sys.executable, "-m", "zhiyin", "serve", "--port", str(port)],
                env={**inherited, **compiled, "ZHIYIN_HOME": str(home), "TMPDIR": str(home)},
                stdout=log,
                stderr=log,
            )
        self.port = port

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except (urllib.error.URLError, OSError):
            return False
        return True

    def ready(self) -> None:
        told = eventually(lambda: f"ready at http://127.0.0.1:{self.port}" in self.log.read_text(), 150)
        assert told, self.log.read_text()
        assert eventually(lambda: self.child("zhiyin.config.worker"))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def child(self, word: str) -> psutil.Process | None:
        """The part whose command line has this word."""
        for child in self.children():
            with contextlib.suppress(psutil.Error):
                if word in " ".join(child.cmdline()):
                    return child
        return None

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-serve-"))
    folder.chmod(0o711)
    yield folder
    assert eventually(lambda: not Cluster(folder / "postgres").running())
    Cluster(folder / "postgres").destroy()
    shutil.rmtree(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def product(home: Path, port: int) -> Iterator[Product]:
    product = Product(home, port)
    try:
        product.ready()
        yield product
    finally:
        product.process.kill()
        product.process.wait()


def test_it_serves_and_ends_quickly_on_sigterm(home: Path, product: Product) -> None:
    assert product.answers()
    everybody = [process for child in product.children() for process in (child, *child.children())]
    assert len(everybody) >= 2
    started = time.monotonic()
    product.end()
    assert time.monotonic() - started < 12
    assert product.process.returncode == 0
    assert not any(process.is_running() for process in everybody)
    assert not Cluster(home / "postgres").running()


def test_a_later_start_costs_little_and_pages_come_before_the_worker(product: Product) -> None:
    """Half of what it takes where nothing is compiled or kept; the clock depends on the machine, and `bench.start` measures it."""
    everybody = [psutil.Process(product.process.pid), *product.children()]
    times = [process.cpu_times() for process in everybody]
    assert sum(each.user + each.system + each.children_user + each.children_system for each in times) < 7
    web, worker = product.child("zhiyin.config.asgi"), product.child("zhiyin.config.worker")
    assert web
    assert worker
    assert web.create_time() + 0.5 < worker.create_time()


def test_ctrl_c_is_a_quiet_end(product: Product) -> None:
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(20) == 0
    assert "Traceback" not in product.log.read_text()


@pytest.mark.parametrize("word", ["zhiyin.config.asgi", "zhiyin.config.worker"])
def test_a_killed_part_is_started_again(product: Product, word: str) -> None:
    killed = product.child(word)
    assert killed
    killed.kill()
    assert eventually(lambda: product.child(word) not in (None, killed))
    assert eventually(product.answers)
    assert "it is started again" in product.log.read_text()
    product.end()


def test_a_killed_parent_takes_everything_with_it(home: Path, product: Product) -> None:
    everybody = [process for child in product.children() for process in (child, *child.children())]
    product.process.kill()
    product.process.wait()
    assert eventually(lambda: not any(process.is_running() for process in everybody))
    assert eventually(lambda: not Cluster(home / "postgres").running())


def test_commands_work_beside_it_and_the_second_is_refused(home: Path, product: Product) -> None:
    variables = {**os.environ, "ZHIYIN_HOME": str(home)}
    del variables["ZHIYIN_DATABASE_URL"], variables["ZHIYIN_OWNER_DATABASE_URL"]

    def zhiyin(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zhiyin", *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    assert zhiyin("tenant", "create", "acme", "--name", "Acme").returncode == 0
    doctor = zhiyin("doctor")
    assert "A worker is at work." in doctor.stdout, doctor.stdout
    second = zhiyin("serve", "--port", str(product.port))
    assert second.returncode == 3
    assert f"cannot listen on 127.0.0.1 port {product.port}" in second.stderr
    assert product.answers()
    product.end()


def test_an_ordinary_user_runs_all_of_it(home: Path, port: int) -> None:
    """As root the test becomes one, who reads where Python is installed and writes below his folder only."""
    own = home / "ordinary"
    own.mkdir()
    uid, by = os.geteuid(), list[str]()
    if uid == 0:
        nobody = pwd.getpwnam("nobody")
        uid = nobody.pw_uid
        os.chown(own, uid, nobody.pw_gid)
        by = ["setpriv", f"--reuid={uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        by += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]
    product = Product(own, port, by)
    try:
        product.ready()
        assert product.answers()
        data = own / "postgres" / "server" / "pgdata"
        servers = [each for each in psutil.process_iter(["cwd", "uids"]) if each.info["cwd"] == str(data)]
        assert servers
        assert {each.info["uids"].effective for each in servers} == {uid}
        product.end()
    finally:
        product.process.kill()
        product.process.wait()
    assert product.process.returncode == 0
    made = [path for path in own.rglob("*") if path != product.log]
    assert {path.lstat().st_uid for path in made} == {uid}
    assert eventually(lambda: not Cluster(own / "postgres").running())
