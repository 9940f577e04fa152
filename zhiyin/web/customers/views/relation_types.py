"""What customers can be to each other, in the settings."""

import uuid
from dataclasses import fields

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.customers.actions import RelationRules
from zhiyin.customers.models import RelationType
from zhiyin.platform.errors import NotFound
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.customers.forms import EditRelationTypeForm, RelationTypeForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@page(permission="settings.manage")
def relation_types(request: HttpRequest) -> HttpResponse:
    kinds = queries.relation_types()
    context = {
        "kinds": [each for each in kinds if not each.archived_at],
        "archived": [each for each in kinds if each.archived_at],
        "tabs": settings_tabs(request.actor, "customers:relation_types"),
    }
    return render(request, "customers/relation_types.html", context)


@page(permission="settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    form = RelationTypeForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            rules = RelationRules(**form.cleaned_data)
            actions.create_relation_type(actor=request.actor, rules=rules, now=timezone.now())
            notify(request, _("Added."))
            return redirect("customers:relation_types")
    return _form_page(request, form)


@page(permission="settings.manage")
def change(request: HttpRequest, type_id: uuid.UUID) -> HttpResponse:
    kind = _found(type_id)
    initial = {each.name: getattr(kind, each.name) for each in fields(RelationRules)}
    initial |= {"name": str(kind.label), "inverse": str(kind.inverse_label)}
    form = EditRelationTypeForm(request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.change_relation_type(
                actor=request.actor,
                type_id=type_id,
                rules=RelationRules(**form.cleaned_data),
                version=kind.version,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:relation_types")
    return _form_page(request, form, kind)


def _form_page(
    request: HttpRequest, form: RelationTypeForm, kind: RelationType | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "kind": kind,
        "tabs": settings_tabs(request.actor, "customers:relation_types"),
    }
    return render(request, "customers/relation_type.html", context)


@require_POST
@page(permission="settings.manage")
def remove(request: HttpRequest, type_id: uuid.UUID) -> HttpResponse:
    kind = actions.remove_relation_type(
        actor=request.actor, type_id=type_id, version=request.POST.get("version"), now=timezone.now()
    )
    notify(
        request,
        _("“%s” is archived: what there is of it stays.") % kind
        if kind.archived_at
        else _("“%s” is gone; nobody used it.") % kind,
    )
    return redirect("customers:relation_types")


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest, type_id: uuid.UUID) -> HttpResponse:
    kind = actions.restore_relation_type(
        actor=request.actor, type_id=type_id, version=request.POST.get("version"), now=timezone.now()
    )
    notify(request, _("“%s” is offered again.") % kind)
    return redirect("customers:relation_types")


def _found(type_id: uuid.UUID) -> RelationType:
    kind = next((each for each in queries.relation_types() if each.pk == type_id), None)
    if kind is None:
        raise NotFound
    return kind
