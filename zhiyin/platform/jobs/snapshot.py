"""The actor who started a job, kept with it: it may do what he might do then and may still do when it runs."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied

# From a member's id to the actor he is now, ``None`` for one who is shut out; runs in the tenant's scope.
Find = Callable[[uuid.UUID], Actor | None]
_find: list[Find] = []


def members(find: Find) -> Find:
    """Register who knows the members; there is one such function."""
    _find[:] = [find]
    return find


def as_of_now(then: Actor) -> Actor:
    """Who started a job, with the permissions that he had then and still has, and the records he reaches now.

    Raises ``PermissionDenied`` when he has been shut out since.
    """
    if then.member_id is None or not _find:
        return then
    now = _find[0](then.member_id)
    if now is None:
        raise PermissionDenied(_("Who started this job is no longer active in the company."))
    return replace(now, name=then.name, kind=then.kind, permissions=then.permissions & now.permissions)


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
        "fields": dict(actor.fields),
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
        fields=data.get("fields", {}),
    )


def _uuid(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None
