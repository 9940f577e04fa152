"""A person's jobs: what runs, what it brought, cancel and try again."""

import uuid

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from zhiyin.platform import files, jobs
from zhiyin.platform.choices import JobState
from zhiyin.platform.paging import keyset
from zhiyin.web.http import HttpRequest, page, render

UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


@page()
def job_list(request: HttpRequest) -> HttpResponse:
    """The newest first; the first page keeps itself up to date."""
    after = request.GET.get("after", "")
    shown = keyset(jobs.visible(request.actor), order=["-id"], after=after, limit=20)
    sees_all = request.actor.may("jobs.view_all")
    topic = "" if after else "jobs" if sees_all else f"member:{request.actor.member_id}"
    return render(request, "jobs/list.html", {"page": shown, "topic": topic}, partial="list")


@page(quiet=True)
def running(request: HttpRequest) -> HttpResponse:
    """The top bar's sign that something is under way."""
    own = jobs.visible(request.actor).filter(created_by=request.actor.member_id, state__in=UNFINISHED)
    return render(request, "jobs/running.html", {"count": own.count()})


@page()
def card(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """One job's progress; tells the page (``job-finished``) when there is no more to wait for."""
    return _card(request, jobs.get(request.actor, job_id))


@page()
def result_file(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """The file that a job wrote, for who started it."""
    return files.download(jobs.result_file(request.actor, job_id))


@require_POST
@page()
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _card(request, jobs.cancel(actor=request.actor, job_id=job_id, now=timezone.now()))


@require_POST
@page()
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _card(request, jobs.retry(actor=request.actor, job_id=job_id, now=timezone.now()))


def _card(request: HttpRequest, job: jobs.Job) -> HttpResponse:
    if not request.htmx:
        return redirect("jobs:list")
    response = render(request, "jobs/card.html", {"job": job})
    return (
        trigger_client_event(response, "job-finished", {"id": str(job.id)}) if job.is_finished else response
    )
