"""The process that PostgreSQL is a child of: it ends the server when its last user is gone.

Each user of a data folder holds a shared lock on `users.lock`, which the kernel releases even after kill -9.
When this process can lock the file alone, nobody is left. It imports the standard library only, so that it
starts in milliseconds and stays small; it is started as a script by `Cluster.start`.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

POLL = 0.2  # seconds
_RESTARTS = 5
_SOUND = 60  # seconds after which a server counts as having run
_PR_SET_PDEATHSIG = 1


def try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_lock(path: str | Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Supervisor:
    """Runs one postmaster until its last user is gone or we are told to stop."""

    def __init__(self, options: dict[str, object]) -> None:
        self.command = [str(options["postgres"]), "-D", str(options["pgdata"])]
        self.users = open_lock(str(options["users_lock"]))
        self.uid = options["uid"] if isinstance(options["uid"], int) else None
        self.gid = options["gid"] if isinstance(options["gid"], int) else None
        self.stop_signal = signal.SIGINT if options["durable"] else signal.SIGQUIT
        self.told_to_stop = False

    def run(self) -> int:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        failures = 0
        while failures < _RESTARTS:
            started = time.monotonic()
            server = self._launch()
            if self._must_end(server):
                return self._end(server)
            if server.returncode >= 0 and not failures:
                return server.returncode  # it said why; a signal (out of memory, kill -9) is another matter
            failures = 1 if time.monotonic() - started > _SOUND else failures + 1
            time.sleep(failures)  # orphans of a killed postmaster need a moment to leave
        return 1

    def _must_end(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait until the server has to be ended (true) or ended by itself (false)."""
        while server.poll() is None:
            if self.told_to_stop or try_lock(self.users, fcntl.LOCK_EX):
                return True
            time.sleep(POLL)
        return False

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own program
            self.command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath},
            cwd="/",
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - there are no threads here
        )

    def _end(self, server: subprocess.Popen[bytes]) -> int:
        for signum, patience in ((self.stop_signal, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            server.send_signal(signum)
            try:
                server.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return 0
        return 1

    def _stop(self, _signum: int, _frame: object) -> None:
        self.told_to_stop = True


def _die_with_parent() -> None:
    """Should this process be killed itself, Linux tells PostgreSQL to shut down (fast)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def main() -> int:
    options = json.loads(sys.argv[1])
    mine = open_lock(options["server_lock"])
    if not try_lock(mine, fcntl.LOCK_EX):
        return 0  # another supervisor is at work
    if os.fork():
        # Whoever started us need not outlive us, nor wait for us: the lock passes to the child.
        os._exit(0)
    return Supervisor(options).run()


if __name__ == "__main__":
    sys.exit(main())
