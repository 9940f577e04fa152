"""Roles: what their people may do, and with whose records."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from zhiyin.accounts import events
from zhiyin.accounts.actions.guards import (
    MANAGE,
    known,
    lock_company,
    locked,
    name_once,
    require_administrator_left,
    require_covers_role,
)
from zhiyin.accounts.choices import RecordScope
from zhiyin.accounts.errors import RoleInUse
from zhiyin.accounts.models import Role
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record


def create_role(
    *,
    actor: Actor,
    name: str,
    permissions: Iterable[str],
    scope: str,
    holds_all: bool = False,
    now: datetime.datetime,
) -> Role:
    """Raises ``NameTaken``, ``TooMuch``, ``UnknownPermission`` or ``Invalid``."""
    actor.require(MANAGE)
    role = Role(holds_all=holds_all, **_checked(name, permissions, scope))
    require_covers_role(actor, role)
    with name_once():
        role.save(force_insert=True)
    record(
        events.RoleCreated(role_id=role.id),
        actor=actor,
        now=now,
        subject=("role", role.id),
        changes={"name": [None, role.name], "permissions": [None, role.permissions], "scope": [None, scope]},
    )
    return role


def change_role(
    *,
    actor: Actor,
    role_id: uuid.UUID,
    name: str,
    permissions: Iterable[str],
    scope: str,
    holds_all: bool = False,
    field_rules: Mapping[str, str] | None = None,
    version: int | None = None,
    now: datetime.datetime,
) -> Role:
    """``field_rules`` are checked by the app that has the fields; without them those of before stay.

    Raises ``NotFound``, ``Conflict``, ``LastAdministrator``, and what ``create_role`` raises.
    """
    actor.require(MANAGE)
    lock_company(actor)
    role = locked(Role.objects.all(), role_id, version)
    values: dict[str, Any] = {**_checked(name, permissions, scope), "holds_all": holds_all}
    if field_rules is not None:
        values["field_rules"] = dict(field_rules)
    changes = {
        field: [getattr(role, field), value]
        for field, value in values.items()
        if getattr(role, field) != value
    }
    if not changes:
        return role
    require_covers_role(actor, role)
    for field, value in values.items():
        setattr(role, field, value)
    require_covers_role(actor, role)
    role.version += 1
    with name_once():
        role.save(update_fields=[*values, "version"])
    require_administrator_left()
    record(
        events.RoleChanged(role_id=role.id), actor=actor, now=now, subject=("role", role.id), changes=changes
    )
    return role


def delete_role(*, actor: Actor, role_id: uuid.UUID, now: datetime.datetime) -> None:
    """Remove a role that nobody has; raises ``RoleInUse``, ``TooMuch`` or ``NotFound``."""
    actor.require(MANAGE)
    role = locked(Role.objects.all(), role_id)
    require_covers_role(actor, role)
    name = role.name
    try:
        role.delete()
    except ProtectedError as error:
        raise RoleInUse from error
    record(
        events.RoleDeleted(role_id=role_id),
        actor=actor,
        now=now,
        subject=("role", role_id),
        changes={"name": [name, None]},
    )


def _checked(name: str, permissions: Iterable[str], scope: str) -> dict[str, str | list[str]]:
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        raise Invalid(_("Give a name of 100 characters at most."), field="name")
    if scope not in RecordScope.values:
        raise Invalid(_("Choose which records the role reaches."), field="scope")
    return {"name": name, "permissions": known(permissions), "scope": scope}
