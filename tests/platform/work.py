"""Jobs and handlers that a worker process of the tests knows."""

import os
import time
from pathlib import Path
from typing import Any

from zhiyin.platform import jobs, outbox
from zhiyin.platform.models import StoredFile


@jobs.handler("tests.slow", repeatable=True)
def slow(run: jobs.JobRun) -> dict[str, Any]:
    """Steps of 50 ms, each noted in a file by attempt."""
    for step in range(run.arguments["steps"]):
        _note(run.arguments["path"], f"{run.attempt} {step} {os.getpid()}")
        run.progress(step, run.arguments["steps"], "working")
        time.sleep(0.05)
    return {"attempt": run.attempt}


@jobs.handler("tests.once")
def once(run: jobs.JobRun) -> dict[str, Any]:
    _note(run.arguments["path"], f"{run.attempt} begun {os.getpid()}")
    time.sleep(run.arguments["seconds"])
    return {"attempt": run.attempt}


@jobs.handler("tests.deaf", repeatable=True)
def deaf(run: jobs.JobRun) -> None:
    """Never asks whether it should stop."""
    _note(run.arguments["path"], f"{run.attempt} begun {os.getpid()}")
    time.sleep(run.arguments["seconds"] if run.attempt == 1 else 0)


@outbox.handles("tests.crash")
def crash(event: outbox.Delivered) -> None:
    """Ends the whole process after its work and before the mark, the first time."""
    _note(event.data["path"], f"{os.getpid()}")
    StoredFile.objects.create(name="once", key="k", size=0, sha256="", created_at=event.occurred_at)
    if len(Path(event.data["path"]).read_text().splitlines()) == 1:
        os._exit(9)


def _note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")
