"""The wheel carries its pages: installed into an empty environment without Node, the demo works."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def zhiyin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from a fresh wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run = {"check": True, "capture_output": True, "text": True}
    subprocess.run([UV, "build", "--wheel", "--out-dir", folder / "dist"], cwd=ROOT, **run)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([UV, "venv", "--python", sys.executable, folder / "venv"], **run)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--python", python, wheel], **run)
    return folder / "venv" / "bin" / "zhiyin"


@contextmanager
def served(zhiyin: Path, tmp_path: Path) -> Iterator[str]:
    """The demo's address; what it tells is in the file "log"."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ZHIYIN_HOME": str(tmp_path / "home")}
    log = (tmp_path / "log").open("w+b")
    process = subprocess.Popen(
        [zhiyin, "demo", "--customers", "200", "--port", str(port)],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
                if told(tmp_path):
                    break
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.2)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def test_the_installed_demo_serves_its_pages_and_assets(zhiyin: Path, tmp_path: Path) -> None:
    with served(zhiyin, tmp_path) as address:
        with urllib.request.urlopen(f"{address}/", timeout=30) as answer:
            page = answer.read().decode()
        assets = re.findall(r'(?:href|src)="(/static/zhiyin/[^"]+\.(?:css|js))"', page)
        assert any(name.endswith(".css") for name in assets)
        assert any(name.endswith(".js") for name in assets)
        for name in assets:
            with urllib.request.urlopen(address + name, timeout=30) as answer:
                assert len(answer.read()) > 100
        logins = told(tmp_path)
        assert len(logins) == 7
        for login in logins:
            email, password = login.split()[:2]
            assert "/account/login/" not in signed_in(address, email, password).geturl()
    with served(zhiyin, tmp_path):
        assert "Making the demo company" not in (tmp_path / "log").read_text()
    assert told(tmp_path) == logins


def signed_in(address: str, email: str, password: str) -> Any:
    """The page that follows after the printed login was typed."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = browser.open(f"{address}/account/login/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
    headers = {"Referer": f"{address}/account/login/"}
    request = urllib.request.Request(
        f"{address}/account/login/", urllib.parse.urlencode(form).encode(), headers
    )
    return browser.open(request, timeout=30)


def told(tmp_path: Path) -> list[str]:
    """The lines with a login."""
    return [line for line in (tmp_path / "log").read_text().splitlines() if "@demo." in line]
