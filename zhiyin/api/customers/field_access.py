"""Operations on how far each role sees and changes the fields of the customer file."""

import uuid
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.accounts.models import Role
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import RoleRules
from zhiyin.customers.choices import FieldAccess

routes = Routes("customers")
Name = Annotated[str, StringConstraints(max_length=50)]


class GovernedOut(Schema):
    """A field and how far a role may see and change it; of the company's own the name begins with ``x_``."""

    name: str
    label: str
    levels: list[FieldAccess]


class FieldAccessOut(Schema):
    role_id: uuid.UUID
    name: str
    version: int
    holds_all: bool = Field(description="Sees and changes every field.")
    rules: dict[str, FieldAccess] = Field(description="By name of field; fields not named are open.")


class FieldAccessIn(Schema):
    model_config = ConfigDict(extra="forbid")

    rules: dict[Name, FieldAccess]
    version: int | None = Field(None, ge=1, le=2_147_483_647, description="An older one answers 409.")


@routes.get("/field-access/fields/", permission="accounts.manage", response=list[GovernedOut])
def list_governed_fields(request: Request) -> list[dict[str, Any]]:
    """The fields that roles may see less of."""
    found = queries.governed_fields(request.actor)
    return [{"name": each.name, "label": str(each.label), "levels": list(each.levels)} for each in found]


@routes.get("/field-access/", permission="accounts.manage", response=list[FieldAccessOut])
def list_field_access(request: Request) -> list[dict[str, Any]]:
    """How far each role sees and changes the fields of the customer file."""
    return [_out(role) for role in queries.ruled_roles(request.actor)]


@routes.put("/field-access/{uuid:role_id}/", permission="accounts.manage", response=FieldAccessOut)
def set_field_access(request: Request, role_id: uuid.UUID, body: FieldAccessIn) -> dict[str, Any]:
    """The rules of a role as they shall be: hidden, masked, read_only, or open as all that are not named."""
    given = RoleRules(role_id, body.rules, body.version)
    (role,) = actions.set_field_access(actor=request.actor, given=[given], now=now())
    return _out(role)


def _out(role: Role) -> dict[str, Any]:
    return {
        "role_id": role.pk,
        "name": role.name,
        "version": role.version,
        "holds_all": role.holds_all,
        "rules": {} if role.holds_all else role.field_rules,
    }
