"""One's own calendar kept the same as one on another server."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.activities import actions, queries
from zhiyin.web.activities.feeds import program_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class ConnectionForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Of the server or of one calendar, as its provider names it for CalDAV."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    username = forms.CharField(
        label=gettext_lazy("User"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        strip=False,
        help_text=gettext_lazy("Best one for this program alone; it is kept encrypted."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@page(permission="activities.view")
def connection(request: HttpRequest) -> HttpResponse:
    """How it stands, and the form by which a calendar is connected or given a new password."""
    told = _told(request)
    row = told["connected"].connection if told["connected"] else None
    initial = {"url": row.url, "username": row.username} if row else {}
    form = ConnectionForm(request.POST or None, initial=initial)
    if request.method == "POST":
        request.actor.require("activities.edit")
        if form.is_valid():
            with refusals(form):
                actions.connect_calendar(actor=request.actor, now=timezone.now(), **form.cleaned_data)
                return redirect("activities:calendar_connection")
    context = {**told, "form": form, "tabs": program_tabs("calendar_connection")}
    return render(request, "activities/connection.html", context)


@page(permission="activities.view", quiet=True)
def state(request: HttpRequest) -> HttpResponse:
    """How it stands, asked again while it is under way."""
    return render(request, "activities/_connection.html", _told(request))


@require_POST
@page(permission="activities.edit")
def choose(request: HttpRequest) -> HttpResponse:
    actions.choose_calendar(
        actor=request.actor, calendar_url=request.POST.get("calendar_url", ""), now=timezone.now()
    )
    return redirect("activities:calendar_connection")


@require_POST
@page(permission="activities.edit")
def sync(request: HttpRequest) -> HttpResponse:
    actions.sync_calendar(actor=request.actor, now=timezone.now())
    return redirect("activities:calendar_connection")


@require_POST
@page(permission="activities.view")
def end(request: HttpRequest) -> HttpResponse:
    actions.end_connection(actor=request.actor, now=timezone.now())
    notify(request, _("The calendar is let go. What is in either of them stays there."))
    return redirect("activities:calendar_connection")


def _told(request: HttpRequest) -> dict[str, Any]:
    return {
        "connected": queries.connected(request.actor, timezone.now()),
        "may_edit": request.actor.may("activities.edit") and request.actor.member_id is not None,
    }
