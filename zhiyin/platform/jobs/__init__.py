"""Work in the background that a person can watch, cancel and try again.

An app registers what it can do in ``tasks.py`` and starts it from an action or a view::

    @jobs.handler("imports.apply", permission="imports.run", repeatable=True)
    def apply(run: jobs.JobRun) -> dict[str, Any]:
        for chunk in chunks:
            with run.scope():
                ...
            run.progress(done, total, "…")   # raises when somebody cancelled
        return {"rows": done}

    jobs.start(actor=actor, kind="imports.apply", title="…", arguments={"import_id": id}, now=now)
"""

from zhiyin.platform.jobs.access import get, is_own, result_file, visible
from zhiyin.platform.jobs.actions import cancel, expire_files, retry, start
from zhiyin.platform.jobs.registry import handler
from zhiyin.platform.jobs.run import JobCancelled, JobInterrupted, JobRun, run_now
from zhiyin.platform.jobs.snapshot import members
from zhiyin.platform.models import Job

__all__ = [
    "Job",
    "JobCancelled",
    "JobInterrupted",
    "JobRun",
    "cancel",
    "expire_files",
    "get",
    "handler",
    "is_own",
    "members",
    "result_file",
    "retry",
    "run_now",
    "start",
    "visible",
]
