"""Who is acting: from a session or an API token to an ``Actor``; and what an actor may see of accounts."""

import datetime
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare

from zhiyin.accounts.models import ApiToken, Handover, Member, Tenant, Unit, User
from zhiyin.platform import tokens
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import planned_cursor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.permissions import registered, usable
from zhiyin.platform.tenancy import as_user, scope

TENANT_KEY = "zhiyin_tenant"
TOKEN_START = "zy_"  # noqa: S105  # how every token begins, no secret


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person in one company."""

    user: User
    tenant: Tenant
    actor: Actor


def _columns(model: type[User] | type[Tenant], alias: str) -> tuple[list[str], str]:
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], ", ".join(f'{alias}."{field.column}"' for field in fields)


_USER_NAMES, _USER_COLUMNS = _columns(User, "u")
_TENANT_NAMES, _TENANT_COLUMNS = _columns(Tenant, "t")
_UNITS = """CASE r.scope
    WHEN 'unit' THEN ARRAY[m.unit_id]
    WHEN 'subtree' THEN ARRAY(SELECT x.id FROM accounts_unit x WHERE x.path @> ARRAY[m.unit_id])
    ELSE ARRAY[]::uuid[] END"""
_FROM = """
    FROM accounts_member m
    JOIN accounts_user u ON u.id = m.user_id
    JOIN accounts_role r ON r.id = m.role_id
    JOIN accounts_tenant t ON t.id = m.tenant_id
"""
_MEMBER = "m.id, m.name, m.unit_id, r.permissions, r.holds_all, r.scope, r.field_rules::text"
# one statement a request: who, where, with which rights over which units
_BY_USER = f"""
SELECT {_MEMBER}, {_UNITS}, {_USER_COLUMNS}, {_TENANT_COLUMNS} {_FROM}
WHERE m.user_id = %s AND m.tenant_id = current_tenant() AND m.is_active AND u.is_active
"""
_BY_TOKEN = f"""
SELECT {_MEMBER}, {_UNITS}, {_USER_COLUMNS}, {_TENANT_COLUMNS}, k.id, k.name, k.permissions, k.last_used_at
{_FROM} JOIN accounts_apitoken k ON k.member_id = m.id
WHERE k.digest = %s AND k.revoked_at IS NULL AND k.expires_at > %s AND m.is_active AND u.is_active
"""


def actor_for(member: Member) -> Actor:
    """The actor that ``member`` is; its tenant's scope must be open. Two SQL statements at most."""
    units: list[uuid.UUID] = []
    if member.role.scope == "unit":
        units = [member.unit_id]
    elif member.role.scope == "subtree":
        units = list(Unit.objects.filter(path__contains=[member.unit_id]).values_list("id", flat=True))
    return _actor(
        member.tenant_id,
        (
            member.id,
            member.name,
            member.unit_id,
            member.role.permissions,
            member.role.holds_all,
            member.role.scope,
            json.dumps(member.role.field_rules),
            units,
        ),
        member.user_id,
    )


def visitor(user_id: uuid.UUID) -> Visitor | None:
    """The person in the company whose scope is open; ``None`` unless an active member of it."""
    row = _one(_BY_USER, [user_id])
    return _visitor(row) if row else None


def visitor_by_session(session: SessionBase) -> tuple[uuid.UUID, uuid.UUID] | None:
    """User and tenant ids that a session names, not yet checked."""
    user, tenant = session.get(SESSION_KEY), session.get(TENANT_KEY)
    return (uuid.UUID(user), uuid.UUID(tenant)) if user and tenant else None


def session_is_valid(session: SessionBase, user: User) -> bool:
    """Whether the session was opened with the user's present password; a changed one ends all sessions."""
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def actor_by_session(session: SessionBase) -> Actor | None:
    """The actor of a session outside any request, as the stream of events needs it."""
    ids = visitor_by_session(session)
    if ids is None:
        return None
    with scope(ids[1]):
        found = visitor(ids[0])
    return found.actor if found and session_is_valid(session, found.user) else None


def within(actor: Actor) -> QuerySet[Member]:
    """The members within this actor's record scope, and himself; those who left too."""
    if actor.scope == "all":
        return Member.objects.all()
    units = () if actor.scope == "own" else actor.unit_ids
    return Member.objects.filter(Q(unit__in=units) | Q(pk__in=[actor.member_id]))


def takers(actor: Actor) -> QuerySet[Member]:
    """Those of them who are active: to whom this actor may give customers and tasks."""
    return within(actor).filter(is_active=True)


def colleague(actor: Actor, member_id: uuid.UUID) -> Member:
    """One of those within the record scope. Raises ``NotFound``."""
    found = within(actor).select_related("unit").filter(pk=member_id).first()
    if found is None:
        raise NotFound
    return found


def handovers(actor: Actor) -> QuerySet[Handover]:
    """What was handed over by this actor, or of members within his record scope."""
    mine = Q(made_by=actor.member_id) if actor.member_id else Q(pk__in=[])
    return Handover.objects.filter(mine | Q(giver__in=within(actor)))


def handover(actor: Actor, handover_id: uuid.UUID, *, lock: bool = False) -> Handover:
    """One of them. Raises ``NotFound``."""
    rows = handovers(actor).select_related("giver", "made_by")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=handover_id).first()
    if found is None:
        raise NotFound
    return found


def memberships(user_id: uuid.UUID) -> list[tuple[Tenant, str]]:
    """The companies that a person may enter, each with the person's name there, by name."""
    with as_user(user_id):
        members = dict(
            Member.objects.filter(user_id=user_id, is_active=True).values_list("tenant_id", "name")
        )
    return [(tenant, members[tenant.id]) for tenant in Tenant.objects.filter(pk__in=members).order_by("name")]


def token_text(tenant_id: uuid.UUID, secret: bytes) -> str:
    """A token as its holder sees it: the tenant, in which it is looked up, and 192 random bits."""
    return tokens.new_token(TOKEN_START, tenant_id, secret)


def token_tenant(token: str) -> uuid.UUID | None:
    """The tenant a token claims to belong to, or ``None`` when it cannot be a token."""
    return tokens.tenant_of(TOKEN_START, token)


def visitor_by_token(token: str, now: datetime.datetime) -> Visitor | None:
    """Whom a token stands for, with no more than both its own and its member's permissions.

    The scope of ``token_tenant(token)`` must be open. Notes the use at most once a minute.
    """
    row = _one(_BY_TOKEN, [tokens.digest(token), now])
    if row is None:
        return None
    token_id, name, granted, used = row[-4:]
    if used is None or now - used > datetime.timedelta(minutes=1):
        waiting = ApiToken.objects.select_for_update(skip_locked=True).filter(pk=token_id)
        ApiToken.objects.filter(pk__in=waiting).update(last_used_at=now)
    found = _visitor(row[:-4])
    actor = _actor(found.tenant.id, row[:8], found.user.id, token=(name, granted))
    return Visitor(found.user, found.tenant, actor)


def _visitor(row: Sequence[Any]) -> Visitor:
    middle = 8 + len(_USER_NAMES)
    user = User.from_db("default", _USER_NAMES, row[8:middle])
    tenant = Tenant.from_db("default", _TENANT_NAMES, row[middle:])
    return Visitor(user, tenant, _actor(tenant.id, row[:8], user.id))


def _actor(
    tenant_id: uuid.UUID,
    row: Sequence[Any],
    user_id: uuid.UUID,
    token: tuple[str, list[str]] | None = None,
) -> Actor:
    member_id, name, unit_id, permissions, holds_all, record_scope, rules, units = row
    allowed = frozenset(registered()) if holds_all else frozenset(permissions)
    return Actor(
        tenant_id=tenant_id,
        member_id=member_id,
        name=f"{name} ({token[0]})" if token else name,
        kind="token" if token else "user",
        permissions=usable(allowed & frozenset(token[1]) if token else allowed),
        scope=record_scope,
        unit_id=unit_id,
        unit_ids=tuple(units),
        user_id=user_id,
        fields={} if holds_all else json.loads(rules),
    )


def _one(sql: str, parameters: list[Any]) -> tuple[Any, ...] | None:
    with planned_cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
