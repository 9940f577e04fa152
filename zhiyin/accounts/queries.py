"""Reads for the pages and operations of accounts; each names its number of SQL statements."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Replace

from zhiyin.accounts.access import colleague, handovers, within
from zhiyin.accounts.handover import PERMISSION, parts
from zhiyin.accounts.models import ApiToken, Handover, Member, Role, Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit.checkpoints import consistency_proof, inclusion_proof
from zhiyin.platform.audit.log import last_seal
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import AuditCheckpoint, AuditEntry, AuditPending
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.pinyin import normalise

MEMBER_ORDERS = {
    "name": ["name_key"],
    "-name": ["-name_key"],
    "email": ["user__email"],
    "-email": ["-user__email"],
    "seen": ["user__last_login"],
    "-seen": ["-user__last_login"],
    "joined": ["created_at"],
    "-joined": ["-created_at"],
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A line of the tree: ``depth`` from 0, ``people`` in the unit itself, units right ``below`` it."""

    unit: Unit
    depth: int
    people: int
    below: int


def members(
    *,
    actor: Actor,
    search: str = "",
    role_id: uuid.UUID | None = None,
    unit_id: uuid.UUID | None = None,
    active: bool | None = None,
    order: str = "name",
    after: str = "",
    limit: int = 50,
) -> Page[Member]:
    """People of the company with user, role and unit; ``unit_id`` includes the units below. One statement."""
    actor.require("accounts.manage")
    rows: QuerySet[Member] = Member.objects.select_related("user", "role", "unit")
    if search.strip():
        rows = _called(rows, search)
    if role_id:
        rows = rows.filter(role_id=role_id)
    if unit_id:
        rows = rows.filter(unit__path__contains=[unit_id])
    if active is not None:
        rows = rows.filter(is_active=active)
    return keyset(rows, order=MEMBER_ORDERS.get(order, ["name_key"]), after=after, limit=limit)


def _called(rows: QuerySet[Member], search: str) -> QuerySet[Member]:
    text = normalise(search)
    named = rows.alias(pinyin=Replace("name_key", Value(" "), Value("")))
    return named.filter(
        Q(name__icontains=text) | Q(pinyin__contains=text.replace(" ", "")) | Q(user__email__icontains=text)
    )


def member(*, actor: Actor, member_id: uuid.UUID) -> Member:
    """One person with user, role and unit; raises ``NotFound``. One statement."""
    actor.require("accounts.manage")
    found = Member.objects.select_related("user", "role", "unit").filter(pk=member_id).first()
    if found is None:
        raise NotFound
    return found


def myself(*, actor: Actor) -> Member:
    """The actor's own membership with role and unit; raises ``NotFound`` for the system. One statement."""
    if actor.member_id is None:
        raise NotFound
    return Member.objects.select_related("role", "unit").get(pk=actor.member_id)


def names_of_members() -> list[tuple[uuid.UUID, str]]:
    """Everybody active, by name, for a choice in a form. One statement."""
    return list(Member.objects.filter(is_active=True).order_by("name_key").values_list("id", "name"))


def names_of_roles(*, actor: Actor) -> list[tuple[uuid.UUID, str]]:
    """All roles by name, for a choice in a form of the settings. One statement."""
    actor.require("settings.manage")
    return list(Role.objects.order_by("name").values_list("id", "name"))


def units(*, actor: Actor) -> list[UnitRow]:
    """The tree from the top, a unit before those below it, neighbours by name. One statement."""
    actor.require("accounts.manage")
    rows = Unit.objects.annotate(
        people=Count("members", filter=Q(members__is_active=True), distinct=True),
        below=Count("children", distinct=True),
    )
    names: dict[uuid.UUID, str] = {}
    found = sorted(rows, key=lambda unit: len(unit.path))
    for unit in found:
        names[unit.id] = unit.name
    in_order = sorted(found, key=lambda unit: [(names.get(key, ""), key) for key in unit.path])
    return [UnitRow(unit, len(unit.path) - 1, unit.people, unit.below) for unit in in_order]


def unit(*, actor: Actor, unit_id: uuid.UUID) -> Unit:
    """One unit; raises ``NotFound``. One statement."""
    actor.require("accounts.manage")
    found = Unit.objects.select_related("parent").filter(pk=unit_id).first()
    if found is None:
        raise NotFound
    return found


def roles(*, actor: Actor) -> Sequence[Role]:
    """All roles by name, each with ``people``, the number who have it. One statement."""
    actor.require("accounts.manage")
    return list(
        Role.objects.annotate(people=Count("members", filter=Q(members__is_active=True))).order_by("name")
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """What somebody has that he could hand over: how many of each part, by its code."""

    member: Member
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def holders(actor: Actor, *, search: str = "", now: datetime.datetime, most: int = 200) -> list[Holder]:
    """Members within reach by name: those who left and have something still, or with ``search`` all of that name.

    One statement, and one for each part.
    """
    actor.require(PERMISSION)
    rows = within(actor).select_related("unit").order_by("is_active", "name_key", "pk")
    rows = _called(rows, search) if search.strip() else rows.filter(is_active=False)
    found = _holders(actor, list(rows[:most]), now)
    return found if search.strip() else [each for each in found if each.total]


def holder(actor: Actor, member_id: uuid.UUID, now: datetime.datetime) -> Holder:
    """One of them; raises ``NotFound``. One statement, and one for each part."""
    actor.require(PERMISSION)
    return _holders(actor, [colleague(actor, member_id)], now)[0]


def _holders(actor: Actor, members: list[Member], now: datetime.datetime) -> list[Holder]:
    ids = [each.pk for each in members]
    held = {part.code: part.held(actor, ids, now) if ids else {} for part in parts(actor)}
    return [
        Holder(each, {code: count for code, by in held.items() if (count := by.get(each.pk, 0))})
        for each in members
    ]


def made_handovers(actor: Actor, *, after: str = "", limit: int = 20) -> Page[Handover]:
    """What was handed over, the newest first. One statement."""
    actor.require(PERMISSION)
    rows = handovers(actor).select_related("giver", "made_by")
    return keyset(rows, order=["-created_at"], after=after, limit=limit)


def role(*, actor: Actor, role_id: uuid.UUID) -> Role:
    """One role; raises ``NotFound``. One statement."""
    actor.require("accounts.manage")
    found = Role.objects.filter(pk=role_id).first()
    if found is None:
        raise NotFound
    return found


def tokens(*, actor: Actor, mine: bool = False) -> Sequence[ApiToken]:
    """Tokens of the company (``accounts.manage``) or one's own, those that work first. One statement."""
    rows = ApiToken.objects.select_related("member")
    if mine:
        rows = rows.filter(member_id=actor.member_id) if actor.member_id else rows.none()
    else:
        actor.require("accounts.manage")
    return list(rows.order_by(F("revoked_at").asc(nulls_first=True), "-created_at")[:500])


def token_state(token: ApiToken, now: datetime.datetime) -> str:
    """``active``, ``expired`` or ``revoked``."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= now else "active"


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the audit log is sealed; ``root`` stands for all entries up to ``size``."""

    size: int
    root: str
    sealed_at: datetime.datetime | None
    waiting: int


def audit_entries(
    *,
    actor: Actor,
    search: str = "",
    action: str = "",
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    subject_id: uuid.UUID | None = None,
    after: str = "",
    limit: int = 50,
) -> Page[AuditEntry]:
    """Who did what, the newest first; ``search`` is part of a person's name. One statement."""
    actor.require("audit.view")
    rows: QuerySet[AuditEntry] = AuditEntry.objects.select_related("leaf")
    if search.strip():
        rows = rows.filter(actor_name__icontains=search.strip())
    if action:
        rows = rows.filter(action=action)
    if since:
        rows = rows.filter(occurred_at__gte=since)
    if until:
        rows = rows.filter(occurred_at__lt=until)
    if subject_id:
        rows = rows.filter(subject_id=subject_id)
    return keyset(rows, order=["-id"], after=after, limit=limit)


def audit_checkpoints(*, actor: Actor, after: str = "", limit: int = 50) -> Page[AuditCheckpoint]:
    """What was signed, the newest first. One statement."""
    actor.require("audit.view")
    return keyset(AuditCheckpoint.objects.all(), order=["-size"], after=after, limit=limit)


def audit_checkpoint(*, actor: Actor, size: int) -> AuditCheckpoint:
    """The checkpoint over ``size`` entries; raises ``NotFound``. One statement."""
    actor.require("audit.view")
    found = AuditCheckpoint.objects.filter(size=size).first()
    if found is None:
        raise NotFound
    return found


def audit_proof(*, actor: Actor, entry_id: uuid.UUID) -> dict[str, Any]:
    """That an entry is in the log; raises ``NotFound``, and ``Conflict`` while it waits for its seal."""
    actor.require("audit.view")
    return inclusion_proof(actor.tenant_id, entry_id)


def audit_growth(*, actor: Actor, old_size: int, size: int) -> dict[str, Any]:
    """That the log of one checkpoint begins with that of an earlier one; raises ``NotFound``."""
    actor.require("audit.view")
    return consistency_proof(actor.tenant_id, old_size, size)


def audit_state(*, actor: Actor) -> LogState:
    """Two statements."""
    actor.require("audit.view")
    seal = last_seal()
    waiting = AuditPending.objects.count()
    if seal is None:
        return LogState(0, "", None, waiting)
    return LogState(seal.size, bytes(seal.root).hex(), seal.sealed_at, waiting)
