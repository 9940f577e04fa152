"""Restricting a customer, whose data are only kept then, and ending it."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions
from zhiyin.web.http import HttpRequest, notify, page


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500)


@require_POST
@page(permission="customers.requests")
def restrict(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        _restrict(request, customer_id, form.cleaned_data["reason"])
    else:
        notify(request, _("Say why."), level=messages.ERROR)
    return redirect(_consent(customer_id))


@require_POST
@page(permission="customers.requests")
def end(request: HttpRequest, customer_id: uuid.UUID, restriction_id: uuid.UUID) -> HttpResponse:
    actions.end_restriction(
        actor=request.actor, customer_id=customer_id, restriction_id=restriction_id, now=timezone.now()
    )
    undo = reverse("customers:restrict_again", args=[customer_id, restriction_id])
    notify(request, _("The restriction is ended."), undo=undo)
    return redirect(_consent(customer_id))


@require_POST
@page(permission="customers.requests")
def restrict_again(request: HttpRequest, customer_id: uuid.UUID, restriction_id: uuid.UUID) -> HttpResponse:
    """Anew, for the same reason."""
    _restrict(request, customer_id, access.restriction(request.actor, customer_id, restriction_id).reason)
    return redirect(_consent(customer_id))


def _restrict(request: HttpRequest, customer_id: uuid.UUID, reason: str) -> None:
    made = actions.restrict_customer(
        actor=request.actor, customer_id=customer_id, reason=reason, now=timezone.now()
    )
    undo = reverse("customers:end_restriction", args=[customer_id, made.pk])
    notify(request, _("Restricted: the data of this customer are only kept."), undo=undo)


def _consent(customer_id: uuid.UUID) -> str:
    return f"{reverse('customers:record', args=[customer_id])}?tab=consents"
