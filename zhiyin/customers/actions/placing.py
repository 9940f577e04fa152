"""Gives customers by the company's rules of assignment."""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from zhiyin.customers.actions.assigned import Given, keep_assignments, moved
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.models import AssignmentTurn, Customer
from zhiyin.customers.queries.assignment import Placing, open_assignment_rules, planned
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor

_PUT = """
UPDATE customers_customer c
SET owner_id = put.owner, unit_id = put.unit, pool_id = put.pool, version = c.version + %(step)s,
    updated_at = %(now)s
FROM unnest(%(ids)s::uuid[], %(owners)s::uuid[], %(units)s::uuid[], %(pools)s::uuid[]) AS put (id, owner, unit, pool)
WHERE c.id = put.id
"""


def place_new(actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime) -> Mapping[uuid.UUID, Placing]:
    """Give customers that this transaction made; those whom no rule takes are left out. One SQL statement without rules.

    They are of the same version as before: nobody has seen them yet.
    """
    placed = plan(actor, ids, now, anew=True)
    put(actor, dict.fromkeys(placed), placed, now, step=0)
    return placed


def plan(
    actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime, *, anew: bool
) -> Mapping[uuid.UUID, Placing]:
    """Whom the rules give customers to; their turns are taken."""
    rules = open_assignment_rules()
    if not rules or not ids:
        return {}
    rows = Customer.objects.filter(pk__among=ids)
    made = planned(actor.tenant_id, rules, rows, timezone.localdate(now), anew=anew, lock=True)
    AssignmentTurn.objects.bulk_update(made.turns.changed, ["credit"])
    return made.placed


def put(
    actor: Actor,
    previous: Mapping[uuid.UUID, uuid.UUID | None],
    placed: Mapping[uuid.UUID, Placing],
    now: datetime.datetime,
    *,
    step: int,
) -> None:
    """Write where they are and why, and tell the new owners. ``previous`` are their owners before."""
    if not placed:
        return
    values: dict[str, Any] = {
        "ids": list(placed),
        "owners": [each.owner_id for each in placed.values()],
        "units": [None if each.pool_id else each.unit_id for each in placed.values()],
        "pools": [each.pool_id for each in placed.values()],
        "step": step,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, values)
    given = [
        Given(key, previous[key], to.owner_id, to.rule.unit_id, to.pool_id, to.rule.pk, to.reason)
        for key, to in placed.items()
    ]
    keep_assignments(actor, given, now)
    _into_pools(actor, previous, placed, now)
    owners = Counter(each.owner_id for each in placed.values() if each.owner_id)
    for owner, count in owners.items():
        notifications.tell(
            members=[owner], code="customers.assigned", data={"count": count}, actor=actor, now=now
        )


def _into_pools(
    actor: Actor,
    previous: Mapping[uuid.UUID, uuid.UUID | None],
    placed: Mapping[uuid.UUID, Placing],
    now: datetime.datetime,
) -> None:
    by_rule: dict[tuple[uuid.UUID, str], list[tuple[uuid.UUID, uuid.UUID | None]]] = defaultdict(list)
    for key, to in placed.items():
        if to.pool_id:
            by_rule[to.pool_id, to.reason].append((key, previous[key]))
    for (pool_id, reason), moves in by_rule.items():
        moved(actor, pool_id, moves, kind=PoolMoveKind.ENTERED, now=now, reason=reason)
