"""One appointment: arranged, changed, moved, called off and answered."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.activities import access, actions, queries
from zhiyin.activities.choices import Answer, Which
from zhiyin.activities.models import Appointment
from zhiyin.web.activities import typed, whom
from zhiyin.web.activities.appointment_forms import AppointmentForm, initial_of
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@page(permission="activities.edit")
def create(request: HttpRequest) -> HttpResponse:
    asked = [whom.named(request, each) for each in request.GET.getlist("customer")]
    with_whom = whom.whom(request, asked)
    draft = whom.is_draft(request)
    initial = whom.typed_so_far(request, with_whom) if draft else _first_values(request, with_whom.met)
    form = AppointmentForm(
        request.POST if request.method == "POST" and not draft else None,
        owner=request.actor.member_id,
        met=with_whom.met,
        series=False,
        initial=initial,
    )
    context = {"form": form, "may_edit": True, **with_whom.context(request)}
    if draft:
        return whom.answered(request, context)
    if form.is_valid():
        with refusals(form):
            done = actions.create_appointment(actor=request.actor, now=timezone.now(), **form.values())
            notify(request, _("The appointment is arranged."), undo=_undo(done))
            return redirect(_calendar(done.appointment.starts_at))
    return render(request, "activities/appointment.html", context)


def _first_values(request: HttpRequest, met: whom.Named) -> dict[str, Any]:
    on = typed.day(request.GET.get("on", "")) or timezone.localdate()
    hour = (timezone.localtime().hour + 1) % 24 if on == timezone.localdate() else 9
    starts = datetime.datetime.combine(on, typed.time(request.GET.get("at", "")) or datetime.time(hour))
    return {
        "starts": starts,
        "ends": starts + datetime.timedelta(hours=1),
        "zone": request.tenant.time_zone,
        "customers": [key for key, _name in met],
        "remind_minutes": 10,
    }


@page(permission="activities.view")
def change(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        request.actor.require("activities.edit")
    row = access.appointment(
        request.actor, appointment_id, need="write" if request.method == "POST" else "read"
    )
    told = queries.appointment_row(request.actor, appointment_id)
    at = typed.moment(request.GET.get("at", ""))
    start = queries.occurrence_at(row, at)
    may_edit = (
        request.actor.may("activities.edit")
        and access.appointments(request.actor, need="write").filter(pk=row.pk).exists()
    )
    hidden = _("hidden")
    known = [
        (str(each["customer_id"]), each["name"] or hidden)
        for each in told["participants"]
        if each["customer_id"]
    ]
    with_whom = whom.whom(request, known)
    draft = whom.is_draft(request)
    initial = (
        whom.typed_so_far(request, with_whom)
        if draft
        else _values(row, told["participants"], start, with_whom.met)
    )
    form = AppointmentForm(
        request.POST if request.method == "POST" and not draft else None,
        owner=row.owner_id,
        met=with_whom.met,
        series=bool(row.rule),
        initial=initial,
    )
    if request.method == "POST" and not draft and form.is_valid():
        with refusals(form):
            done = actions.change_appointment(
                actor=request.actor,
                appointment_id=row.pk,
                changes=form.values(),
                which=form.cleaned_data.get("which") or Which.ALL,
                original_start=start if row.rule else None,
                version=request.POST.get("version"),
                now=timezone.now(),
            )
            notify(request, _("Saved."), undo=_undo(done))
            return redirect(_calendar(done.appointment.starts_at))
    context = {
        "form": form,
        "row": row,
        "start": start,
        "at": start.isoformat() if row.rule else "",
        "participants": [{**each, "label": Answer(each["answer"]).label} for each in told["participants"]],
        "may_edit": may_edit,
        "may_answer": request.actor.may("activities.edit")
        and any(each["member_id"] == request.actor.member_id for each in told["participants"]),
        "series": bool(row.rule),
        "whiches": Which.choices,
        **with_whom.context(request),
    }
    if draft:
        return whom.answered(request, context)
    return render(request, "activities/appointment.html", context)


def _values(
    row: Appointment, people: Sequence[dict[str, Any]], start: datetime.datetime, met: whom.Named
) -> dict[str, Any]:
    return {
        **initial_of(row, start),
        "members": [str(each["member_id"]) for each in people if each["member_id"]],
        "customers": [key for key, _name in met],
    }


@require_POST
@page(permission="activities.edit")
def move(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Dragged or moved by key: by days and minutes."""
    done = actions.move_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        days=typed.number(request.POST.get("days", "0")),
        minutes=typed.number(request.POST.get("minutes", "0")),
        which=request.POST.get("which", Which.ONE),
        original_start=typed.moment(request.POST.get("at", "")),
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    row = done.appointment
    told = date_format(timezone.localtime(row.starts_at), "DATE_FORMAT" if row.all_day else "DATETIME_FORMAT")
    notify(
        request, _("“%(title)s” is on %(when)s now.") % {"title": row.title, "when": told}, undo=_undo(done)
    )
    return _back(request)


@require_POST
@page(permission="activities.edit")
def remove(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    done = actions.remove_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        which=request.POST.get("which", Which.ALL),
        original_start=typed.moment(request.POST.get("at", "")),
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("The appointment is called off."), undo=_undo(done))
    return redirect("activities:calendar")


@require_POST
@page(permission="activities.edit")
def answer(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Whether one comes, or what a customer said about it."""
    actions.answer_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        answer=request.POST.get("answer", ""),
        customer_id=typed.key(request.POST.get("customer", "")),
        now=timezone.now(),
    )
    notify(request, _("Saved."))
    return redirect("activities:appointment", appointment_id)


@require_POST
@page(permission="activities.edit")
def undo(request: HttpRequest, undo_id: uuid.UUID) -> HttpResponse:
    actions.undo_appointment(actor=request.actor, undo_id=undo_id, now=timezone.now())
    notify(request, _("Undone."))
    return _back(request)


def _undo(done: actions.Done) -> str | None:
    return reverse("activities:undo_appointment", args=[done.undo_id]) if done.undo_id else None


def _calendar(moment: datetime.datetime) -> str:
    return f"{reverse('activities:calendar')}?on={timezone.localtime(moment).date().isoformat()}"


def _back(request: HttpRequest) -> HttpResponse:
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if ours and "/calendar/" in came_from else "activities:calendar")
