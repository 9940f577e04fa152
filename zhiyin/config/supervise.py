"""Keeps a set of server processes running until we are told to stop."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from zhiyin.config.servers import Server

_POLL = 0.1  # seconds
_SOUND = 30.0  # seconds after which a process counts as having run
_HEAD_START = 10.0  # seconds
_MOST_FAILURES = 5
_PR_SET_PDEATHSIG = 1


class ServerError(Exception):
    """A process ended again and again right after its start."""


class _Child:
    """One server process, started again when it ends by itself."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.failures = 0
        self.due = 0.0
        self.start()

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.server.command,
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C reaches us alone, and we end them in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads here
        )

    def check(self, warn: Callable[[str], None]) -> None:
        """Start the process again if it ended; wait longer each time that it ends at once."""
        now = time.monotonic()
        if self.process.poll() is None:
            return
        if not self.due:
            self.failures = 1 if now - self.started > _SOUND else self.failures + 1
            if self.failures > _MOST_FAILURES:
                raise ServerError(f"{self.server.name} ended {self.failures} times right after its start.")
            warn(f"{self.server.name} ended with status {self.process.returncode}; it is started again.")
            self.due = now + 2 ** (self.failures - 1) - 1
        if now >= self.due:
            self.due = 0.0
            self.start()


def run(
    servers: Sequence[Server],
    *,
    greet: Callable[[], bool],
    warn: Callable[[str], None],
) -> None:
    """Run `servers` until SIGTERM or SIGINT; `greet` is called until it has greeted, `warn` of what crashed.

    The first has the processor to itself until that greeting, or for a while; then the others start.
    Raises ``ServerError``; all processes have ended when this returns or raises.
    """
    told = _Told()
    children = [_Child(servers[0])]
    waiting = list(servers[1:])
    patience = time.monotonic() + _HEAD_START
    greeted = False
    try:
        while not told.to_stop:
            for child in children:
                child.check(warn)
            greeted = greeted or greet()
            if waiting and (greeted or time.monotonic() > patience):
                children += [_Child(server) for server in waiting]
                waiting.clear()
            time.sleep(_POLL)
    finally:
        _end(children)
        told.restore()


def _end(children: Sequence[_Child]) -> None:
    deadlines = []
    for child in children:
        child.process.terminate()
        deadlines.append((time.monotonic() + child.server.grace, child.process))
    for deadline, process in deadlines:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Told:
    """Whether a signal asked us to stop."""

    def __init__(self) -> None:
        self.to_stop = False
        self._before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    """Should we be killed ourselves, Linux tells the process to end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
