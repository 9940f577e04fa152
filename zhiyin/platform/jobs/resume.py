"""Finds jobs whose process is gone. A process that runs a job holds the job's advisory lock until it ends."""

import datetime
import uuid

import structlog
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app
from procrastinate.sql import queries

from zhiyin.platform import realtime
from zhiyin.platform.choices import JobState
from zhiyin.platform.jobs import queue
from zhiyin.platform.jobs.run import lock_key
from zhiyin.platform.models import Job
from zhiyin.platform.tenancy import scope

log = structlog.get_logger("zhiyin.jobs")


def sweep(*, stalled_seconds: float) -> None:
    """Queue again what a dead worker was doing; mark failed what a dead command was doing."""
    for tenant_id, job_id in _running():
        _take_up(tenant_id, job_id)
    _requeue_stalled(stalled_seconds)


def _running() -> list[tuple[uuid.UUID, uuid.UUID]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant, job FROM jobs_running()")
        return list(cursor.fetchall())


def _take_up(tenant_id: uuid.UUID, job_id: uuid.UUID) -> None:
    with scope(tenant_id):
        running = Job.objects.filter(pk=job_id, state=JobState.RUNNING)
        job = running.select_for_update(skip_locked=True).first()
        if job is None or not _abandoned(job_id):
            return
        log.warning("job.abandoned", tenant_id=str(tenant_id), job_id=str(job_id))
        if job.queue_id is not None and _queued_again(job.queue_id):
            return
        with override(job.actor.get("language")):
            job.error = _("The program ended before the job did.")
        job.state, job.finished_at = JobState.FAILED, timezone.now()
        job.save(update_fields=["state", "error", "finished_at"])
        realtime.notify(tenant_id, f"job:{job_id}", queue.state_of(job))


def _abandoned(job_id: uuid.UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(job_id)])
        return bool(cursor.fetchone()[0])


def _queued_again(queue_id: int) -> bool:
    """Put a job that was being done back into the queue; false when the queue no longer has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s FOR UPDATE", [queue_id])
        row = cursor.fetchone()
    if row is None:
        return False
    if row[0] == "doing":
        app.job_manager.retry_job_by_id(queue_id, retry_at=timezone.now())
    return True


def _requeue_stalled(seconds: float) -> None:
    """What a worker had fetched and not begun, or did by the clock, when it died."""
    sync = app.connector.get_sync_connector()
    stalled = sync.execute_query_all(
        query=queries["select_stalled_jobs_by_heartbeat"],
        queue=None,
        task_name=None,
        seconds_since_heartbeat=seconds,
    )
    for row in stalled:
        if row["task_name"] == queue.TASK:
            app.job_manager.retry_job_by_id(
                row["id"], retry_at=timezone.now() + datetime.timedelta(seconds=1)
            )
        else:
            sync.execute_query(
                query=queries["finish_job"], job_id=row["id"], status="failed", delete_job=True
            )
