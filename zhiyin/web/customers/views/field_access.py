"""How far each role sees and changes the fields of the customer file, in the settings: roles across, fields down."""

import itertools
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Role
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import RoleRules
from zhiyin.customers.choices import FieldAccess
from zhiyin.customers.queries import Governed
from zhiyin.platform.errors import DomainError
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, render


@dataclass(frozen=True, slots=True)
class Cell:
    """The choice of one role and field; ``name`` is that of the input, empty for who sees all."""

    name: str
    label: str
    chosen: str
    options: tuple[FieldAccess, ...]


@page(permission="accounts.manage")
def field_access(request: HttpRequest) -> HttpResponse:
    """The matrix, and saving it as a whole."""
    fields, roles = queries.governed_fields(request.actor), queries.ruled_roles(request.actor)
    error = ""
    if request.method == "POST":
        given = [_given(request, role, fields) for role in roles if not role.holds_all]
        try:
            actions.set_field_access(
                actor=request.actor, given=[each for each in given if each], now=timezone.now()
            )
        except DomainError as refused:
            error = str(refused.message)
        else:
            notify(request, _("Saved."))
            return redirect("customers:field_access")
    context: dict[str, Any] = {
        "roles": roles,
        "sections": _sections(fields, roles),
        "error": error,
        "tabs": settings_tabs(request.actor, "customers:field_access"),
    }
    return render(request, "customers/field_access.html", context, status=409 if error else 200)


def _given(request: HttpRequest, role: Role, fields: list[Governed]) -> RoleRules | None:
    """What was chosen for a role; ``None`` where nothing was, or nothing is different."""
    version = request.POST.get(f"version:{role.pk}", "")
    chosen = {
        each.name: request.POST.get(f"{role.pk}:{each.name}") or _now(role, each.name) for each in fields
    }
    if all(how == _now(role, name) for name, how in chosen.items()):
        return None
    return RoleRules(role.pk, chosen, int(version) if version.isdecimal() and len(version) < 10 else None)


def _now(role: Role, name: str) -> str:
    return str(role.field_rules.get(name, FieldAccess.OPEN))


def _sections(
    fields: list[Governed], roles: list[Role]
) -> list[tuple[str, list[tuple[Governed, list[Cell]]]]]:
    grouped = itertools.groupby(fields, key=lambda each: str(each.section))
    return [
        (section, [(each, [_cell(role, each) for role in roles]) for each in found])
        for section, found in grouped
    ]


def _cell(role: Role, field: Governed) -> Cell:
    name = "" if role.holds_all else f"{role.pk}:{field.name}"
    return Cell(name, f"{role.name}: {field.label}", _now(role, field.name), field.levels)
