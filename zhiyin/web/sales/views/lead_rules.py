"""Rules of who gets which leads, and how soon they are to be answered."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_POST

from zhiyin.accounts.models import Member
from zhiyin.customers.queries import owners
from zhiyin.platform.actors import Actor
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import LeadRules
from zhiyin.sales.choices import LeadOrigin
from zhiyin.sales.models import LeadRule
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

LINES = ("sources", "campaigns")


def _lines() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 2})


class LeadRuleForm(forms.Form):
    name = forms.CharField(label=later("Name"), max_length=100)
    position = forms.IntegerField(
        label=later("Place"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=later("Lower ones are asked first."),
    )
    origins = forms.MultipleChoiceField(
        label=later("Came by way of"),
        choices=LeadOrigin.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sources = forms.CharField(
        label=later("Sources"),
        max_length=10_000,
        required=False,
        widget=_lines(),
        help_text=later("One a line."),
    )
    campaigns = forms.CharField(
        label=later("Campaigns"),
        max_length=10_000,
        required=False,
        widget=_lines(),
        help_text=later("One a line."),
    )
    people = forms.TypedMultipleChoiceField(
        label=later("Who gets them, in turn"),
        coerce=uuid.UUID,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    answer_minutes = forms.IntegerField(
        label=later("Answered within minutes"), min_value=1, max_value=43_200, required=False
    )
    escalate_to_id = forms.TypedChoiceField(
        label=later("Else told to, beside the owner"), coerce=uuid.UUID, required=False, empty_value=None
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {str(each["id"]): str(each["name"]) for each in owners(actor)}
        here = [*self.initial.get("people", ()), self.initial.get("escalate_to_id")]
        if hidden := [each for each in here if each and str(each) not in people]:
            people |= {str(each.pk): each.name for each in Member.objects.filter(pk__in=hidden)}
        self.fields["people"].choices = list(people.items())  # type: ignore[attr-defined]
        self.fields["escalate_to_id"].choices = [("", "–"), *people.items()]  # type: ignore[attr-defined]

    def rules(self) -> LeadRules:
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        lines = {name: tuple(given[name].splitlines()) for name in LINES}
        lists = {"origins": tuple(given["origins"]), "people": tuple(given["people"])}
        return LeadRules(**{**given, **lines, **lists, "position": given["position"] or 0})


@page(permission="sales.manage")
def lead_rules(request: HttpRequest) -> HttpResponse:
    form = LeadRuleForm(request.actor, request.POST or None)
    if form.is_valid():
        with refusals(form):
            actions.create_lead_rule(actor=request.actor, rules=form.rules(), now=timezone.now())
            notify(request, _("The rule holds of leads that come from now on."))
            return redirect("sales:lead_rules")
    rules = queries.lead_rules()
    ids = {each for rule in rules for each in rule.people}
    names = dict(Member.objects.filter(pk__in=ids).values_list("pk", "name"))
    context = {
        "tabs": settings_tabs(request.actor, "sales:lead_rules"),
        "rules": [_told(each, names) for each in rules],
        "form": form,
    }
    return render(request, "sales/lead_rules.html", context)


def _told(rule: LeadRule, names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    origins = [str(LeadOrigin(each).label) for each in rule.origins]
    return {
        "rule": rule,
        "fits": " · ".join("、".join(each) for each in (origins, rule.sources, rule.campaigns) if each),
        "people": "、".join(names[each] for each in rule.people if each in names),
    }


@page(permission="sales.manage")
def lead_rule(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    found = access.lead_rule(rule_id)
    initial = {name: getattr(found, name) for name in LeadRuleForm.base_fields}
    initial |= {name: "\n".join(initial[name]) for name in LINES}
    form = LeadRuleForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.change_lead_rule(
                actor=request.actor,
                rule_id=rule_id,
                rules=form.rules(),
                version=form.cleaned_data["version"],
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("sales:lead_rules")
    context = {"tabs": settings_tabs(request.actor, "sales:lead_rules"), "rule": found, "form": form}
    return render(request, "sales/lead_rule.html", context)


@require_POST
@page(permission="sales.manage")
def archive(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    actions.set_lead_rule_archived(actor=request.actor, rule_id=rule_id, archived=True, now=timezone.now())
    undo = reverse("sales:restore_lead_rule", args=[rule_id])
    notify(request, _("The rule holds no more."), undo=undo)
    return redirect("sales:lead_rules")


@require_POST
@page(permission="sales.manage")
def restore(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    actions.set_lead_rule_archived(actor=request.actor, rule_id=rule_id, archived=False, now=timezone.now())
    notify(request, _("The rule holds again."))
    return redirect("sales:lead_rules")
