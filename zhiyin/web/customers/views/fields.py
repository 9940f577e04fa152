"""The company's own fields of customers, in the settings."""

import uuid
from collections.abc import Iterable
from dataclasses import fields

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.choices import CustomerKind
from zhiyin.customers.fields import CORE, formulas
from zhiyin.customers.models import CustomField
from zhiyin.customers.ready import ReadyField
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.customers.field_forms import EditFieldForm, FieldForm, NewFieldForm
from zhiyin.web.customers.forms import CustomerForm
from zhiyin.web.customers.keeping import told
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

HOME = "customers:fields"


@page(permission="settings.manage")
def all_fields(request: HttpRequest) -> HttpResponse:
    every = queries.all_fields(request.actor)
    sections: dict[str, list[CustomField]] = {}
    for each in every:
        if not each.archived_at:
            sections.setdefault(each.section, []).append(each)
    context = {
        "sections": list(sections.items()),
        "archived": [each for each in every if each.archived_at],
        "ready": _by_section(queries.ready_to_add(every)),
        "keeping": told(queries.retention_rules()),
        "tabs": settings_tabs(request.actor, HOME),
    }
    return render(request, "customers/fields.html", context)


def _by_section(ready: Iterable[ReadyField]) -> dict[str, list[tuple[str, str]]]:
    sections: dict[str, list[tuple[str, str]]] = {}
    for each in ready:
        sections.setdefault(_(each.section), []).append((each.code, _(each.label)))
    return sections


@require_POST
@page(permission="settings.manage")
def add_ready(request: HttpRequest) -> HttpResponse:
    codes = request.POST.getlist("code")
    made = actions.add_ready_fields(actor=request.actor, codes=codes, now=timezone.now())
    if made:
        notify(request, _("Fields now: %s.") % _(", ").join(each.label for each in made))
    return redirect(HOME)


@require_POST
@page(permission="settings.manage")
def move_section(request: HttpRequest) -> HttpResponse:
    section, up = request.POST.get("section", ""), request.POST.get("up") == "1"
    actions.move_section(actor=request.actor, section=section, up=up, now=timezone.now())
    return redirect(HOME)


@page(permission="settings.manage")
def preview(request: HttpRequest) -> HttpResponse:
    """How a person's or an organisation's form looks to whoever asks."""
    kind = CustomerKind.ORGANISATION if request.GET.get("kind") == "organisation" else CustomerKind.PERSON
    form = CustomerForm(request.actor, initial={"kind": kind})
    for name in [name for name in form.own if not form.is_own(name)]:
        del form.fields[name]
    sections = form.sections()
    context = {"sections": sections, "kind": kind, "tabs": settings_tabs(request.actor, HOME)}
    return render(request, "customers/field_preview.html", context)


@page(permission="customers.view", quiet=True)
def link_options(request: HttpRequest, field: str) -> HttpResponse:
    """Records that fit what is being typed into a field that links."""
    found = queries.link_options(request.actor, field, request.GET.get(field, ""))
    return render(request, "customers/link_options.html", {"found": found})


@page(permission="settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    form = NewFieldForm(request.actor, request.POST or None)
    if form.is_valid():
        with refusals(form):
            made = actions.create_field(
                actor=request.actor,
                type=form.cleaned_data["type"],
                key=form.cleaned_data["key"],
                rules=form.rules(),
                now=timezone.now(),
            )
            notify(request, _("“%s” is a field now.") % made)
            return redirect(HOME)
    return _form_page(request, form)


@page(permission="settings.manage")
def change(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    found = queries.field(request.actor, field_id)
    initial = {each.name: getattr(found, each.name) for each in fields(FieldRules)}
    initial |= {
        "options": "\n".join(map(found.words, found.options)),
        "hint": found.words(found.hint),
        "roles": "\n".join(map(str, found.roles)),
    }
    form = EditFieldForm(request.actor, request.POST or None, initial=initial, type=found.type)
    if form.is_valid():
        with refusals(form):
            actions.change_field(
                actor=request.actor,
                field_id=field_id,
                rules=form.rules(),
                version=found.version,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect(HOME)
    return _form_page(request, form, found)


def _form_page(request: HttpRequest, form: FieldForm, found: CustomField | None = None) -> HttpResponse:
    readable = [(each.name, each.label) for each in CORE if each.name in formulas.CORE_NAMES]
    readable += [(each.key, each.label) for each in queries.all_fields(request.actor) if not each.archived_at]
    context = {
        "form": form,
        "own": found,
        "tabs": settings_tabs(request.actor, HOME),
        "functions": formulas.FORMS,
        "readable": readable,
    }
    return render(request, "customers/field_settings.html", context)


@require_POST
@page(permission="settings.manage")
def move(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    up = request.POST.get("up") == "1"
    actions.move_field(actor=request.actor, field_id=field_id, up=up, now=timezone.now())
    return redirect(HOME)


@require_POST
@page(permission="settings.manage")
def archive(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    found = actions.archive_field(
        actor=request.actor, field_id=field_id, version=request.POST.get("version"), now=timezone.now()
    )
    undo = reverse("customers:restore_field", args=[field_id])
    notify(request, _("“%s” is archived: its values stay.") % found, undo=undo)
    return redirect(HOME)


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest, field_id: uuid.UUID) -> HttpResponse:
    found = actions.restore_field(
        actor=request.actor, field_id=field_id, version=request.POST.get("version"), now=timezone.now()
    )
    notify(request, _("“%s” is a field again.") % found)
    return redirect(HOME)
