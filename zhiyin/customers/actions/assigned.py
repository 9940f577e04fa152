"""What is kept whenever customers go from one to another: who had them, who has them, and why."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.actions.sealing import settle_contacts
from zhiyin.customers.choices import PoolMoveKind, TimelineKind
from zhiyin.customers.models import Pool
from zhiyin.platform.actors import Actor

Moves = Sequence[tuple[uuid.UUID, uuid.UUID | None]]
_MOVED = """
INSERT INTO customers_poolmove (pool_id, customer_id, member_id, kind, actor_name, reason, moved_at)
SELECT %(pool)s, customer, member, %(kind)s, %(actor)s, %(reason)s, %(now)s
FROM unnest(%(customers)s::uuid[], %(members)s::uuid[]) AS went (customer, member)
"""
_ASSIGNED = """
INSERT INTO customers_assignment
    (customer_id, previous_id, owner_id, unit_id, pool_id, rule_id, reason, actor_name, assigned_at)
SELECT given.*, %(actor)s, %(now)s
FROM unnest(%(customers)s::uuid[], %(previous)s::uuid[], %(owners)s::uuid[], %(units)s::uuid[], %(pools)s::uuid[],
    %(rules)s::uuid[], %(reasons)s::text[]) AS given
"""
_TOUCHED = """
INSERT INTO customers_timelineevent (occurred_at, customer_id, kind, actor_name, data)
SELECT %(now)s, customer, %(kind)s, %(actor)s,
    jsonb_strip_nulls(jsonb_build_object('from', old, 'to', new, 'reason', nullif(reason, '')))
FROM unnest(%(customers)s::uuid[], %(olds)s::text[], %(news)s::text[], %(reasons)s::text[])
    AS given (customer, old, new, reason)
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One customer: whose it was and whose it is, or the unit or pool where it is now without an owner."""

    customer: uuid.UUID
    previous: uuid.UUID | None
    owner: uuid.UUID | None = None
    unit: uuid.UUID | None = None
    pool: uuid.UUID | None = None
    rule: uuid.UUID | None = None
    reason: str = ""


def keep_assignments(actor: Actor, given: Sequence[Given], now: datetime.datetime) -> None:
    """Into each customer's assignments, and onto the timeline; contact points are sealed or opened as it has become."""
    if not given:
        return
    settle_contacts(actor.tenant_id, [each.customer for each in given])
    values: dict[str, Any] = {
        "actor": actor.name,
        "now": now,
        "kind": TimelineKind.OWNER,
        "customers": [each.customer for each in given],
        "previous": [each.previous for each in given],
        "owners": [each.owner for each in given],
        "units": [each.unit for each in given],
        "pools": [each.pool for each in given],
        "rules": [each.rule for each in given],
        "reasons": [each.reason for each in given],
    }
    touched = [each for each in given if each.previous or each.owner or each.rule]
    names = _names(touched)
    seen: dict[str, Any] = {
        **values,
        "customers": [each.customer for each in touched],
        "olds": [names.get(each.previous, "") for each in touched],
        "news": [_place(each, names) for each in touched],
        "reasons": [each.reason for each in touched],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGNED, values)
        cursor.execute("SELECT timeline_partitions(%s, %s)", [now, now])
        cursor.execute(_TOUCHED, seen)


def _names(given: Sequence[Given]) -> Mapping[uuid.UUID | None, str]:
    names: dict[uuid.UUID | None, str] = dict(Member.objects.values_list("pk", "name"))
    if any(each.rule and each.unit and not each.owner for each in given):
        names |= dict(Unit.objects.values_list("pk", "name"))
    if any(each.rule and each.pool for each in given):
        names |= dict(Pool.objects.values_list("pk", "name"))
    return names


def _place(given: Given, names: Mapping[uuid.UUID | None, str]) -> str:
    """Of who has no owner by hand only that."""
    if given.owner or not given.rule:
        return names.get(given.owner, "")
    return names.get(given.pool or given.unit, "")


def moved(
    actor: Actor,
    pool_id: uuid.UUID,
    moves: Moves,
    *,
    kind: PoolMoveKind,
    now: datetime.datetime,
    reason: str = "",
) -> None:
    """Remember who came into a pool and who had it, or who left it and who has it now."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVED,
            {
                "pool": pool_id,
                "kind": kind,
                "actor": actor.name,
                "reason": reason,
                "now": now,
                "customers": [customer for customer, _member in moves],
                "members": [member for _customer, member in moves],
            },
        )
