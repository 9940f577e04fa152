"""Forms on the web: as a company sets them up, and as strangers fill them in."""

import uuid
from typing import Any

from csp.decorators import csp_replace
from django import forms
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.shortcuts import render as render_bare
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from zhiyin.accounts.models import Tenant
from zhiyin.accounts.throttle import TooManyTries, count_request
from zhiyin.customers.queries import owners
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.platform.tokens import tenant_of
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import FORM_START, FormRules
from zhiyin.sales.choices import LeadField
from zhiyin.sales.models import LeadForm
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.sales.public_form import LIMITS, PublicForm


class RulesForm(forms.Form):
    name = forms.CharField(
        label=later("Name"), max_length=100, help_text=later("For you; strangers do not see it.")
    )
    title = forms.CharField(label=later("Heading"), max_length=200)
    intro = forms.CharField(
        label=later("Text above"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    fields_asked = forms.MultipleChoiceField(
        label=later("Asked for beside the name"),
        choices=LeadField.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[LeadField.PHONE, LeadField.DETAILS],
    )
    consent = forms.CharField(
        label=later("What they must agree to"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=later("Kept with each lead as it read when it was sent."),
    )
    thanks = forms.CharField(
        label=later("Text after sending"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source = forms.CharField(label=later("Source"), max_length=100, required=False)
    campaign = forms.CharField(label=later("Campaign"), max_length=100, required=False)
    owner_id = forms.TypedChoiceField(
        label=later("Leads go to"), coerce=uuid.UUID, required=False, empty_value=None
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", "–"), *((str(each["id"]), str(each["name"])) for each in owners(actor))]
        self.fields["owner_id"].choices = people  # type: ignore[attr-defined]

    def rules(self) -> FormRules:
        given = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("version", "fields_asked")
        }
        return FormRules(**given, fields=tuple(self.cleaned_data["fields_asked"]))


@page(permission="sales.manage")
def lead_forms(request: HttpRequest) -> HttpResponse:
    form = RulesForm(request.actor, request.POST or None)
    if form.is_valid():
        with refusals(form):
            made = actions.create_lead_form(actor=request.actor, rules=form.rules(), now=timezone.now())
            notify(request, _("The form is there."))
            return redirect("sales:lead_form", made.pk)
    context = {
        "tabs": settings_tabs(request.actor, "sales:lead_forms"),
        "forms": queries.lead_forms(),
        "form": form,
    }
    return render(request, "sales/lead_forms.html", context)


@page(permission="sales.manage")
def lead_form(request: HttpRequest, form_id: uuid.UUID) -> HttpResponse:
    found = access.lead_form(form_id)
    initial = {name: getattr(found, name) for name in RulesForm.base_fields if name != "fields_asked"}
    initial["fields_asked"] = found.fields
    form = RulesForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.change_lead_form(
                actor=request.actor,
                form_id=form_id,
                rules=form.rules(),
                version=form.cleaned_data["version"],
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("sales:lead_form", form_id)
    address = request.build_absolute_uri(reverse("sales:fill_in", args=[found.key]))
    context = {
        "tabs": settings_tabs(request.actor, "sales:lead_forms"),
        "kept": found,
        "form": form,
        "address": address,
        "frame": f'<iframe src="{address}" title="{escape(found.title)}" width="100%" height="640"></iframe>',
    }
    return render(request, "sales/lead_form_settings.html", context)


@require_POST
@page(permission="sales.manage")
def archive(request: HttpRequest, form_id: uuid.UUID) -> HttpResponse:
    actions.set_lead_form_archived(actor=request.actor, form_id=form_id, archived=True, now=timezone.now())
    notify(
        request,
        _("The form takes nothing any more."),
        undo=reverse("sales:restore_lead_form", args=[form_id]),
    )
    return redirect("sales:lead_forms")


@require_POST
@page(permission="sales.manage")
def restore(request: HttpRequest, form_id: uuid.UUID) -> HttpResponse:
    actions.set_lead_form_archived(actor=request.actor, form_id=form_id, archived=False, now=timezone.now())
    notify(request, _("The form is open again."))
    return redirect("sales:lead_form", form_id)


@csrf_exempt
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # its types know no parts of an address
@never_cache
def fill_in(request: DjangoRequest, key: str) -> HttpResponse:
    """A form for whoever has its address, alone or inside another page; other pages may post to it."""
    tenant_id = tenant_of(FORM_START, key)
    if tenant_id is None:
        return _no_form(request)
    with scope(tenant_id):
        kept = access.open_lead_form(key)
        if kept is None:
            return _no_form(request)
        tenant = Tenant.objects.get(pk=tenant_id)
        with translation.override(tenant.language):
            return _filled_in(request, kept, tenant)


def _filled_in(request: DjangoRequest, kept: LeadForm, tenant: Tenant) -> HttpResponse:
    now = timezone.now()
    form = PublicForm(kept, now, request.POST if request.method == "POST" else None)
    context = {"kept": kept, "company": tenant.name, "form": form}
    if form.is_valid():
        try:
            count_request(request, kept.key, LIMITS, now)
        except TooManyTries:
            form.add_error(None, _("Too much was sent from your network. Please try again in an hour."))
            return render_bare(request, "sales/public_form.html", context, status=429)
        with refusals(form):
            values = {name: form.cleaned_data[name] for name in ("name", *kept.fields)}
            actions.receive_lead(
                actor=Actor.system(tenant.pk, kept.name),
                form_id=kept.pk,
                values=values,
                agreed=bool(form.cleaned_data.get("agreed")),
                now=now,
            )
            return render_bare(request, "sales/public_form.html", {**context, "sent": True})
    return render_bare(request, "sales/public_form.html", context, status=422 if form.errors else 200)


def _no_form(request: DjangoRequest) -> HttpResponse:
    return render_bare(request, "sales/public_form.html", status=404)
