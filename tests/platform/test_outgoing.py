"""Requests go to the internet and to networks that the operator named, and are bounded."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from niquests.exceptions import RequestException

from zhiyin.platform import outgoing
from zhiyin.platform.errors import Invalid


class Answers(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{self.server.server_address[1]}/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 3_000)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Answers.asked.clear()
    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), Answers) as server:  # both loopback addresses
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0", "0x7f.1", "2130706433", "169.254.169.254"],
)
def test_the_own_network_is_not_reached_by_any_name(port: int, host: str) -> None:
    with outgoing.Session() as session, pytest.raises((RequestException, OSError)):
        session.get(f"http://{host}:{port}/", timeout=5)
    assert Answers.asked == []


def test_a_redirect_leads_no_further_than_an_address(port: int, settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.1/32"]
    with outgoing.Session() as session:
        assert len(session.get(f"http://127.0.0.1:{port}/", timeout=5).content) == 3_000
        with pytest.raises((RequestException, OSError)):
            session.get(f"http://127.0.0.1:{port}/away", timeout=5)
    assert Answers.asked == ["/", "/away"]


def test_an_answer_without_an_end_is_given_up(
    port: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(outgoing, "MOST_BYTES", 1_000)
    with outgoing.Session() as session, pytest.raises(outgoing.Refused):
        session.get(f"http://127.0.0.1:{port}/", timeout=5)


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_public_addresses_are_reached(address: str, reached: bool) -> None:
    assert outgoing.may_reach(address) == reached


def test_a_named_network_may_be_asked_without_encryption(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    assert outgoing.checked_url(" http://127.0.0.1/x ", "url") == "http://127.0.0.1/x"
    for wrong in ("http://8.8.8.8/", "https://[::1", "https://x:0/", "https://u@x/", "file:///etc/passwd"):
        with pytest.raises(Invalid):
            outgoing.checked_url(wrong, "url")
