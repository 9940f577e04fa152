"""Sensitive values on a record: masks, a look at one, writing one; and the company's rules."""

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.fields.sensitive import LONGEST, may_be_marked, sensitive_fields
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import Masked
from zhiyin.platform.errors import NotFound
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

# seconds that a value stands on the page
SHOWN = 30


class SensitiveForm(forms.Form):
    value = forms.CharField(
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
        help_text=gettext_lazy("What is there now is not shown. Left empty, it is removed."),
    )


class SensitiveRulesForm(forms.Form):
    ask_reason = forms.BooleanField(
        label=gettext_lazy("Whoever looks at a sensitive value must say why"),
        required=False,
        help_text=gettext_lazy("The reason stands in the audit log beside who looked at what, and when."),
    )


def sensitive_parts(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What ``customers/_sensitive.html`` shows."""
    return {
        "sensitive": queries.sensitive_of(request.actor, customer.pk),
        **_row_parts(request),
    }


def _row_parts(request: HttpRequest) -> dict[str, Any]:
    may_reveal = request.actor.may("customers.reveal")
    return {
        "may_reveal": may_reveal,
        "ask_reason": may_reveal and queries.sensitive_rules().ask_reason,
        "shown_for": SHOWN,
    }


def _row(request: HttpRequest, customer_id: uuid.UUID, name: str) -> Masked:
    found = [each for each in queries.sensitive_of(request.actor, customer_id) if each.field.name == name]
    if not found:
        raise NotFound
    return found[0]


@page(permission="customers.view", quiet=True)
def mask(request: HttpRequest, customer_id: uuid.UUID, name: str) -> HttpResponse:
    """What a revealed value becomes again."""
    customer = access.customer(request.actor, customer_id)
    how_far = queries.standing_of(request.actor, customer)
    context = {
        "customer": customer,
        "row": _row(request, customer_id, name),
        "may_edit": request.actor.may("customers.edit") and how_far != "read",
        **_row_parts(request),
    }
    return render(request, "customers/_sensitive_row.html", context)


@require_POST
@page(permission="customers.reveal")
def reveal(request: HttpRequest, customer_id: uuid.UUID, name: str) -> HttpResponse:
    value = actions.reveal_sensitive(
        actor=request.actor,
        customer_id=customer_id,
        name=name,
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    context = {
        "customer": access.customer(request.actor, customer_id),
        "row": _row(request, customer_id, name),
        "value": value,
        "shown_for": SHOWN,
    }
    response = render(request, "customers/sensitive_shown.html", context, partial="value")
    response["Cache-Control"] = "no-store"
    # without scripts the whole page goes away again
    if not request.htmx:
        response["Refresh"] = f"{SHOWN};url={reverse('customers:record', args=[customer_id])}"
    return response


@page(permission="customers.edit")
def sensitive(request: HttpRequest, customer_id: uuid.UUID, name: str) -> HttpResponse:
    customer = access.customer(request.actor, customer_id, need="write")
    row = _row(request, customer_id, name)
    form = SensitiveForm(request.POST if request.method == "POST" else None)
    form.fields["value"].label = str(row.field.label)
    if form.is_valid():
        with refusals(form):
            kept = actions.set_sensitive(
                actor=request.actor,
                customer_id=customer_id,
                name=name,
                value=form.cleaned_data["value"],
                now=timezone.now(),
            )
            if kept:
                notify(request, _("Saved."), undo=reverse("customers:undo", args=[kept.pk]))
            return redirect("customers:record", customer_id)
    context = {"form": form, "customer": customer, "row": row}
    return render(request, "customers/sensitive.html", context)


@page(permission="settings.manage")
def rules(request: HttpRequest) -> HttpResponse:
    kept = queries.sensitive_rules()
    posted = request.POST if request.method == "POST" else None
    form = SensitiveRulesForm(posted, initial={"ask_reason": kept.ask_reason})
    if form.is_valid():
        with refusals(form):
            actions.change_sensitive_rules(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            notify(request, _("Saved."))
            return redirect("customers:sensitive_rules")
    context = {
        "form": form,
        "fields": [each.label for each in sensitive_fields(request.actor)],
        "own": [each for each in queries.all_fields(request.actor) if may_be_marked(each)],
        "may_unmark": request.actor.may("customers.sensitive"),
        "tabs": settings_tabs(request.actor, "customers:sensitive_rules"),
    }
    return render(request, "customers/sensitive_rules.html", context)


@require_POST
@page(permission="settings.manage")
def mark(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    actions.mark_sensitive(actor=request.actor, field_id=field_id, now=timezone.now())
    notify(request, _("Out of sight from now on. Its values are being encrypted."))
    return redirect("customers:sensitive_rules")


@require_POST
@page(permission="settings.manage")
def unmark(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    actions.unmark_sensitive(actor=request.actor, field_id=field_id, now=timezone.now())
    notify(request, _("Its values are being laid open."))
    return redirect("customers:sensitive_rules")
