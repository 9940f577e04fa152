"""Of what a member hands over: customers, the shares he gave and those he got, and the pools that name him."""

import datetime
import json
import uuid
from collections import Counter
from collections.abc import Collection, Mapping

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts.handover import (
    Back,
    Belongs,
    Destined,
    Found,
    Handing,
    Part,
    by_taker,
    counted,
    kept,
    register,
)
from zhiyin.accounts.models import Handover
from zhiyin.customers import access
from zhiyin.customers.actions.bulk import Selection, assign_customers, selected
from zhiyin.customers.actions.erasure import sweeps
from zhiyin.customers.actions.pooling import return_customers
from zhiyin.customers.actions.shares import share_instead, take_over
from zhiyin.customers.actions.undo import undo_change
from zhiyin.customers.events import PoolChanged
from zhiyin.customers.models import Customer, Pool, Share
from zhiyin.customers.queries import CustomerFilter
from zhiyin.customers.queries.disputes import undisputed
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict
from zhiyin.platform.record import record

Moment = datetime.datetime
Counted = Mapping[uuid.UUID, int]


# --- customers ---


def _owned(actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Counted:
    return counted(access.customers(actor, "full").filter(owner__in=members), "owner_id")


def _customers(handing: Handing) -> Found:
    actor, tree = handing.actor, handing.plan.filter
    within = access.customers(actor, "full").filter(owner=handing.giver_id)
    rows = within
    if tree:
        where = CustomerFilter(filter=json.dumps(tree))
        rows = within.filter(pk__in=selected(actor, Selection(where=where), "full").values("pk"))
    free = undisputed(rows).order_by("pk")
    keys = (free.select_for_update(no_key=True) if handing.writes else free).values_list("pk", flat=True)
    found = {key: Belongs() for key in keys}
    owned = Customer.objects.filter(owner=handing.giver_id).count()
    stays = {"disputed": rows.count() - len(found), "beyond": owned - within.count()}
    return Found(found, {code: count for code, count in stays.items() if count})


def _give_customers(handing: Handing, to: Destined) -> list[str]:
    actor, plan, now = handing.actor, handing.plan, handing.now
    if plan.into_pool:
        done = return_customers(
            actor=actor,
            selection=Selection(tuple(to)),
            pool_id=plan.pool_id,
            reason=plan.reason or _("Handed over"),
            now=now,
            in_background=True,
        )
        return [str(done.undo_id)]
    moved = (
        assign_customers(
            actor=actor,
            selection=Selection(tuple(keys)),
            owner_id=member,
            unit_id=plan.unit_id,
            reason=plan.reason or _("Handed over"),
            now=now,
            in_background=True,
        )
        for member, keys in by_taker(to).items()
    )
    return [str(done.undo_id) for done in moved]


def _customers_back(back: Back) -> int:
    restored = 0
    for undo_id in back.undo:
        try:
            done = undo_change(actor=back.actor, undo_id=uuid.UUID(undo_id), now=back.now, in_background=True)
        except Conflict:  # taken back by itself already
            continue
        restored += done.restored
    return restored


# --- shares given ---


def _lasting(actor: Actor) -> QuerySet[Share]:
    return access.lasting_shares().filter(customer__in=access.customers(actor, "full"))


def _shared(actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Counted:
    return counted(_lasting(actor).filter(shared_by__in=members), "shared_by_id")


def _shares(handing: Handing) -> Found:
    given = _lasting(handing.actor).filter(shared_by=handing.giver_id)
    rows = given.select_related("customer").order_by("pk")
    if handing.writes:
        rows = rows.select_for_update(of=("self",))
    return Found({each.pk: Belongs(each.customer_id, each.customer.owner_id) for each in rows})


def _give_shares(handing: Handing, to: Destined) -> dict[str, str]:
    for member, keys in by_taker(to).items():
        take_over(handing.actor, Share.objects.filter(pk__among=keys), member, handing.now)
    return kept(to)


def _shares_back(back: Back) -> int:
    restored = 0
    for member, keys in by_taker(back.kept).items():
        rows = Share.objects.filter(pk__among=keys, shared_by=member)
        restored += take_over(back.actor, rows, back.giver_id, back.now)
    return restored


# --- shares received ---


def _received(actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Counted:
    return counted(_lasting(actor).filter(member__in=members), "member_id")


def _shares_with(handing: Handing) -> Found:
    rows = _lasting(handing.actor).filter(member=handing.giver_id).order_by("pk")
    keys = (rows.select_for_update(of=("self",)) if handing.writes else rows).values_list("pk", flat=True)
    return Found({key: Belongs() for key in keys})


def _give_received(handing: Handing, to: Destined) -> dict[str, str]:
    """But those of customers that the taker sees anyway."""
    went: dict[uuid.UUID, uuid.UUID | None] = {}
    for member, keys in by_taker(to).items():
        rows = Share.objects.filter(pk__among=keys)
        went |= dict.fromkeys(share_instead(handing.actor, rows, member, handing.now), member)
    return kept(went)


def _received_back(back: Back) -> int:
    restored = 0
    for member, keys in by_taker(back.kept).items():
        rows = Share.objects.filter(pk__among=keys, member=member)
        restored += len(share_instead(back.actor, rows, back.giver_id, back.now))
    return restored


# --- the right to claim from pools that name him ---


def _claims(_actor: Actor, members: Collection[uuid.UUID], _now: Moment) -> Counted:
    named = Pool.objects.filter(members__overlap=list(members), archived_at=None)
    return Counter(each for pool in named for each in pool.members if each in members)


def _pools(handing: Handing) -> Found:
    rows = Pool.objects.filter(members__contains=[handing.giver_id], archived_at=None).order_by("pk")
    keys = (rows.select_for_update() if handing.writes else rows).values_list("pk", flat=True)
    return Found({key: Belongs() for key in keys})


def _give_claims(handing: Handing, to: Destined) -> dict[str, str]:
    for pool in Pool.objects.filter(pk__in=to):
        _name_instead(handing.actor, pool, handing.giver_id, to[pool.pk], handing.now)
    return kept(to)


def _claims_back(back: Back) -> int:
    pools = Pool.objects.select_for_update().filter(pk__in=back.kept)
    return sum(_name_instead(back.actor, pool, back.kept[pool.pk], back.giver_id, back.now) for pool in pools)


def _name_instead(
    actor: Actor, pool: Pool, old: uuid.UUID | None, new: uuid.UUID | None, now: Moment
) -> bool:
    """In a pool that names ``old``, name ``new`` in his place."""
    if old not in pool.members or new is None:
        return False
    before = [str(each) for each in pool.members]
    pool.members = [*(each for each in pool.members if each not in (old, new)), new]
    pool.version += 1
    pool.save(update_fields=["members", "version"])
    changes = {"members": [before, [str(each) for each in pool.members]]}
    record(PoolChanged(pool.pk, "changed"), actor=actor, now=now, subject=("pool", pool.pk), changes=changes)
    return True


sweeps(Handover, "reason", "plan")
register(
    Part(
        "customers", gettext_lazy("Customers"), "customers.edit", _owned, _customers, _give_customers,
        _customers_back, carries=True, position=0,
    ),
    {"disputed": gettext_lazy("in dispute"), "beyond": gettext_lazy("beyond your reach")},
)  # fmt: skip
register(
    Part(
        "shares", gettext_lazy("Shares given"), "customers.edit", _shared, _shares, _give_shares,
        _shares_back, position=30,
    )
)  # fmt: skip
register(
    Part(
        "received", gettext_lazy("Shares received"), "customers.edit", _received, _shares_with, _give_received,
        _received_back, position=35,
    )
)  # fmt: skip
register(
    Part(
        "claims", gettext_lazy("Right to claim from pools"), "pools.manage", _claims, _pools, _give_claims,
        _claims_back, position=40,
    )
)  # fmt: skip
