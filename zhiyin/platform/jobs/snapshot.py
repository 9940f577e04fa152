"""The actor who started a job, kept with it, so that the job may do what he might do then and no more."""

import uuid
from typing import Any

from zhiyin.platform.actors import Actor


def dump_actor(actor: Actor, language: str | None, zone: str) -> dict[str, Any]:
    return {
        "member_id": str(actor.member_id) if actor.member_id else None,
        "user_id": str(actor.user_id) if actor.user_id else None,
        "name": actor.name,
        "kind": actor.kind,
        "permissions": sorted(actor.permissions),
        "scope": actor.scope,
        "unit_id": str(actor.unit_id) if actor.unit_id else None,
        "unit_ids": [str(unit) for unit in actor.unit_ids],
        "language": language,
        "zone": zone,
    }


def load_actor(tenant_id: uuid.UUID, data: dict[str, Any]) -> Actor:
    return Actor(
        tenant_id=tenant_id,
        member_id=_uuid(data["member_id"]),
        user_id=_uuid(data["user_id"]),
        name=data["name"],
        kind=data["kind"],
        permissions=frozenset(data["permissions"]),
        scope=data["scope"],
        unit_id=_uuid(data["unit_id"]),
        unit_ids=tuple(uuid.UUID(unit) for unit in data["unit_ids"]),
    )


def _uuid(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None
