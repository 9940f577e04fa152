"""The company's settings, and its organisation."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts import queries
from zhiyin.accounts.actions import units as unit_actions
from zhiyin.accounts.actions.company import SETTINGS, change_company
from zhiyin.accounts.models import Tenant
from zhiyin.platform.errors import NotFound
from zhiyin.web.accounts.forms import CompanyForm, UnitForm
from zhiyin.web.accounts.views.common import PAGES, now, settings_page
from zhiyin.web.http import HttpRequest, notify, page, refusals


@page()
def settings(request: HttpRequest) -> HttpResponse:
    """The first of the settings' pages that this person may open."""
    for name, _label, permission in PAGES:
        if request.actor.may(permission):
            return redirect(name)
    raise NotFound


@page(permission="settings.manage")
def company(request: HttpRequest) -> HttpResponse:
    tenant = Tenant.objects.get(pk=request.actor.tenant_id)
    initial = {field: getattr(tenant, field) for field in (*SETTINGS, "version")}
    form = CompanyForm(request.POST or None, initial=initial, currency=tenant.currency)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            change_company(actor=request.actor, now=now(), **form.cleaned_data)
            notify(request, _("The company's settings are saved."))
            return redirect("accounts:company")
    return settings_page(request, "accounts:company", "company.html", {"form": form, "tenant": tenant})


@page(permission="accounts.manage")
def units(request: HttpRequest) -> HttpResponse:
    """The tree, and adding a unit to it."""
    rows = queries.units(actor=request.actor)
    form = UnitForm(request.POST or None, units=rows)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            unit = unit_actions.create_unit(
                actor=request.actor,
                name=form.cleaned_data["name"],
                parent_id=uuid.UUID(form.cleaned_data["parent"]),
                now=now(),
            )
            notify(request, _("“%(name)s” is added.") % {"name": unit.name})
            return redirect("accounts:units")
    return settings_page(request, "accounts:units", "units.html", {"rows": rows, "form": form})


@page(permission="accounts.manage")
def unit(request: HttpRequest, unit_id: uuid.UUID) -> HttpResponse:
    """Rename a unit, hang it under another."""
    found = queries.unit(actor=request.actor, unit_id=unit_id)
    rows = queries.units(actor=request.actor)
    others = [row for row in rows if found.id not in row.unit.path]
    initial = {"name": found.name, "parent": str(found.parent_id), "version": found.version}
    form = UnitForm(request.POST or None, units=others, initial=initial)
    if found.parent_id is None:
        del form.fields["parent"]
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            _change_unit(request, found.id, form)
            return redirect("accounts:units")
    row = next(row for row in rows if row.unit.id == found.id)
    context = {"form": form, "unit": found, "row": row}
    return settings_page(request, "accounts:units", "unit.html", context)


def _change_unit(request: HttpRequest, unit_id: uuid.UUID, form: UnitForm) -> None:
    data = form.cleaned_data
    changed = unit_actions.rename_unit(
        actor=request.actor, unit_id=unit_id, name=data["name"], version=data["version"], now=now()
    )
    if "parent" in data:
        changed = unit_actions.move_unit(
            actor=request.actor, unit_id=unit_id, parent_id=uuid.UUID(data["parent"]), now=now()
        )
    notify(request, _("“%(name)s” is saved.") % {"name": changed.name})


@require_POST
@page(permission="accounts.manage")
def delete_unit(request: HttpRequest, unit_id: uuid.UUID) -> HttpResponse:
    unit_actions.delete_unit(actor=request.actor, unit_id=unit_id, now=now())
    notify(request, _("The unit is deleted."))
    return redirect("accounts:units")
