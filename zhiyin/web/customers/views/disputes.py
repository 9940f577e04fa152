"""Disputes: those that concern me, one of them, and opening another."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions.disputes import RULED
from zhiyin.customers.choices import Ruling
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class DisputeForm(forms.Form):
    asked = forms.CharField(
        label=gettext_lazy("Code, telephone number or e-mail of the customer"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As a whole: whom you do not see is found by nothing less."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it is yours"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    evidence = forms.CharField(
        label=gettext_lazy("What shows it"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Talks with dates, contracts, messages, who can tell of it."),
    )


class RulingForm(forms.Form):
    ruling = forms.ChoiceField(
        label=gettext_lazy("Ruling"), choices=[each for each in Ruling.choices if each[0] in RULED]
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


@page(permission="customers.edit")
def disputes(request: HttpRequest) -> HttpResponse:
    decided = request.GET.get("decided") == "1"
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.disputes(request.actor, decided=decided, after=token)
    seen = access.customers(request.actor).filter(pk__in=[each.customer_id for each in found.rows])
    context = {
        "page": found,
        "seen": set(seen.values_list("pk", flat=True)),
        "decided": decided,
        "tabs": owning_tabs(request, "customers:disputes"),
    }
    return render(request, "customers/disputes.html", context)


@page(permission="customers.edit")
def open_dispute(request: HttpRequest) -> HttpResponse:
    """Say that another's customer is mine: one that I see, or that I can name."""
    customer = _asked(request)
    form = DisputeForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            made = actions.open_dispute(
                actor=request.actor,
                customer_id=customer.pk if customer else None,
                **form.cleaned_data,
                now=timezone.now(),
            )
            notify(request, _("The owner is asked."))
            return redirect("customers:dispute", made.pk)
    return render(request, "customers/dispute_form.html", {"form": form, "customer": customer})


def _asked(request: HttpRequest) -> Customer | None:
    text = request.POST.get("customer") or request.GET.get("customer", "")
    if not text:
        return None
    try:
        return access.customer(request.actor, uuid.UUID(text))
    except ValueError as error:
        raise Invalid(field="customer") from error


@page(permission="customers.edit")
def dispute(request: HttpRequest, dispute_id: uuid.UUID) -> HttpResponse:
    found = access.dispute(request.actor, dispute_id)
    context: dict[str, Any] = {
        "dispute": found,
        "part": queries.part_in(request.actor, found),
        "form": RulingForm(),
        "is_open": found.ruling == Ruling.OPEN,
    }
    return render(request, "customers/dispute.html", context)


@require_POST
@page(permission="customers.edit")
def answer(request: HttpRequest, dispute_id: uuid.UUID) -> HttpResponse:
    said = request.POST.get("answer", "")
    try:
        actions.answer_dispute(actor=request.actor, dispute_id=dispute_id, answer=said, now=timezone.now())
    except (Conflict, Invalid) as refusal:
        notify(request, refusal.message, level=messages.ERROR)
    else:
        notify(request, _("Your answer is there."))
    return redirect("customers:dispute", dispute_id)


@require_POST
@page(permission="customers.edit")
def withdraw(request: HttpRequest, dispute_id: uuid.UUID) -> HttpResponse:
    try:
        actions.withdraw_dispute(actor=request.actor, dispute_id=dispute_id, now=timezone.now())
    except Conflict as refusal:
        notify(request, refusal.message, level=messages.ERROR)
    else:
        notify(request, _("The dispute is over. The customer stays with its owner."))
    return redirect("customers:disputes")


@require_POST
@page(permission="pools.manage")
def decide(request: HttpRequest, dispute_id: uuid.UUID) -> HttpResponse:
    try:
        actions.decide_dispute(
            actor=request.actor,
            dispute_id=dispute_id,
            ruling=request.POST.get("ruling", ""),
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except (Conflict, Invalid) as refusal:
        notify(request, refusal.message, level=messages.ERROR)
    else:
        notify(request, _("It is decided, and both are told."))
    return redirect("customers:dispute", dispute_id)
