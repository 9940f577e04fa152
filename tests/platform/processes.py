"""A worker in a process of its own, as tests need it that kill one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CODE = """
import sys, django
django.setup()
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
from zhiyin.platform import worker
sys.exit(worker.run())
"""


@contextmanager
def worker(*modules: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that knows the jobs and handlers of ``modules``; killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", CODE, *modules], env=os.environ | (env or {}))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition. Raises ``TimeoutError``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} did not come true in {seconds} s")
        time.sleep(0.05)
