"""Servers that lost their supervisor in an earlier life, and the lock file they left."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import psutil


def stop_orphans(pgdata: Path, sockets: Path) -> None:
    """End every PostgreSQL process of `pgdata` and drop the lock files that nobody holds any more.

    They name a process number, which after a crash may be another program's by now, or a zombie's.
    """
    lock_files = [pgdata / "postmaster.pid", *sockets.glob(".s.PGSQL.*")]
    if not any(file.exists() for file in lock_files):
        return
    for signum, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        orphans = _processes(pgdata)
        if not orphans:
            break
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signum)
        psutil.wait_procs(orphans, timeout=patience)
    for file in lock_files:
        file.unlink(missing_ok=True)


def _processes(pgdata: Path) -> list[psutil.Process]:
    """PostgreSQL's processes work in their data folder, so the folder tells whose they are."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and Path(process.cwd()) == pgdata:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found
