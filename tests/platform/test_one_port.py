"""The web server as it is run: pages and streams on one port, and a quick end."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator

import pytest
from django.db import connections

from tests.cast import Company, company
from tests.platform.processes import until
from zhiyin.config import servers
from zhiyin.config.environment import Environment
from zhiyin.platform import realtime

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.slow]


@pytest.fixture
def cast() -> Company:
    return company(f"port-{uuid.uuid4().hex[:8]}")


@contextlib.contextmanager
def web(**environment: object) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = servers.web(Environment(**environment), "127.0.0.1", port).command  # type: ignore[arg-type]
    # whatever in this process made an ASGI application shares its measurements with its children
    inherited = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    process = subprocess.Popen(command, env=inherited | {"ZHIYIN_LOG_LEVEL": "WARNING"}, process_group=0)
    try:
        until(lambda: answers(port), 120)
        yield port, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return get(port, "/healthz")[0] == 200
    return False


def get(port: int, path: str, cookie: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Stream:
    """A browser's event stream."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.request("GET", "/events/?topics=tenant", headers={"Cookie": cookie})
        self.answer = self.connection.getresponse()

    def told(self, text: bytes) -> bool:
        """Whether ``text`` comes before the end of the stream."""
        while line := self.answer.readline():
            if text in line:
                return True
        return False

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def cookie_of(cast: Company) -> str:
    return f"zhiyin_session={cast.lin.client.cookies['zhiyin_session'].value}"


def streams_open(port: int) -> float:
    text = get(port, "/metrics")[1].decode()
    return sum(
        float(line.split()[-1]) for line in text.splitlines() if line.startswith("zhiyin_event_streams ")
    )


def ended_within(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    return time.monotonic() - begun < seconds


@pytest.mark.parametrize("workers", [1, 2])
def test_streams_hear_news_and_end_with_the_server(cast: Company, workers: int) -> None:
    cookie = cookie_of(cast)
    with web(web_workers=workers) as (port, process), contextlib.ExitStack() as closing:
        assert get(port, "/jobs/", cookie)[0] == 200
        assert get(port, "/events/?topics=tenant")[0] == 401
        streams = [closing.enter_context(contextlib.closing(Stream(port, cookie))) for _ in range(10)]
        assert {each.answer.status for each in streams} == {200}
        assert all(each.told(b"reload") for each in streams)
        assert streams_open(port) == 10
        with cast.scope():
            realtime.notify(cast.tenant.id, "tenant", {"title": "news"})
        assert all(each.told(b"news") for each in streams)
        streams.pop().close()
        until(lambda: streams_open(port) == 9)
        assert ended_within(process, 4)
        assert not any(each.told(b"news") for each in streams)
    connections.close_all()


def test_requests_left_in_the_middle_do_not_hold_up_the_end(cast: Company) -> None:
    cookie = cookie_of(cast)
    with web() as (port, process):
        left = []
        for _ in range(12):
            line = socket.create_connection(("127.0.0.1", port))
            line.sendall(f"GET /jobs/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
            left.append(line)
        for _ in range(3):
            line = socket.create_connection(("127.0.0.1", port))
            line.sendall(
                b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
            )
            left.append(line)
        time.sleep(0.2)
        for line in left[:-1]:
            line.close()
        assert get(port, "/jobs/", cookie)[0] == 200
        assert ended_within(process, 4.5)
        left[-1].close()
    connections.close_all()
