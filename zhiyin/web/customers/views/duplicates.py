"""Customers who may be one: the queue to be reviewed, and its rules."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.customers.choices import Verdict
from zhiyin.platform.errors import Invalid
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class RulesForm(forms.Form):
    automatic = forms.BooleanField(
        required=False,
        label=gettext_lazy("Merge without review"),
        help_text=gettext_lazy(
            "Only pairs that reach the precision below, and only once people have decided on 30 such pairs "
            "and were right to merge as often as that."
        ),
    )
    precision = forms.FloatField(
        min_value=0.9,
        max_value=0.99999,
        label=gettext_lazy("Precision"),
        help_text=gettext_lazy("Share of the merges that shall be right, such as 0.999."),
    )
    tell_others = forms.BooleanField(
        required=False,
        label=gettext_lazy("Say at entry that a colleague has somebody like this"),
        help_text=gettext_lazy("Who it is and whose stays untold."),
    )


@page(permission="customers.view")
def duplicates(request: HttpRequest) -> HttpResponse:
    verdict = request.GET.get("show", Verdict.OPEN)
    if verdict not in (Verdict.OPEN, Verdict.LATER, Verdict.DIFFERENT):
        raise Invalid(field="show")
    found = queries.suspects(request.actor, verdict=verdict, after=request.GET.get("after", ""))
    groups = queries.together(request.actor, found.rows)
    people = queries.named(
        request.actor, [key for each in found.rows for key in (each.one_id, each.other_id)]
    )
    rows = [
        {
            "pair": each,
            "one": people[each.one_id],
            "other": people[each.other_id],
            "evidence": queries.evidence(each),
            "more": len(groups[each.pk]) - 2,
            "query": urlencode({"ids": [str(key) for key in groups[each.pk]]}, doseq=True),
        }
        for each in found.rows
    ]
    labels = [
        (Verdict.OPEN, _("To decide")),
        (Verdict.LATER, _("Later")),
        (Verdict.DIFFERENT, _("Not the same")),
    ]
    context = {
        "page": found,
        "rows": rows,
        "show": verdict,
        "filters": labels,
        "may_search": request.actor.scope == "all" and request.actor.may("customers.edit"),
    }
    return render(request, "customers/duplicates.html", context)


@require_POST
@page(permission="customers.edit")
def search(request: HttpRequest) -> HttpResponse:
    actions.find_duplicates(actor=request.actor, now=timezone.now())
    notify(request, _("All customers are being compared. What is found waits in the queue."))
    return redirect("jobs:list")


@require_POST
@page(permission="customers.edit")
def decide(request: HttpRequest) -> HttpResponse:
    """The same verdict on every pair ticked."""
    try:
        ids = [uuid.UUID(each) for each in request.POST.getlist("pairs")]
    except ValueError as error:
        raise Invalid(field="pairs") from error
    verdict = request.POST.get("verdict", "")
    count = actions.decide_duplicates(
        actor=request.actor, suspect_ids=ids, verdict=verdict, now=timezone.now()
    )
    notify(request, ngettext("%d pair decided.", "%d pairs decided.", count) % count)
    return redirect("customers:duplicates")


@page(permission="settings.manage")
def rules(request: HttpRequest) -> HttpResponse:
    kept = queries.duplicate_rules()
    initial: dict[str, Any] = {name: getattr(kept, name) for name in RulesForm.base_fields}
    form = RulesForm(request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.change_duplicate_rules(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            notify(request, _("Saved."))
            return redirect("customers:duplicate_rules")
    decided, right = actions.measured(kept.precision)
    context = {
        "form": form,
        "decided": decided,
        "right": right,
        "share": right / decided if decided else None,
        "tabs": settings_tabs(request.actor, "customers:duplicate_rules"),
    }
    return render(request, "customers/duplicate_rules.html", context)


@page(permission="customers.edit")
def likely(request: HttpRequest) -> HttpResponse:
    """Who is there already like the one being entered, for the form of a new customer."""
    asked = {name: request.GET.get(name, "")[:400] for name in ("name", "phone", "email")}
    found = queries.likely(request.actor, **asked)
    labels = {"name": _("name"), "phone": _("phone"), "email": _("e-mail")}
    rows = [(each, _(", ").join(labels[reason] for reason in reasons)) for each, reasons in found.seen]
    return render(request, "customers/_likely.html", {"rows": rows, "others": found.others})
