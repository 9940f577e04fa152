"""What the worker does for imports. Each step may begin again: it writes in one transaction, or not at all.

What reads files is loaded with the first import: a worker that waits stays small.
"""

from typing import Any

from zhiyin.platform import jobs


@jobs.handler("imports.check", permission="imports.run", repeatable=True)
def check(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.check(run)


@jobs.handler("imports.apply", permission="imports.run", repeatable=True)
def apply(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.apply(run)


@jobs.handler("imports.undo", permission="imports.run", repeatable=True)
def undo(run: jobs.JobRun) -> dict[str, Any]:
    from zhiyin.imports import running

    return running.undo(run)
