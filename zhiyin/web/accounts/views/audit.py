"""The audit log: who did what, and whether the log is as it was sealed."""

import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date

from zhiyin.accounts import queries
from zhiyin.platform import jobs
from zhiyin.platform.actions import check_audit_log
from zhiyin.platform.audit import check
from zhiyin.platform.times import midnight
from zhiyin.web.accounts.audit import described, labels, problem
from zhiyin.web.accounts.views.common import now, settings_page
from zhiyin.web.http import HttpRequest, page, render


@page(permission="audit.view")
def audit(request: HttpRequest) -> HttpResponse:
    """Who did what, filtered, with how far the log is sealed."""
    asked = request.GET
    found = queries.audit_entries(
        actor=request.actor,
        search=asked.get("q", ""),
        action=asked.get("action", ""),
        since=_beginning(asked.get("since")),
        until=_beginning(asked.get("until"), days=1),
        after=asked.get("after", ""),
    )
    context = {
        "page": found,
        "rows": [(entry, described(entry)) for entry in found.rows],
        "actions": labels(),
        "state": queries.audit_state(actor=request.actor),
        "asked": asked,
        **_check(request),
    }
    return settings_page(request, "accounts:audit", "audit.html", context, partial="list")


@page(permission="audit.view")
def check_audit(request: HttpRequest) -> HttpResponse:
    """Begin to compute the log anew, as a job; asked, say how far it is or what came of the last check."""
    if request.method == "POST":
        check_audit_log(actor=request.actor, now=now())
        if not request.htmx:
            return redirect("accounts:audit")
    return render(request, "accounts/settings/audit_check.html", _check(request))


def _check(request: HttpRequest) -> dict[str, Any]:
    """The last check; ``watched`` when this person may see its job."""
    job = check.latest()
    watched = bool(job and jobs.visible(request.actor).filter(pk=job.pk).exists())
    found = (job.result or {}).get("problems", []) if job else []
    return {"check": job, "watched": watched, "problems": [problem(each) for each in found]}


def _beginning(text: str | None, *, days: int = 0) -> datetime.datetime | None:
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return midnight(day, days=days) if day else None
