"""Roles with their permissions, and the company's API tokens."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts import queries
from zhiyin.accounts.actions import roles as role_actions
from zhiyin.accounts.actions import tokens as token_actions
from zhiyin.web.accounts.forms import RoleForm, TokenForm, permission_groups
from zhiyin.web.accounts.views.common import now, settings_page
from zhiyin.web.http import HttpRequest, notify, page, refusals


@page(permission="accounts.manage")
def roles(request: HttpRequest) -> HttpResponse:
    """All roles as a matrix: permissions down, roles across."""
    found = queries.roles(actor=request.actor)
    matrix = [
        (group, [(label, [code in role.grants for role in found]) for code, label, _ticked in permissions])
        for group, permissions in permission_groups([])
    ]
    return settings_page(request, "accounts:roles", "roles.html", {"roles": found, "matrix": matrix})


@page(permission="accounts.manage")
def create_role(request: HttpRequest) -> HttpResponse:
    form = RoleForm(request.POST or None, initial={"scope": "own"})
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            values = {key: value for key, value in form.cleaned_data.items() if key != "version"}
            role = role_actions.create_role(actor=request.actor, now=now(), **values)
            notify(request, _("“%(name)s” is added.") % {"name": role.name})
            return redirect("accounts:roles")
    return settings_page(request, "accounts:roles", "role.html", {"form": form})


@page(permission="accounts.manage")
def role(request: HttpRequest, role_id: uuid.UUID) -> HttpResponse:
    found = queries.role(actor=request.actor, role_id=role_id)
    fields = ("name", "scope", "holds_all", "permissions", "version")
    form = RoleForm(request.POST or None, initial={field: getattr(found, field) for field in fields})
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            role_actions.change_role(actor=request.actor, role_id=found.id, now=now(), **form.cleaned_data)
            notify(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("accounts:roles")
    return settings_page(request, "accounts:roles", "role.html", {"form": form, "role": found})


@require_POST
@page(permission="accounts.manage")
def delete_role(request: HttpRequest, role_id: uuid.UUID) -> HttpResponse:
    role_actions.delete_role(actor=request.actor, role_id=role_id, now=now())
    notify(request, _("The role is deleted."))
    return redirect("accounts:roles")


@page(permission="accounts.manage")
def tokens(request: HttpRequest) -> HttpResponse:
    """All tokens of the company, and making one; the secret is shown this once."""
    actor = request.actor
    people = queries.names_of_members()
    initial = {"member": str(actor.member_id)}
    form = TokenForm(request.POST or None, allowed=actor.permissions, members=people, initial=initial)
    made = None
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            made = token_actions.create_token(
                actor=actor,
                name=form.cleaned_data["name"],
                permissions=form.cleaned_data["permissions"],
                expires_at=form.expires_at(now()),
                member_id=uuid.UUID(form.cleaned_data["member"]),
                now=now(),
            )
            form = TokenForm(allowed=actor.permissions, members=people, initial=initial)
    rows = [(token, queries.token_state(token, now())) for token in queries.tokens(actor=actor)]
    context = {"form": form, "made": made, "rows": rows}
    return settings_page(request, "accounts:tokens", "tokens.html", context)


@require_POST
@page(permission="accounts.manage")
def revoke_token(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    token_actions.revoke_token(actor=request.actor, token_id=token_id, now=now())
    notify(request, _("The token is revoked."))
    return redirect("accounts:tokens")
