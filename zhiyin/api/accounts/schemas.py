"""Shapes of what the accounts' operations take and give."""

import uuid
from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from zhiyin.accounts.queries import UnitRow

Scope = Literal["own", "unit", "subtree", "all"]
Version = Field(None, description="The version you saw; 409 when somebody changed it since.")


class MeOut(Schema):
    member_id: uuid.UUID | None
    tenant_id: uuid.UUID
    name: str
    kind: str
    permissions: list[str]
    scope: Scope
    unit_ids: list[uuid.UUID]


class CompanyOut(Schema):
    code: str
    name: str
    currency: str
    time_zone: str
    language: str
    watermark: bool
    bin_days: int
    export_days: int
    upload_days: int
    days_to_answer: int = Field(description="Within how many days requests about data are answered.")
    version: int


class CompanyIn(Schema):
    name: str = Field(max_length=200)
    currency: str = Field(max_length=3)
    time_zone: str = Field(max_length=50)
    language: str = Field(max_length=10)
    bin_days: int | None = Field(
        None, ge=1, le=3650, description="How long deleted customers can be restored."
    )
    export_days: int | None = Field(None, ge=1, le=3650, description="How long exported files are kept.")
    upload_days: int | None = Field(
        None, ge=1, le=3650, description="How long files are kept that were uploaded for an import."
    )
    request_days: int | None = Field(
        None,
        ge=0,
        le=90,
        description="Within how many days requests about data are answered; 0: as is usual with the currency.",
    )
    watermark: bool | None = Field(None, description="Whether exports say in each row who made them.")
    version: int | None = Version


class PersonOut(Schema):
    id: uuid.UUID
    name: str
    email: str = Field(alias="user.email")
    unit_id: uuid.UUID
    unit: str = Field(alias="unit.name")
    role_id: uuid.UUID
    role: str = Field(alias="role.name")
    is_active: bool
    last_login: datetime | None = Field(alias="user.last_login")
    created_at: datetime
    version: int


class PeopleQuery(Schema):
    search: str = ""
    role_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = Field(None, description="The units below it count too.")
    active: bool | None = None
    order: Literal["name", "-name", "email", "-email", "seen", "-seen", "joined", "-joined"] = "name"
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


class PersonIn(Schema):
    name: str = Field(max_length=100)
    unit_id: uuid.UUID
    role_id: uuid.UUID


class PersonChange(PersonIn):
    version: int | None = Version


class Invitation(PersonIn):
    email: str = Field(max_length=254)


class LinkOut(Schema):
    link: str = Field(description="Sets a password; good for three days and one use.")


class EndedOut(Schema):
    count: int


class UnitOut(Schema):
    id: uuid.UUID
    name: str
    parent_id: uuid.UUID | None
    depth: int
    people: int
    version: int

    @staticmethod
    def of(row: UnitRow) -> dict[str, Any]:
        unit = row.unit
        return {
            "id": unit.id,
            "name": unit.name,
            "parent_id": unit.parent_id,
            "depth": row.depth,
            "people": row.people,
            "version": unit.version,
        }


class UnitIn(Schema):
    name: str = Field(max_length=200)
    parent_id: uuid.UUID


class UnitChange(Schema):
    name: str | None = Field(None, max_length=200)
    parent_id: uuid.UUID | None = None
    version: int | None = Version


class RoleOut(Schema):
    id: uuid.UUID
    name: str
    permissions: list[str]
    holds_all: bool
    scope: Scope
    version: int


class RoleIn(Schema):
    name: str = Field(max_length=100)
    permissions: list[str]
    scope: Scope
    holds_all: bool = False


class RoleChange(RoleIn):
    version: int | None = Version


class TokenOut(Schema):
    id: uuid.UUID
    name: str
    prefix: str
    member_id: uuid.UUID
    permissions: list[str]
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


class TokenIn(Schema):
    name: str = Field(max_length=100)
    permissions: list[str]
    expires_at: datetime
    member_id: uuid.UUID | None = Field(None, description="Whom it acts for; yourself when left out.")


class TokenMade(TokenOut):
    token: str = Field(description="Shown this once.")


class AuditQuery(Schema):
    search: str = Field("", description="Part of a person's name.")
    action: str = ""
    subject_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


class AuditOut(Schema):
    id: uuid.UUID
    occurred_at: datetime
    action: str
    actor_kind: str
    actor_id: uuid.UUID | None
    actor_name: str
    subject_kind: str
    subject_id: uuid.UUID | None
    changes: dict[str, Any]
