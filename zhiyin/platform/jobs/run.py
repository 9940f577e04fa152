"""One run of a job: its progress, its end, and who holds it."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from zhiyin.platform import realtime
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import DomainError
from zhiyin.platform.jobs import news
from zhiyin.platform.jobs.registry import Handler, find
from zhiyin.platform.jobs.snapshot import as_of_now, load_actor
from zhiyin.platform.models import Job
from zhiyin.platform.tenancy import scope

log = structlog.get_logger("zhiyin.jobs")
SECONDS_BETWEEN_WRITES = 0.25
MOST_ATTEMPTS = 5
stopping = threading.Event()
Watcher = Callable[[int, "int | None", str], None]

_PROGRESS = """
UPDATE platform_job SET done = %s, total = %s, message = %s WHERE id = %s AND state = 'running'
RETURNING cancel_requested_at IS NOT NULL
"""


class JobStopped(Exception):
    """Leaves a handler at its next ``progress``; handlers let it pass."""


class JobCancelled(JobStopped):
    """Somebody cancelled the job."""


class JobInterrupted(JobStopped):
    """The worker ends; the job goes back to the queue."""


class JobRun:
    """What a handler holds while it works.

    ``arguments`` are those given to ``start``, as JSON gives them back; ``actor`` is who started the job, with
    what he may still do; ``attempt`` is 1 at first and higher after a crash or a retry.
    """

    def __init__(
        self, job: Job, tenant_id: uuid.UUID, line: BaseDatabaseWrapper, watcher: Watcher | None
    ) -> None:
        self.id = job.id
        self.tenant_id = tenant_id
        self.arguments: dict[str, Any] = job.arguments
        self.actor: Actor = load_actor(tenant_id, job.actor)
        self.attempt = job.attempts
        self.repeatable = False
        self.now = timezone.now()
        self._line = line
        self._watcher = watcher
        self._written = 0.0
        self.done, self.message = 0, ""
        self.total: int | None = None

    def scope(self) -> AbstractContextManager[None]:
        """A transaction inside the job's tenant."""
        return scope(self.tenant_id)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far it is; seen at once by others, even from inside a long transaction.

        May be called as often as one likes. Raises ``JobCancelled`` or ``JobInterrupted``, which the
        handler lets pass.
        """
        self.done, self.total, self.message = done, total, message[:300]
        if self._watcher:
            self._watcher(done, total, message)
        now = time.monotonic()
        if now - self._written < SECONDS_BETWEEN_WRITES:
            return
        self._written = now
        if self._write():
            raise JobCancelled
        if stopping.is_set() and self.repeatable:
            raise JobInterrupted

    def keep(self, result: dict[str, Any]) -> None:
        """Write the result in the open transaction: once that is committed the job is done, whatever comes.

        A handler whose work must not be done twice calls it last, as ``progress`` would wait for the row.
        """
        Job.objects.filter(pk=self.id).update(result=result)

    def _write(self) -> bool:
        """Write the progress on the job's own connection; whether a cancel was asked."""
        with self._line.cursor() as cursor:
            cursor.execute(_PROGRESS, [self.done, self.total, self.message, self.id])
            row = cursor.fetchone()
        percent = min(100, 100 * self.done // self.total) if self.total else None
        data = {"state": "running", "done": self.done, "total": self.total}
        data |= {"percent": percent, "message": self.message, "id": str(self.id)}
        realtime.notify(self.tenant_id, f"job:{self.id}", data, using=self._line)
        return bool(row and row[0])


def run_now(job: Job, *, watcher: Watcher | None = None) -> Job:
    """Run a job started with ``foreground=True`` in this process, and give it back finished.

    ``watcher(done, total, message)`` is called at each progress.
    """
    tenant_id = job.tenant_id
    execute(job.id, tenant_id, watcher)
    with scope(tenant_id):
        return Job.objects.get(pk=job.id)


def execute(job_id: uuid.UUID, tenant_id: uuid.UUID, watcher: Watcher | None = None) -> None:
    """Take up a queued job, or one whose worker died, and bring it to an end.

    Does nothing when it has ended meanwhile. Raises ``JobInterrupted`` when it is to be taken up again.
    """
    with (
        _line(tenant_id) as line,
        structlog.contextvars.bound_contextvars(tenant_id=str(tenant_id), job_id=str(job_id)),
    ):
        if not _hold(line, job_id):
            raise JobInterrupted  # another worker is still at it
        begun = _begin(job_id, tenant_id)
        if begun is None:
            return
        job, resumed = begun
        handler = find(job.kind)
        run = JobRun(job, tenant_id, line, watcher)
        run.repeatable = bool(handler and handler.repeatable)
        with translation.override(job.actor.get("language")), timezone.override(job.actor.get("zone")):
            if resumed and (not run.repeatable or run.attempt > MOST_ATTEMPTS):
                _end(run, JobState.FAILED, error=_("The program ended before the job did."))
            else:
                _work(run, handler)


def _work(run: JobRun, handler: Handler | None) -> None:
    try:
        if handler is None:
            raise DomainError(_("This version does not know this kind of job."))
        with run.scope():
            run.actor = as_of_now(run.actor)
        if handler.permission:
            run.actor.require(handler.permission)
        result = handler.function(run)
    except JobCancelled:
        _end(run, JobState.CANCELLED)
    except JobInterrupted:
        _end(run, JobState.QUEUED)
        raise
    except DomainError as error:
        _end(run, JobState.FAILED, error=str(error.message))
    except (OperationalError, InterfaceError) as error:
        connection.close()
        if not run.repeatable or run.attempt >= MOST_ATTEMPTS:
            log.exception("job.failed")
            _end(run, JobState.FAILED, error=_("The database could not be reached."))
            return
        with contextlib.suppress(OperationalError, InterfaceError):
            _end(run, JobState.QUEUED)
        raise JobInterrupted from error
    except Exception:
        log.exception("job.failed")
        text = _("Something unexpected happened. It is in the program's log under the number %(id)s.")
        _end(run, JobState.FAILED, error=text % {"id": run.id})
    else:
        _end(run, JobState.SUCCEEDED, result=result)


@contextlib.contextmanager
def _line(tenant_id: uuid.UUID) -> Iterator[BaseDatabaseWrapper]:
    """A connection of the run's own: its statements commit at once, its lock lasts as long as the process."""
    line = connections.create_connection("default")
    try:
        with line.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('zhiyin.tenant', %s, false), set_config('lock_timeout', '2s', false)",
                [str(tenant_id)],
            )
        yield line
    finally:
        line.close()


def _hold(line: BaseDatabaseWrapper, job_id: uuid.UUID) -> bool:
    with line.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(job_id)])
        return bool(cursor.fetchone()[0])


def lock_key(job_id: uuid.UUID) -> int:
    """The advisory lock that the process running a job holds."""
    return int.from_bytes(job_id.bytes[8:], "big", signed=True)


def _begin(job_id: uuid.UUID, tenant_id: uuid.UUID) -> tuple[Job, bool] | None:
    """The job, now running, and whether an earlier run of it was cut off; ``None`` when it has ended."""
    with scope(tenant_id):
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.is_finished:
            return None
        resumed = job.state == JobState.RUNNING
        job.state, job.started_at = JobState.RUNNING, timezone.now()
        job.attempts += 1
        if job.result is not None:
            job.state, job.finished_at = JobState.SUCCEEDED, job.started_at
        elif job.cancel_requested_at:
            job.state, job.finished_at = JobState.CANCELLED, job.started_at
        job.save(update_fields=["state", "started_at", "finished_at", "attempts"])
        realtime.notify(tenant_id, f"job:{job_id}", {"id": str(job_id), "state": job.state})
    log.info("job.started", kind=job.kind, attempt=job.attempts, resumed=resumed)
    return None if job.is_finished else (job, resumed)


def _end(run: JobRun, state: JobState, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    now = timezone.now()
    with run.scope():
        job = Job.objects.select_for_update().defer("arguments").get(pk=run.id)
        if job.result is not None:
            state, result, error = JobState.SUCCEEDED, job.result, ""
        job.state, job.result, job.error = state, result, error
        job.done, job.total, job.message = run.done, run.total, run.message
        job.finished_at = None if state == JobState.QUEUED else now
        job.save(
            update_fields=["state", "result", "error", "done", "total", "message", "finished_at"],
        )
        realtime.notify(run.tenant_id, f"job:{run.id}", {"id": str(run.id), "state": state})
        news.tell(run.tenant_id, run.id, job.created_by, state)
    seconds = round((now - run.now).total_seconds(), 3)
    log.info("job.ended", state=str(state), seconds=seconds)
