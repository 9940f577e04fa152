"""Customers come into pools: by hand, by a pool's filter, or because nobody looked after them."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.assigned import Given, keep_assignments, moved
from zhiyin.customers.actions.before import Before, keep_owners
from zhiyin.customers.actions.bulk import Done, Selection, different, selected, too_many
from zhiyin.customers.actions.holdings import forget_holdings
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.events import CustomerChanged, CustomersPooled
from zhiyin.customers.models import Customer, Pool, Share
from zhiyin.customers.queries.disputes import InDispute, in_dispute, undisputed
from zhiyin.customers.queries.routing import routed
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record, write_each
from zhiyin.platform.text import checked

_GO = """
UPDATE customers_customer c
SET owner_id = NULL, unit_id = NULL, pool_id = going.pool_id, version = c.version + 1, updated_at = %(now)s
FROM unnest(%(ids)s::uuid[], %(pools)s::uuid[]) AS going (id, pool_id) WHERE c.id = going.id
"""


class NoPool(Invalid):
    message = _("No pool takes these customers. Choose one.")


def return_customers(
    *,
    actor: Actor,
    selection: Selection,
    pool_id: uuid.UUID | None = None,
    reason: str,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Put customers that are the actor's to dispose of into a pool, or each into the one whose filter takes it.

    They have neither owner nor unit then, what was shared of them has ended, and their contact points are sealed. More than ``BULK_AT_ONCE`` become a
    job. Raises ``Invalid`` without a reason and ``NoPool`` when no pool takes any of them.
    """
    actor.require("customers.edit")
    said = checked(" ".join(reason.split()), "reason", 200)
    if not said:
        raise Invalid(_("Say why."), field="reason")
    pool = access.open_pool(pool_id) if pool_id else None
    if not in_background and (many := too_many(actor, selection, "full")):
        return Done(0, _job(actor, many, pool_id, said, now))
    before = _held(actor, selection)
    ids = [key for key, *_rest in before]
    where = dict.fromkeys(ids, pool.pk) if pool else routed(actor.tenant_id, ids, timezone.localdate(now))
    if ids and not where:
        raise NoPool(field="pool")
    return put_in(actor, before, where, reason=said, now=now)


def fill_pool(*, actor: Actor, pool_id: uuid.UUID, reason: str, now: datetime.datetime) -> jobs.Job:
    """Put all customers without an owner that a pool's filter takes, and none before it, into it: a job.

    Raises ``NotFound``.
    """
    actor.require("pools.manage")
    pool = access.open_pool(pool_id)
    return jobs.start(
        actor=actor,
        kind="customers.fill_pool",
        title=str(_("Filling of the pool %s")) % pool.name,
        arguments={"pool_id": str(pool_id), "reason": checked(" ".join(reason.split()), "reason", 200)},
        now=now,
    )


def fill_pool_now(*, actor: Actor, pool_id: uuid.UUID, reason: str, now: datetime.datetime) -> Done:
    """What the job of ``fill_pool`` does. Raises ``NotFound`` for a pool that was archived since."""
    actor.require("pools.manage")
    pool = access.open_pool(pool_id)
    loose = access.customers(actor, "full").filter(owner=None, pool=None)
    found = routed(actor.tenant_id, list(loose.values_list("pk", flat=True)), timezone.localdate(now))
    ids = [key for key, to in found.items() if to == pool.pk]
    before = _locked(Customer.objects.filter(pk__among=ids, owner=None, pool=None))
    where = dict.fromkeys((key for key, *_rest in before), pool.pk)
    return put_in(actor, before, where, reason=reason, now=now)


def put_in(
    actor: Actor,
    before: Sequence[Before],
    where: Mapping[uuid.UUID, uuid.UUID],
    *,
    reason: str,
    now: datetime.datetime,
) -> Done:
    """Put customers that the caller has locked into pools; those who are not in ``where`` stay as they are."""
    going = [each for each in before if each[0] in where]
    ids = [key for key, *_rest in going]
    Share.objects.filter(customer__among=ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(_GO, {"ids": ids, "pools": [where[key] for key in ids], "now": now})
    forget_holdings(ids)
    _tell(actor, going, where, reason, now)
    return Done(len(ids), undo_id=keep_owners(actor, going, now).pk)


def subject_of(ids: Sequence[uuid.UUID]) -> tuple[str, uuid.UUID] | None:
    return ("customer", ids[0]) if len(ids) == 1 else None


def _tell(
    actor: Actor,
    going: Sequence[Before],
    where: Mapping[uuid.UUID, uuid.UUID],
    reason: str,
    now: datetime.datetime,
) -> None:
    names = dict(Pool.objects.values_list("pk", "name"))
    by_pool: dict[uuid.UUID, list[Before]] = defaultdict(list)
    for each in going:
        by_pool[where[each[0]]].append(each)
    for pool_id, rows in sorted(by_pool.items(), key=lambda pair: names[pair[0]]):
        moves = [(key, owner) for key, owner, *_rest in rows]
        moved(actor, pool_id, moves, kind=PoolMoveKind.ENTERED, now=now, reason=reason)
        changes: dict[str, list[Any]] = {
            "pool": [None, names[pool_id]],
            "reason": [None, reason],
            "customers": [None, len(rows)],
        }
        event = CustomersPooled(pool_id, len(rows))
        record(event, actor=actor, now=now, subject=subject_of([key for key, *_r in rows]), changes=changes)
        after = {"owner_id": None, "unit_id": None, "pool": names[pool_id]}
        trails = {
            key: different({"owner_id": owner, "unit_id": unit, "pool": None}, after)
            for key, owner, unit, _version in rows
        }
        write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=trails)
    given = [Given(key, owner, pool=where[key], reason=reason) for key, owner, *_rest in going]
    keep_assignments(actor, given, now)


def _held(actor: Actor, selection: Selection) -> list[Before]:
    chosen = selected(actor, selection, "full").values("pk")
    held = _locked(undisputed(Customer.objects.filter(pk__in=chosen, pool=None)))
    if not held and in_dispute(selection.ids):
        raise InDispute
    return held


def _locked(rows: Any) -> list[Before]:
    locked = rows.order_by("pk").select_for_update(no_key=True)
    return list(locked.values_list("pk", "owner_id", "unit_id", "version"))


def _job(
    actor: Actor, many: Selection, pool_id: uuid.UUID | None, reason: str, now: datetime.datetime
) -> jobs.Job:
    return jobs.start(
        actor=actor,
        kind="customers.return",
        title=str(_("Many customers into a pool")),
        arguments={
            "selection": many.data(),
            "pool_id": str(pool_id) if pool_id else None,
            "reason": reason,
        },
        now=now,
    )
