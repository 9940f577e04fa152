"""A real CalDAV server (Radicale) on the loopback, with one user and his calendar."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import caldav
import icalendar

USER, PASSWORD = "lin", "geheim 密码"


@dataclass
class Remote:
    """The calendar as a telephone would work with it."""

    root: str
    calendar: Any
    client: Any

    def events(self) -> list[Any]:
        found: list[Any] = []
        for each in self.calendar.get_events():
            found += icalendar.Calendar.from_ical(each.data).walk("VEVENT")
        return found

    def titles(self) -> list[str]:
        return sorted(str(each["SUMMARY"]) for each in self.events())

    def add(self, text: str) -> None:
        self.calendar.add_event(calendar_of(text))

    def change(self, uid: str, *changes: tuple[str, str]) -> None:
        """Replace texts in an object, as of a moment from now."""
        found = self._found(uid)
        text = found.data.replace("\r\n", "\n")
        for old, new in changes:
            assert old in text, text
            text = text.replace(old, new)
        self.client.put(str(found.url), text, {"Content-Type": "text/calendar"})

    def text(self, uid: str) -> str:
        return self._found(uid).data

    def remove(self, uid: str) -> None:
        self._found(uid).delete()

    def _found(self, uid: str) -> Any:
        return next(each for each in self.calendar.get_events() if f"UID:{uid}" in each.data)


def calendar_of(text: str) -> str:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//telephone//\n{text.strip()}\nEND:VCALENDAR\n"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    command = [
        sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}",
        "--storage-filesystem-folder", str(folder / "data"), "--auth-type", "htpasswd",
        "--auth-htpasswd-filename", str(folder / "users"), "--auth-htpasswd-encryption", "plain",
        "--auth-delay", "0", "--logging-level", "error",
    ]  # fmt: skip
    with subprocess.Popen(command) as server:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _each in range(600):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError


def new_calendar(root: str, name: str) -> Remote:
    client = caldav.DAVClient(root, username=USER, password=PASSWORD, enable_rfc6764=False)
    calendar = client.principal().make_calendar(name=name, cal_id=name)
    return Remote(root, calendar, client)
