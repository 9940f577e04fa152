"""Rates of exchange."""

import uuid
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.commerce import actions, queries
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class RatesForm(forms.Form):
    rates = forms.CharField(
        label=later("Rates"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "EUR 2026-11-20 7.81"}),
        help_text=later(
            "One a line: currency, day, and what one unit is worth. A rate of the same day is written over."
        ),
    )


@page(permission="settings.manage")
def rates(request: HttpRequest) -> HttpResponse:
    form = RatesForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            given = actions.read_rates(form.cleaned_data["rates"])
            count = actions.set_rates(actor=request.actor, rates=given, now=timezone.now())
            notify(request, ngettext("%d rate is new.", "%d rates are new.", count) % count)
            return redirect("commerce:rates")
    context = {
        "tabs": settings_tabs(request.actor, "commerce:rates"),
        "form": form,
        "page": queries.list_rates(after=request.GET.get("after", "")),
        "currency": request.tenant.currency,
    }
    return render(request, "commerce/rates.html", context, status=422 if form.errors else 200)


@require_POST
@page(permission="settings.manage")
def remove(request: HttpRequest, rate_id: uuid.UUID) -> HttpResponse:
    gone = actions.remove_rate(actor=request.actor, rate_id=rate_id, now=timezone.now())
    again = urlencode({"rates": f"{gone.currency} {gone.day} {gone.rate}"})
    notify(request, _("The rate is gone."), undo=f"{reverse('commerce:restore_rate')}?{again}")
    return redirect("commerce:rates")


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest) -> HttpResponse:
    """Write down again what the address says."""
    given = actions.read_rates(request.GET.get("rates", ""))
    actions.set_rates(actor=request.actor, rates=given, now=timezone.now())
    notify(request, _("The rate is there again."))
    return redirect("commerce:rates")
