"""Operations on jobs: one's own, and everybody's with ``jobs.view_all``.

A token's own are those that tokens of its member started with no permission which it lacks.
"""

import uuid
from typing import Any

from django.http import FileResponse

from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.platform import files, jobs
from zhiyin.platform.paging import keyset

routes = Routes("jobs")


@routes.get("/jobs/", permission=None, response=PageOut[JobOut])
def list_jobs(request: Request, after: str = "", limit: int = 50) -> dict[str, Any]:
    """Jobs, newest first: those that tokens like this one started, or all with ``jobs.view_all``."""
    return page_out(keyset(jobs.visible(request.actor), order=["-id"], after=after, limit=limit))


@routes.get("/jobs/{uuid:job_id}/", permission=None, response=JobOut)
def get_job(request: Request, job_id: uuid.UUID) -> jobs.Job:
    """One job: how far it is, and its result once it has ended."""
    return jobs.get(request.actor, job_id)


@routes.get("/jobs/{uuid:job_id}/file/", permission=None, response=str)
def get_job_file(request: Request, job_id: uuid.UUID) -> FileResponse:
    """The file that a job wrote, for who started it."""
    return files.download(jobs.result_file(request.actor, job_id))


@routes.post("/jobs/{uuid:job_id}/cancel/", permission=None, response=JobOut)
def cancel_job(request: Request, job_id: uuid.UUID) -> jobs.Job:
    """End a waiting job at once; ask a running one to end at its next step."""
    return jobs.cancel(actor=request.actor, job_id=job_id, now=now())


@routes.post("/jobs/{uuid:job_id}/retry/", permission=None, response=JobOut)
def retry_job(request: Request, job_id: uuid.UUID) -> jobs.Job:
    """Run a failed or cancelled job of one's own again from its start, with the rights one has now."""
    return jobs.retry(actor=request.actor, job_id=job_id, now=now())
