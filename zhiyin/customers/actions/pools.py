"""Public pools: customers without an owner come in, are claimed or assigned, and go back with a reason."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member, Role, Unit
from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_owners
from zhiyin.customers.actions.bulk import BULK_AT_ONCE, Done, Selection, among, selected
from zhiyin.customers.actions.records import may_own
from zhiyin.customers.actions.timeline import owners_on_timeline
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.events import CustomersClaimed, CustomersPooled, PoolChanged
from zhiyin.customers.models import Customer, Pool, PoolMove, Share
from zhiyin.customers.queries.pools import cooling, room
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST = 100
BATCH = 5_000
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


class CoolingOff(Conflict):
    message = _("You had this customer a short while ago; leave it to others for some days.")


@dataclass(frozen=True, slots=True)
class PoolRules:
    """A pool as ``Pool`` describes it."""

    name: str
    units: tuple[uuid.UUID, ...] = ()
    roles: tuple[uuid.UUID, ...] = ()
    members: tuple[uuid.UUID, ...] = ()
    daily_limit: int | None = None
    held_limit: int | None = None
    cooling_days: int = 30


FIELDS = tuple(field.name for field in fields(PoolRules))
_LISTS = (("units", Unit), ("roles", Role), ("members", Member))
_NUMBERS = (("daily_limit", 1), ("held_limit", 1), ("cooling_days", 0))


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
    _apply(made, rules)
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
    _apply(found, rules)
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

    Raises ``AlreadyClaimed``, ``PoolQuotaReached`` or ``CoolingOff`` when none can be taken.
    """
    actor.require("customers.edit")
    pool = access.pool(actor, pool_id, to_claim=True)
    member = _claimant(actor)
    wanted = list(dict.fromkeys(customer_ids))[:BULK_AT_ONCE]
    waiting = cooling(pool, member.pk, wanted, now)
    fresh = [key for key in wanted if key not in waiting]
    if not fresh:
        raise CoolingOff if waiting else AlreadyClaimed
    there = set(Customer.objects.filter(pk__in=among(fresh), pool=pool).values_list("pk", flat=True))
    left = room(pool, member.pk, now).left
    if left is not None and left <= 0:
        raise PoolQuotaReached
    chosen = [key for key in fresh if key in there][:left]
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
    owner = Member.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None or not may_own(actor, owner):
        raise Invalid(_("Choose somebody you may give customers to."), field="owner")
    wanted = list(dict.fromkeys(customer_ids))[:BULK_AT_ONCE]
    ids = _take(actor, pool, wanted, owner, kind=PoolMoveKind.ASSIGNED, now=now)
    if not ids:
        raise AlreadyClaimed
    return Taken(ids, len(wanted) - len(ids))


def return_customers(
    *, actor: Actor, selection: Selection, pool_id: uuid.UUID, reason: str, now: datetime.datetime
) -> Done:
    """Put customers that are the actor's to dispose of into a pool: without owner and unit, their shares ended.

    Raises ``Invalid`` without a reason, and for more than ``BULK_AT_ONCE``.
    """
    actor.require("customers.edit")
    said = checked(" ".join(reason.split()), "reason", 200)
    if not said:
        raise Invalid(_("Say why."), field="reason")
    pool = access.open_pool(pool_id)
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "full").values("pk"), pool=None)
    held = rows.order_by("pk").select_for_update(no_key=True)
    before = list(held.values_list("pk", "owner_id", "unit_id", "version")[: BULK_AT_ONCE + 1])
    if len(before) > BULK_AT_ONCE:
        raise Invalid(_("Choose fewer customers; %d at most.") % BULK_AT_ONCE)
    ids = [key for key, *_rest in before]
    Share.objects.filter(customer__in=among(ids)).delete()
    Customer.objects.filter(pk__in=among(ids)).update(
        owner=None, unit=None, pool=pool, version=F("version") + 1, updated_at=now
    )
    moves = [(key, owner) for key, owner, *_rest in before]
    _moved(actor, pool, moves, kind=PoolMoveKind.ENTERED, now=now, reason=said)
    owners_on_timeline(actor, [(key, owner, None) for key, owner, *_rest in before if owner], now)
    changes: dict[str, list[Any]] = {
        "pool": [None, pool.name],
        "reason": [None, said],
        "customers": [None, [str(key) for key in ids]],
    }
    record(CustomersPooled(pool.pk, len(ids)), actor=actor, now=now, subject=_subject(ids), changes=changes)
    return Done(len(ids), undo_id=keep_owners(actor, before, now).pk)


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
        _moved(actor, pool, [(key, owner.pk) for key in taken], kind=kind, now=now)
        owners_on_timeline(actor, [(key, None, owner.pk) for key in taken], now)
        changes: dict[str, list[Any]] = {
            "pool": [pool.name, None],
            "owner": [None, owner.name],
            "customers": [None, [str(key) for key in taken]],
        }
        event = CustomersClaimed(pool.pk, owner.pk, len(taken), kind)
        record(event, actor=actor, now=now, subject=_subject(taken), changes=changes)
    return taken


def _moved(
    actor: Actor,
    pool: Pool,
    moves: Sequence[tuple[uuid.UUID, uuid.UUID | None]],
    *,
    kind: PoolMoveKind,
    now: datetime.datetime,
    reason: str = "",
) -> None:
    PoolMove.objects.bulk_create(
        (
            PoolMove(
                pool=pool,
                customer_id=customer,
                kind=kind,
                member_id=member,
                actor_name=actor.name,
                reason=reason,
                moved_at=now,
            )
            for customer, member in moves
        ),
        batch_size=BATCH,
    )


def _subject(ids: Sequence[uuid.UUID]) -> tuple[str, uuid.UUID] | None:
    return ("customer", ids[0]) if len(ids) == 1 else None


def _apply(pool: Pool, rules: PoolRules) -> None:
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
