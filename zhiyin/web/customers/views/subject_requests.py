"""What people ask about the data that is kept of them: the register, one request, noting another."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import RequestKind
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import Customer, SubjectRequest
from zhiyin.customers.models.subject_request import SOON
from zhiyin.platform import files
from zhiyin.platform.models import Job
from zhiyin.web.customers.request_forms import AnswerForm, HandlingForm, RequestForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


def requests_part(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the record says of a customer's requests, and to who answers them of restrictions."""
    may_answer = request.actor.may("customers.requests")
    return {
        "subject_requests": queries.requests_of(customer.pk),
        "answers_requests": may_answer,
        "restrictions": queries.restrictions_of(customer.pk) if may_answer else None,
        **_days(),
    }


def _days() -> dict[str, datetime.date]:
    """From when a request is overdue, and until when it is due soon."""
    today = timezone.localdate()
    return {"today": today, "soon": today + SOON}


@page(permission="customers.requests")
def subject_requests(request: HttpRequest) -> HttpResponse:
    answered, kind = request.GET.get("answered") == "1", request.GET.get("kind", "")
    kind = kind if kind in RequestKind.values else ""
    token = request.GET.get("after") or request.GET.get("before") or ""
    context = {
        "page": queries.subject_requests(request.actor, answered=answered, kind=kind, after=token),
        "due": queries.due_requests(request.actor, timezone.localdate()),
        "answered": answered,
        "kind": kind,
        "kinds": RequestKind.choices,
        **_days(),
        "days": request.tenant.days_to_answer,
    }
    return render(request, "customers/subject_requests.html", context)


@page(permission="customers.edit")
def receive(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Write down what a customer asks."""
    customer = access.customer(request.actor, customer_id, need="write")
    initial = {"received_on": timezone.localdate(), "kind": request.GET.get("kind", RequestKind.ACCESS)}
    form = RequestForm(queries.purposes(), request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            made = actions.receive_subject_request(
                actor=request.actor, customer_id=customer_id, rules=form.rules(), now=timezone.now()
            )
            notify(request, _("The request is noted."))
            if request.actor.may("customers.requests"):
                return redirect("customers:subject_request", made.pk)
            return redirect(f"{reverse('customers:record', args=[customer_id])}?tab=consents")
    context = {
        "form": form,
        "customer": veiled_customer(request.actor, customer),
        "days": request.tenant.days_to_answer,
    }
    return render(request, "customers/subject_request_form.html", context)


@page(permission="customers.requests")
def subject_request(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    found = access.subject_request(request.actor, request_id)
    return _page(request, found)


@require_POST
@page(permission="customers.requests")
def change(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Who answers it, until when."""
    found = access.subject_request(request.actor, request_id)
    form = HandlingForm(queries.colleagues(), request.POST)
    if form.is_valid():
        with refusals(form):
            actions.change_subject_request(
                actor=request.actor,
                request_id=request_id,
                handler_id=form.cleaned_data["handler"],
                due_on=form.cleaned_data["due_on"],
                note=form.cleaned_data["note"],
                version=request.POST.get("version"),
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:subject_request", request_id)
    return _page(request, found, handling=form)


@require_POST
@page(permission="customers.requests")
def answer(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """End it."""
    found = access.subject_request(request.actor, request_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        with refusals(form):
            actions.answer_subject_request(
                actor=request.actor,
                request_id=request_id,
                state=form.cleaned_data["state"],
                answer=form.cleaned_data["answer"],
                version=request.POST.get("version"),
                now=timezone.now(),
            )
            undo = reverse("customers:reopen_subject_request", args=[request_id])
            notify(request, _("The request is answered."), undo=undo)
            return redirect("customers:subject_request", request_id)
    return _page(request, found, answering=form)


@require_POST
@page(permission="customers.requests")
def reopen(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    actions.reopen_subject_request(actor=request.actor, request_id=request_id, now=timezone.now())
    notify(request, _("The request is open again."), level=messages.INFO)
    return redirect("customers:subject_request", request_id)


@require_POST
@page(permission="customers.export")
def pack(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Make the copy that somebody asked for."""
    actions.pack_subject_request(actor=request.actor, request_id=request_id, now=timezone.now())
    return redirect("customers:subject_request", request_id)


@page(permission="customers.export")
def package(request: HttpRequest, request_id: uuid.UUID) -> HttpResponseBase:
    stored = actions.open_subject_package(actor=request.actor, request_id=request_id, now=timezone.now())
    return files.download(stored)


def _page(
    request: HttpRequest,
    found: SubjectRequest,
    *,
    handling: HandlingForm | None = None,
    answering: AnswerForm | None = None,
) -> HttpResponse:
    job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
    told = {"handler": found.handler_id, "due_on": found.due_on, "note": found.note}
    context = {
        "found": found,
        "customer": veiled_customer(request.actor, found.customer) if found.customer else None,
        "form": answering or handling,
        "handling": handling or HandlingForm(queries.colleagues(), initial=told),
        "answering": answering or AnswerForm(initial={"answer": found.answer}),
        **_days(),
        "may_pack": request.actor.may("customers.export"),
        "job": job,
        "packing": job is not None and not job.is_finished,
        "has_file": found.file and found.file_ends_at and found.file_ends_at > timezone.now(),
        "restriction": access.restricted().filter(customer=found.customer_id).first(),
        "erasure": _erasure(request, found),
    }
    return render(request, "customers/subject_request.html", context)


def _erasure(request: HttpRequest, found: SubjectRequest) -> str:
    """Where the person is erased, for who may."""
    may = found.kind == RequestKind.ERASURE and found.customer_id and request.actor.may("customers.erase")
    return reverse("customers:erasure", args=[found.customer_id]) if may else ""
