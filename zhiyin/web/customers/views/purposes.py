"""What personal data is used for, in the settings."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.customers.actions import PurposeRules
from zhiyin.customers.models import Purpose
from zhiyin.platform.errors import NotFound
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.customers.consent_forms import EditPurposeForm, PurposeForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@page(permission="settings.manage")
def purposes(request: HttpRequest) -> HttpResponse:
    every = queries.purposes()
    context = {
        "purposes": [each for each in every if not each.archived_at],
        "archived": [each for each in every if each.archived_at],
        "tabs": settings_tabs(request.actor, "customers:purposes"),
    }
    return render(request, "customers/purposes.html", context)


@page(permission="settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    form = PurposeForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            actions.create_purpose(
                actor=request.actor, rules=PurposeRules(**form.cleaned_data), now=timezone.now()
            )
            notify(request, _("Added."))
            return redirect("customers:purposes")
    return _form_page(request, form)


@page(permission="settings.manage")
def change(request: HttpRequest, purpose_id: uuid.UUID) -> HttpResponse:
    purpose = _found(purpose_id)
    initial = {"name": str(purpose.label), "basis": purpose.basis, "wording": purpose.wording}
    form = EditPurposeForm(request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.change_purpose(
                actor=request.actor,
                purpose_id=purpose_id,
                rules=PurposeRules(**form.cleaned_data),
                version=purpose.version,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:purposes")
    return _form_page(request, form, purpose)


def _form_page(request: HttpRequest, form: PurposeForm, purpose: Purpose | None = None) -> HttpResponse:
    tabs = settings_tabs(request.actor, "customers:purposes")
    return render(request, "customers/purpose.html", {"form": form, "purpose": purpose, "tabs": tabs})


@require_POST
@page(permission="settings.manage")
def archive(request: HttpRequest, purpose_id: uuid.UUID) -> HttpResponse:
    purpose = actions.archive_purpose(
        actor=request.actor,
        purpose_id=purpose_id,
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("“%s” is archived: the answers to it stay.") % purpose)
    return redirect("customers:purposes")


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest, purpose_id: uuid.UUID) -> HttpResponse:
    purpose = actions.restore_purpose(
        actor=request.actor,
        purpose_id=purpose_id,
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("“%s” is offered again.") % purpose)
    return redirect("customers:purposes")


def _found(purpose_id: uuid.UUID) -> Purpose:
    purpose = next((each for each in queries.purposes() if each.pk == purpose_id), None)
    if purpose is None:
        raise NotFound
    return purpose
