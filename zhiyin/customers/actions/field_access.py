"""How far each role sees and changes the fields of the customer file."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from zhiyin.accounts.actions.roles import change_role
from zhiyin.accounts.errors import TooMuch
from zhiyin.accounts.models import Role
from zhiyin.customers import queries
from zhiyin.customers.choices import FieldAccess
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound

_ORDER = list(FieldAccess)


@dataclass(frozen=True, slots=True)
class RoleRules:
    """``rules`` by name of field; fields not named are open. ``version`` is that of the role which was read."""

    role_id: uuid.UUID
    rules: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


def set_field_access(*, actor: Actor, given: list[RoleRules], now: datetime.datetime) -> list[Role]:
    """Set the rules of some roles. Raises ``Invalid``, ``NotFound``, ``Conflict`` and ``TooMuch``.

    Rules of fields that are archived stay, for whoever takes those up again.
    """
    actor.require("accounts.manage")
    levels = {each.name: each.levels for each in queries.governed_fields(actor)}
    return [_set(actor, each, levels, now) for each in given]


def _set(
    actor: Actor, given: RoleRules, levels: Mapping[str, tuple[FieldAccess, ...]], now: datetime.datetime
) -> Role:
    role = Role.objects.filter(pk=given.role_id).first()
    if role is None:
        raise NotFound
    for name, how in given.rules.items():
        if how not in levels.get(name, ()):
            raise Invalid(_("This is not one of the choices."), field=name)
    kept = {name: how for name, how in role.field_rules.items() if name not in levels}
    rules = {name: str(how) for name, how in given.rules.items() if how != FieldAccess.OPEN}
    _require_covered(actor, role.field_rules, rules)
    if role.holds_all and rules:
        raise Invalid(_("This role sees every field."), field="rules")
    return change_role(
        actor=actor,
        role_id=role.pk,
        name=role.name,
        permissions=role.permissions,
        scope=role.scope,
        holds_all=role.holds_all,
        field_rules={**kept, **rules},
        version=given.version,
        now=now,
    )


def _require_covered(actor: Actor, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Nobody gives more than his own role sees."""
    for name, mine in actor.fields.items():
        then, now = (_ORDER.index(FieldAccess(each.get(name, FieldAccess.OPEN))) for each in (before, after))
        if now < then and now < _ORDER.index(FieldAccess(mine)):
            raise TooMuch
