"""The queue beneath the jobs: one procrastinate task, put in by the job's own transaction."""

import datetime
import uuid
from typing import Any

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job as QueuedJob

from zhiyin.platform import realtime
from zhiyin.platform.jobs import news
from zhiyin.platform.jobs.run import JobInterrupted, execute
from zhiyin.platform.models import Job

QUEUE = "jobs"
TASK = "zhiyin.job"
RESUME_AFTER = datetime.timedelta(seconds=2)


class _AgainWhenInterrupted(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        del job
        if isinstance(exception, JobInterrupted):
            return RetryDecision(retry_at=timezone.now() + RESUME_AFTER)
        return None


@app.task(name=TASK, queue=QUEUE, retry=_AgainWhenInterrupted())
def run_job(*, job_id: str, tenant_id: str) -> None:
    execute(uuid.UUID(job_id), uuid.UUID(tenant_id))


def put(job: Job, tenant_id: uuid.UUID) -> None:
    """Queue a job; a worker sees it once the transaction commits."""
    job.queue_id = run_job.defer(job_id=str(job.id), tenant_id=str(tenant_id))
    job.save(update_fields=["queue_id"])


def remove(job: Job) -> None:
    """Take a job that has not begun out of the queue."""
    if job.queue_id is not None:
        app.job_manager.cancel_job_by_id(job.queue_id, delete_job=True)
        job.queue_id = None


def announce(job: Job) -> None:
    """Tell the pages that watch this job how it stands."""
    realtime.notify(job.tenant_id, f"job:{job.id}", state_of(job))
    news.tell(job.tenant_id, job.id, job.created_by, job.state)


def state_of(job: Job) -> dict[str, Any]:
    """What a watching page needs."""
    return {
        "id": str(job.id),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "percent": job.percent,
        "message": job.message,
    }
