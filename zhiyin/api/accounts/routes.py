"""Operations on accounts."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from ninja import Query

from zhiyin.accounts import queries
from zhiyin.accounts.actions import members, roles, tokens, units
from zhiyin.accounts.actions.company import change_company
from zhiyin.accounts.models import ApiToken, Member, Role, Tenant
from zhiyin.accounts.queries import UnitRow
from zhiyin.api.accounts import schemas as s
from zhiyin.api.accounts.audit import seen
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.platform.errors import NotFound

routes = Routes("accounts")


@routes.get("/me/", permission=None, response=s.MeOut)
def me(request: Request) -> dict[str, object]:
    """Who the caller is, and what the caller may do."""
    actor = request.actor
    return {
        "member_id": actor.member_id,
        "tenant_id": actor.tenant_id,
        "name": actor.name,
        "kind": actor.kind,
        "permissions": sorted(actor.permissions),
        "scope": actor.scope,
        "unit_ids": list(actor.unit_ids),
    }


@routes.get("/company/", permission="settings.manage", response=s.CompanyOut)
def get_company(request: Request) -> Tenant:
    """The company's settings."""
    return Tenant.objects.get(pk=request.actor.tenant_id)


@routes.put("/company/", permission="settings.manage", response=s.CompanyOut)
def put_company(request: Request, body: s.CompanyIn) -> Tenant:
    """Change the company's settings."""
    return change_company(actor=request.actor, now=now(), **body.dict())


@routes.get("/people/", permission="accounts.manage", response=PageOut[s.PersonOut])
def list_people(request: Request, asked: Query[s.PeopleQuery]) -> dict[str, Any]:
    """People of the company."""
    return page_out(queries.members(actor=request.actor, **asked.dict()))


@routes.post("/people/", permission="accounts.manage", response=s.PersonOut, status=201)
def invite_person(request: Request, body: s.Invitation) -> Member:
    """Add a person, who then sets a password by a link."""
    return members.invite_member(actor=request.actor, now=now(), **body.dict())


@routes.get("/people/{uuid:member_id}/", permission="accounts.manage", response=s.PersonOut)
def get_person(request: Request, member_id: uuid.UUID) -> Member:
    """One person."""
    return queries.member(actor=request.actor, member_id=member_id)


@routes.put("/people/{uuid:member_id}/", permission="accounts.manage", response=s.PersonOut)
def put_person(request: Request, member_id: uuid.UUID, body: s.PersonChange) -> Member:
    """Change name, unit and role."""
    members.change_member(actor=request.actor, member_id=member_id, now=now(), **body.dict())
    return queries.member(actor=request.actor, member_id=member_id)


@routes.post("/people/{uuid:member_id}/deactivate/", permission="accounts.manage", response=s.PersonOut)
def deactivate_person(request: Request, member_id: uuid.UUID) -> Member:
    """Shut a person out at once."""
    members.deactivate_member(actor=request.actor, member_id=member_id, now=now())
    return queries.member(actor=request.actor, member_id=member_id)


@routes.post("/people/{uuid:member_id}/activate/", permission="accounts.manage", response=s.PersonOut)
def activate_person(request: Request, member_id: uuid.UUID) -> Member:
    """Let a person in again."""
    members.activate_member(actor=request.actor, member_id=member_id, now=now())
    return queries.member(actor=request.actor, member_id=member_id)


@routes.post("/people/{uuid:member_id}/password-link/", permission="accounts.manage", response=s.LinkOut)
def make_password_link(request: Request, member_id: uuid.UUID) -> dict[str, str]:
    """A link with which the person sets a password. Whoever has it can sign in as that person."""
    made = members.make_password_link(actor=request.actor, member_id=member_id, now=now())
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": made.uid, "key": made.key})
    return {"link": request.build_absolute_uri(path)}


@routes.post("/people/{uuid:member_id}/end-sessions/", permission="accounts.manage", response=s.EndedOut)
def end_person_sessions(request: Request, member_id: uuid.UUID) -> dict[str, int]:
    """End all sessions that the person has open here."""
    return {"count": members.end_member_sessions(actor=request.actor, member_id=member_id, now=now())}


@routes.post("/people/{uuid:member_id}/remove-factors/", permission="accounts.manage", response=s.EndedOut)
def remove_person_factors(request: Request, member_id: uuid.UUID) -> dict[str, int]:
    """Remove second factors, for who has lost the telephone or key."""
    return {"count": members.remove_second_factors(actor=request.actor, member_id=member_id, now=now())}


@routes.get("/units/", permission="accounts.manage", response=list[s.UnitOut])
def list_units(request: Request) -> list[dict[str, Any]]:
    """The organisation's tree from the top, a unit before those below it."""
    return [s.UnitOut.of(row) for row in queries.units(actor=request.actor)]


@routes.post("/units/", permission="accounts.manage", response=s.UnitOut, status=201)
def create_unit(request: Request, body: s.UnitIn) -> dict[str, Any]:
    """A new unit below another."""
    unit = units.create_unit(actor=request.actor, now=now(), **body.dict())
    return _unit(request, unit.id)


@routes.patch("/units/{uuid:unit_id}/", permission="accounts.manage", response=s.UnitOut)
def change_unit(request: Request, unit_id: uuid.UUID, body: s.UnitChange) -> dict[str, Any]:
    """Rename a unit, hang it under another, or both."""
    version = body.version
    if body.name is not None:
        unit = units.rename_unit(
            actor=request.actor, unit_id=unit_id, name=body.name, version=version, now=now()
        )
        version = unit.version
    if body.parent_id is not None:
        units.move_unit(
            actor=request.actor, unit_id=unit_id, parent_id=body.parent_id, version=version, now=now()
        )
    return _unit(request, unit_id)


@routes.delete("/units/{uuid:unit_id}/", permission="accounts.manage")
def delete_unit(request: Request, unit_id: uuid.UUID) -> None:
    """Remove an empty unit."""
    units.delete_unit(actor=request.actor, unit_id=unit_id, now=now())


@routes.get("/roles/", permission="accounts.manage", response=list[s.RoleOut])
def list_roles(request: Request) -> Sequence[Role]:
    """All roles by name."""
    return queries.roles(actor=request.actor)


@routes.post("/roles/", permission="accounts.manage", response=s.RoleOut, status=201)
def create_role(request: Request, body: s.RoleIn) -> Role:
    """A new role, with no permission that the caller lacks."""
    return roles.create_role(actor=request.actor, now=now(), **body.dict())


@routes.get("/roles/{uuid:role_id}/", permission="accounts.manage", response=s.RoleOut)
def get_role(request: Request, role_id: uuid.UUID) -> Role:
    """One role."""
    return queries.role(actor=request.actor, role_id=role_id)


@routes.put("/roles/{uuid:role_id}/", permission="accounts.manage", response=s.RoleOut)
def put_role(request: Request, role_id: uuid.UUID, body: s.RoleChange) -> Role:
    """Change a role for all who have it."""
    return roles.change_role(actor=request.actor, role_id=role_id, now=now(), **body.dict())


@routes.delete("/roles/{uuid:role_id}/", permission="accounts.manage")
def delete_role(request: Request, role_id: uuid.UUID) -> None:
    """Remove a role that nobody has."""
    roles.delete_role(actor=request.actor, role_id=role_id, now=now())


@routes.get("/tokens/", permission=None, response=list[s.TokenOut])
def list_tokens(request: Request, mine: bool = True) -> Sequence[ApiToken]:
    """One's own tokens, or with ``mine=false`` (and ``accounts.manage``) everybody's."""
    return queries.tokens(actor=request.actor, mine=mine)


@routes.post("/tokens/", permission=None, response=s.TokenMade, status=201)
def create_token(request: Request, body: s.TokenIn) -> dict[str, Any]:
    """A token with no permission that the caller lacks. A token cannot make tokens."""
    made = tokens.create_token(actor=request.actor, now=now(), **body.dict())
    return {**s.TokenOut.from_orm(made.token).dict(), "token": made.text}


@routes.delete("/tokens/{uuid:token_id}/", permission=None)
def revoke_token(request: Request, token_id: uuid.UUID) -> None:
    """End a token at once."""
    tokens.revoke_token(actor=request.actor, token_id=token_id, now=now())


@routes.get("/audit/", permission="audit.view", response=PageOut[s.AuditOut])
def list_audit(request: Request, asked: Query[s.AuditQuery]) -> dict[str, Any]:
    """Who did what, the newest first."""
    return page_out(seen(request.actor, queries.audit_entries(actor=request.actor, **asked.dict())))


def _unit(request: Request, unit_id: uuid.UUID) -> dict[str, Any]:
    found: UnitRow | None = next(
        (row for row in queries.units(actor=request.actor) if row.unit.id == unit_id), None
    )
    if found is None:
        raise NotFound
    return s.UnitOut.of(found)
