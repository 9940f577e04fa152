"""Public pools: customers without an owner come in, are claimed or assigned, and go back with a reason."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.accounts.models import Member, Role, Unit
from zhiyin.customers import access, filters
from zhiyin.customers.actions.assigned import Given, keep_assignments, moved
from zhiyin.customers.actions.bulk import BULK_AT_ONCE
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.actions.pooling import subject_of
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.events import CustomerChanged, CustomersClaimed, PoolChanged
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Customer, Pool
from zhiyin.customers.queries.pools import cooling, room, within_limits
from zhiyin.customers.queries.protection import still_owned
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.record import record, write_each
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST = 100
_TAKE = """
WITH held AS (
    SELECT id FROM customers_customer WHERE id = ANY(%(ids)s) AND owner_id IS NULL AND pool_id = %(pool)s
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE customers_customer c
SET owner_id = %(owner)s, unit_id = %(unit)s, pool_id = NULL, version = c.version + 1, updated_at = %(now)s
FROM held WHERE c.id = held.id AND c.owner_id IS NULL
RETURNING c.id
"""


class AlreadyClaimed(Conflict):
    message = _("Somebody else has this customer already.")


class PoolQuotaReached(Conflict):
    message = _("You have claimed as many as this pool allows.")


class OwnsEnough(Conflict):
    message = _("You have as many customers of this kind as one may have. Return some first.")


class CoolingOff(Conflict):
    message = _("You had this customer a short while ago; leave it to others for some days.")


@dataclass(frozen=True, slots=True)
class PoolRules:
    """A pool as ``Pool`` describes it; its filter is one of the actor's own, who sees all that it asks for."""

    name: str
    units: tuple[uuid.UUID, ...] = ()
    roles: tuple[uuid.UUID, ...] = ()
    members: tuple[uuid.UUID, ...] = ()
    daily_limit: int | None = None
    held_limit: int | None = None
    cooling_days: int = 30
    filter: Group = field(default_factory=Group)
    position: int = 100


FIELDS = tuple(each.name for each in fields(PoolRules))
_LISTS = (("units", Unit), ("roles", Role), ("members", Member))
_NUMBERS = (("daily_limit", 1), ("held_limit", 1), ("cooling_days", 0), ("position", 0))


@dataclass(frozen=True, slots=True)
class Taken:
    """Whom the claimant has now, and how many of those asked for were left to others, by quota or by cooling-off."""

    ids: list[uuid.UUID]
    left: int


class PoolTaken(Conflict):
    message = _("There is a pool of this name already.")


def create_pool(*, actor: Actor, rules: PoolRules, now: datetime.datetime) -> Pool:
    """Raises ``PoolTaken`` and ``Invalid``."""
    actor.require("pools.manage")
    if Pool.objects.count() >= MOST:
        raise Invalid(_("These are enough pools."))
    made = Pool(created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _changed(actor, made, "added", {name: [None, _plain(made, name)] for name in FIELDS}, now)
    return made


def change_pool(
    *, actor: Actor, pool_id: uuid.UUID, rules: PoolRules, version: str | None = None, now: datetime.datetime
) -> Pool:
    """Raises ``PoolTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("pools.manage")
    found = access.pool(actor, pool_id, lock=True)
    require_seen(version, str(found.version), found.name)
    before = {name: _plain(found, name) for name in FIELDS}
    _apply(actor, found, rules)
    different = {name: [old, new] for name, old in before.items() if (new := _plain(found, name)) != old}
    if different:
        found.version += 1
        found.save(update_fields=[*different, "version"])
        _changed(actor, found, "changed", different, now)
    return found


def archive_pool(*, actor: Actor, pool_id: uuid.UUID, now: datetime.datetime) -> Pool:
    """Nobody claims from it any more, and nobody is put in; who is in it stays there."""
    return _set_archived(actor, pool_id, now, archived=True)


def restore_pool(*, actor: Actor, pool_id: uuid.UUID, now: datetime.datetime) -> Pool:
    return _set_archived(actor, pool_id, now, archived=False)


def claim_customers(
    *, actor: Actor, pool_id: uuid.UUID, customer_ids: Sequence[uuid.UUID], now: datetime.datetime
) -> Taken:
    """Take customers of a pool for oneself, as many as the pool allows, in the order given.

    Raises ``AlreadyClaimed``, ``PoolQuotaReached``, ``OwnsEnough`` or ``CoolingOff`` when none can be taken.
    """
    actor.require("customers.edit")
    pool = access.pool(actor, pool_id, to_claim=True)
    member = _claimant(actor)
    wanted = list(dict.fromkeys(customer_ids))[:BULK_AT_ONCE]
    waiting = cooling(pool, member.pk, wanted, now)
    fresh = [key for key in wanted if key not in waiting]
    if not fresh:
        raise CoolingOff if waiting else AlreadyClaimed
    there = set(Customer.objects.filter(pk__among=fresh, pool=pool).values_list("pk", flat=True))
    left = room(pool, member.pk, now).left
    if left is not None and left <= 0:
        raise PoolQuotaReached
    here = within_limits(actor.tenant_id, pool, member.pk, [key for key in fresh if key in there], now)
    if there and not here:
        raise PoolQuotaReached
    chosen = still_owned(actor.tenant_id, member.pk, here, timezone.localdate(now))[:left]
    if here and not chosen:
        raise OwnsEnough
    ids = _take(actor, pool, chosen, member, kind=PoolMoveKind.CLAIMED, now=now)
    if not ids:
        raise AlreadyClaimed
    return Taken(ids, len(wanted) - len(ids))


def assign_from_pool(
    *,
    actor: Actor,
    pool_id: uuid.UUID,
    customer_ids: Sequence[uuid.UUID],
    owner_id: uuid.UUID,
    now: datetime.datetime,
) -> Taken:
    """Give customers of a pool to somebody, whatever the quotas. Raises ``AlreadyClaimed`` for none."""
    actor.require("pools.manage")
    pool = access.pool(actor, pool_id)
    owner = takers(actor).filter(pk=owner_id).first()
    if owner is None:
        raise Invalid(_("Choose somebody you may give customers to."), field="owner")
    wanted = list(dict.fromkeys(customer_ids))[:BULK_AT_ONCE]
    ids = _take(actor, pool, wanted, owner, kind=PoolMoveKind.ASSIGNED, now=now)
    if not ids:
        raise AlreadyClaimed
    return Taken(ids, len(wanted) - len(ids))


def _claimant(actor: Actor) -> Member:
    """Locked, so that what he claims at the same moment is counted one after the other."""
    members = Member.objects.select_for_update(no_key=True, of=("self",))
    member = members.filter(pk=actor.member_id).first() if actor.member_id else None
    if member is None:
        raise PermissionDenied(_("Only a member can have customers."))
    return member


def _take(
    actor: Actor,
    pool: Pool,
    ids: Sequence[uuid.UUID],
    owner: Member,
    *,
    kind: PoolMoveKind,
    now: datetime.datetime,
) -> list[uuid.UUID]:
    """Compare and set: those who have no owner yet get this one."""
    values: dict[str, Any] = {
        "ids": list(ids),
        "pool": pool.pk,
        "owner": owner.pk,
        "unit": owner.unit_id,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        taken = [key for (key,) in cursor.fetchall()]
    if taken:
        moved(actor, pool.pk, [(key, owner.pk) for key in taken], kind=kind, now=now)
        refresh_holdings(actor.tenant_id, now, taken)
        keep_assignments(actor, [Given(key, None, owner.pk) for key in taken], now)
        changes: dict[str, list[Any]] = {
            "pool": [pool.name, None],
            "owner": [None, owner.name],
            "customers": [None, len(taken)],
        }
        event = CustomersClaimed(pool.pk, owner.pk, len(taken), kind)
        record(event, actor=actor, now=now, subject=subject_of(taken), changes=changes)
        trail: dict[str, list[Any]] = {
            "owner_id": [None, owner.pk],
            "unit_id": [None, owner.unit_id],
            "pool": [pool.name, None],
        }
        trails: dict[uuid.UUID, dict[str, list[Any]]] = dict.fromkeys(taken, trail)
        write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=trails)
    return taken


def _apply(actor: Actor, pool: Pool, rules: PoolRules) -> None:
    pool.name = checked(" ".join(rules.name.split()), "name", 100)
    if not pool.name:
        raise Invalid(_("Give it a name."), field="name")
    if Pool.objects.exclude(pk=pool.pk).filter(name__iexact=pool.name).exists():
        raise PoolTaken(field="name")
    for name, model in _LISTS:
        keys = sorted(set(getattr(rules, name)))
        if model._default_manager.filter(pk__in=keys).count() != len(keys):
            raise Invalid(field=name)
        setattr(pool, name, keys)
    known = filters.terms(actor)
    filters.compiled(rules.filter, known, timezone.localdate())
    pool.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)
    for name, least in _NUMBERS:
        number = getattr(rules, name)
        if number is not None and not least <= number <= 1_000_000:
            raise Invalid(field=name)
        setattr(pool, name, number)


def _set_archived(actor: Actor, pool_id: uuid.UUID, now: datetime.datetime, *, archived: bool) -> Pool:
    actor.require("pools.manage")
    found = access.pool(actor, pool_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at = now if archived else None
        found.save(update_fields=["archived_at"])
        what = "archived" if archived else "restored"
        _changed(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def _plain(pool: Pool, name: str) -> Any:
    value = getattr(pool, name)
    return [str(each) for each in value] if isinstance(value, list) else value


def _changed(
    actor: Actor, pool: Pool, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    record(PoolChanged(pool.pk, what), actor=actor, now=now, subject=("pool", pool.pk), changes=changes)
