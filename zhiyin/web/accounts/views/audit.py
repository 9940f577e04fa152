"""The audit log: who did what, and whether the log is as it was sealed."""

import datetime
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from zhiyin.accounts import queries
from zhiyin.customers.queries import require_whole
from zhiyin.platform import jobs
from zhiyin.platform.actions import check_audit_log, make_checkpoint
from zhiyin.platform.audit import check, checkpoints, signing, verify
from zhiyin.platform.errors import Conflict
from zhiyin.platform.models import AuditCheckpoint
from zhiyin.platform.times import midnight
from zhiyin.web.accounts.audit import labels, problem, told
from zhiyin.web.accounts.views.common import now, settings_page
from zhiyin.web.http import HttpRequest, notify, page, render

MOST_CHANGES = 4


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
        "rows": told(found.rows, actor=request.actor, most=MOST_CHANGES),
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


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A kept checkpoint; ``before`` is the size of the one before it, where the page shows that."""

    size: int
    root: str
    at: datetime.datetime | None
    before: int | None


@page(permission="audit.view")
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    """The checkpoints that were signed, and signing another."""
    if request.method == "POST":
        try:
            made = make_checkpoint(actor=request.actor, now=now())
        except Conflict as error:
            notify(request, str(error.message), level=messages.ERROR)
        else:
            notify(request, _("The log is signed as far as entry %s.") % made.size)
        return redirect("accounts:checkpoints")
    found = queries.audit_checkpoints(actor=request.actor, after=request.GET.get("after", ""))
    origin = verify.origin_of(str(request.actor.tenant_id))
    context = {"page": found, "rows": list(_rows(found.rows)), "key": signing.verifier_key(origin)}
    return settings_page(request, "accounts:audit", "checkpoints.html", context)


def _rows(found: list[AuditCheckpoint]) -> Iterator[CheckpointRow]:
    for kept, before in itertools.zip_longest(found, found[1:]):
        point = checkpoints.read(kept)
        yield CheckpointRow(
            kept.size, point.root.hex(), parse_datetime(point.time), before.size if before else None
        )


@page(permission="audit.view")
def checkpoint(request: HttpRequest, size: int) -> HttpResponse:
    """One checkpoint as it is handed out."""
    note = queries.audit_checkpoint(actor=request.actor, size=size).note
    return _download(HttpResponse(note, content_type="text/plain; charset=utf-8"), f"checkpoint-{size}.txt")


@page(permission="audit.view")
def growth(request: HttpRequest, old_size: int, size: int) -> HttpResponse:
    """The proof that the log of one checkpoint begins with that of an earlier one."""
    found = queries.audit_growth(actor=request.actor, old_size=old_size, size=size)
    return _download(JsonResponse(found), f"growth-{old_size}-{size}.json")


@page(permission="audit.view")
def proof(request: HttpRequest, entry_id: uuid.UUID) -> HttpResponse:
    """The proof that an entry is in the log."""
    found = queries.audit_proof(actor=request.actor, entry_id=entry_id)
    require_whole(request.actor, found["entry"])
    return _download(JsonResponse(found), f"entry-{found['sequence']}.json")


@page(permission="audit.view")
def verifier(_request: HttpRequest) -> HttpResponse:
    """The file that checks all of it without zhiyin."""
    return _download(
        HttpResponse(Path(verify.__file__).read_bytes(), content_type="text/x-python"), "verify.py"
    )


def _download(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
