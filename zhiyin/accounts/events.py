"""What happens in accounts, as other apps hear of it."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class TenantCreated(Event):
    name: ClassVar = "accounts.tenant_created"
    code: str


@dataclass(frozen=True)
class CompanyChanged(Event):
    name: ClassVar = "accounts.company_changed"


@dataclass(frozen=True)
class CompanyEntered(Event):
    name: ClassVar = "accounts.company_entered"
    member_id: uuid.UUID


@dataclass(frozen=True)
class UnitCreated(Event):
    name: ClassVar = "accounts.unit_created"
    unit_id: uuid.UUID


@dataclass(frozen=True)
class UnitRenamed(Event):
    name: ClassVar = "accounts.unit_renamed"
    unit_id: uuid.UUID


@dataclass(frozen=True)
class UnitMoved(Event):
    name: ClassVar = "accounts.unit_moved"
    unit_id: uuid.UUID


@dataclass(frozen=True)
class UnitDeleted(Event):
    name: ClassVar = "accounts.unit_deleted"
    unit_id: uuid.UUID


@dataclass(frozen=True)
class RoleCreated(Event):
    name: ClassVar = "accounts.role_created"
    role_id: uuid.UUID


@dataclass(frozen=True)
class RoleChanged(Event):
    name: ClassVar = "accounts.role_changed"
    role_id: uuid.UUID


@dataclass(frozen=True)
class RoleDeleted(Event):
    name: ClassVar = "accounts.role_deleted"
    role_id: uuid.UUID


@dataclass(frozen=True)
class MemberAdded(Event):
    name: ClassVar = "accounts.member_added"
    member_id: uuid.UUID


@dataclass(frozen=True)
class MemberChanged(Event):
    name: ClassVar = "accounts.member_changed"
    member_id: uuid.UUID


@dataclass(frozen=True)
class MemberDeactivated(Event):
    name: ClassVar = "accounts.member_deactivated"
    member_id: uuid.UUID


@dataclass(frozen=True)
class MemberActivated(Event):
    name: ClassVar = "accounts.member_activated"
    member_id: uuid.UUID


@dataclass(frozen=True)
class HandedOver(Event):
    """Of what a member had; ``what`` is ``begun``, ``moved`` of one part, ``done``, ``undone`` or ``returned`` of one part."""

    name: ClassVar = "accounts.handed_over"
    member_id: uuid.UUID
    handover_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class PasswordLinkMade(Event):
    name: ClassVar = "accounts.password_link_made"
    member_id: uuid.UUID


@dataclass(frozen=True)
class SecondFactorsRemoved(Event):
    name: ClassVar = "accounts.second_factors_removed"
    member_id: uuid.UUID


@dataclass(frozen=True)
class SessionsEnded(Event):
    name: ClassVar = "accounts.sessions_ended"
    member_id: uuid.UUID


@dataclass(frozen=True)
class TokenCreated(Event):
    name: ClassVar = "accounts.token_created"
    token_id: uuid.UUID


@dataclass(frozen=True)
class TokenRevoked(Event):
    name: ClassVar = "accounts.token_revoked"
    token_id: uuid.UUID


@dataclass(frozen=True)
class PreferencesChanged(Event):
    name: ClassVar = "accounts.preferences_changed"
    member_id: uuid.UUID
