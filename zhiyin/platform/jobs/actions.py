"""Start, cancel and retry a job."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import Conflict, NotFound, PermissionDenied
from zhiyin.platform.events import FilesExpired
from zhiyin.platform.jobs import news, queue
from zhiyin.platform.jobs.access import is_own, visible
from zhiyin.platform.jobs.events import JobCancelAsked, JobRetried, JobStarted
from zhiyin.platform.jobs.registry import find
from zhiyin.platform.jobs.snapshot import dump_actor
from zhiyin.platform.models import Job, StoredFile
from zhiyin.platform.record import record


def start(
    *,
    actor: Actor,
    kind: str,
    title: str,
    arguments: Mapping[str, Any] | None = None,
    now: datetime.datetime,
    foreground: bool = False,
) -> Job:
    """A new job, which a worker takes up once the transaction commits.

    With ``foreground`` no worker gets it; the caller runs it with ``run_now``.
    """
    if find(kind) is None:
        raise ValueError(f"no handler registered for jobs of kind {kind!r}")
    job = Job.objects.create(
        kind=kind,
        title=title[:200],
        arguments=dict(arguments or {}),
        actor=_dumped(actor),
        created_by=actor.member_id,
        created_by_name=actor.name,
        created_at=now,
    )
    if not foreground:
        queue.put(job, actor.tenant_id)
    news.tell(actor.tenant_id, job.id, job.created_by, job.state)
    record(JobStarted(job.id, kind), actor=actor, now=now, subject=("job", job.id))
    return job


def expire_files(*, actor: Actor, finished_before: datetime.datetime, now: datetime.datetime) -> int:
    """Remove the files that jobs brought before; how many."""
    actor.require("settings.manage")
    rows = Job.objects.filter(finished_at__lt=finished_before, result__has_key="file").order_by("pk")
    jobs = list(rows.select_for_update(no_key=True).defer("arguments"))
    if not jobs:
        return 0
    for each in jobs:
        result = dict(each.result or {})
        stored = StoredFile.objects.filter(pk=result.pop("file")).first()
        each.result = {**result, "expired_at": now}
        each.save(update_fields=["result"])
        if stored:
            files.delete(stored)
    record(FilesExpired("export", len(jobs)), actor=actor, now=now, changes={"files": [None, len(jobs)]})
    return len(jobs)


def cancel(*, actor: Actor, job_id: uuid.UUID, now: datetime.datetime) -> Job:
    """End a queued job now; ask a running one to end at its next step.

    Raises ``NotFound``, or ``Conflict`` when it has ended already.
    """
    job = _locked(actor, job_id)
    if job.is_finished:
        raise Conflict(_("This job has ended already."))
    job.cancel_requested_at = now
    if job.state == JobState.QUEUED:
        job.state, job.finished_at = JobState.CANCELLED, now
        queue.remove(job)
    job.save(update_fields=["cancel_requested_at", "state", "finished_at", "queue_id"])
    record(JobCancelAsked(job.id), actor=actor, now=now, subject=("job", job.id))
    queue.announce(job)
    return job


def retry(*, actor: Actor, job_id: uuid.UUID, now: datetime.datetime) -> Job:
    """Run a failed or cancelled job of one's own again from its start, with the rights one has now.

    Raises ``NotFound``, ``PermissionDenied``, or ``Conflict`` when it is still waiting or running, or did
    succeed.
    """
    job = _locked(actor, job_id)
    if not is_own(actor, job):
        raise PermissionDenied(_("Only who started a job can run it again."))
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise Conflict(_("Only a failed or cancelled job can be run again."))
    job.state, job.actor = JobState.QUEUED, _dumped(actor)
    job.error, job.message, job.done, job.total = "", "", 0, None
    job.cancel_requested_at = job.started_at = job.finished_at = None
    job.save()
    queue.put(job, actor.tenant_id)
    record(JobRetried(job.id), actor=actor, now=now, subject=("job", job.id))
    queue.announce(job)
    return job


def _dumped(actor: Actor) -> dict[str, Any]:
    return dump_actor(actor, get_language(), timezone.get_current_timezone_name())


def _locked(actor: Actor, job_id: uuid.UUID) -> Job:
    job = visible(actor).select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job
