"""Who is in the pools, who may claim them, and how many."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Role, Unit
from zhiyin.customers import access
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.models import Customer, Pool, PoolLimit, PoolMove
from zhiyin.customers.queries.routing import first_match
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied
from zhiyin.platform.paging import Page, keyset

# all that is told of a customer before it is claimed: none of its contact points
SHOWN = ("id", "name", "code", "kind", "status", "country", "city", "source", "created_at")


@dataclass(frozen=True, slots=True)
class Room:
    """What a member may still claim: of a pool today, and of it in total. ``None`` for no limit."""

    today: int | None
    held: int | None

    @property
    def left(self) -> int | None:
        limits = [each for each in (self.today, self.held) if each is not None]
        return min(limits) if limits else None


def room(pool: Pool, member_id: uuid.UUID, now: datetime.datetime) -> Room:
    """Two SQL statements at most."""
    moves = PoolMove.objects.filter(pool=pool, member=member_id)
    today = held = None
    if pool.daily_limit is not None:
        done = moves.filter(kind=PoolMoveKind.CLAIMED, moved_at__gte=_day(now)).count()
        today = max(pool.daily_limit - done, 0)
    if pool.held_limit is not None:
        got = moves.exclude(kind=PoolMoveKind.ENTERED).filter(customer__owner=member_id)
        held = max(pool.held_limit - got.values("customer").distinct().count(), 0)
    return Room(today, held)


def limits(pool: Pool) -> list[PoolLimit]:
    """A pool's further limits. One SQL statement."""
    return list(pool.limits.filter(removed_at=None).order_by("name"))


def within_limits(
    tenant_id: uuid.UUID, pool: Pool, member_id: uuid.UUID, ids: Sequence[uuid.UUID], now: datetime.datetime
) -> list[uuid.UUID]:
    """Those of some customers, in their order, that a pool's further limits leave to a member.

    One SQL statement, and three for each limit.
    """
    fitting = list(ids)
    for limit in limits(pool):
        left = _left(tenant_id, limit, member_id, now)
        concerned = _taken_by(tenant_id, limit, fitting, now)
        kept = []
        for key in fitting:
            if key in concerned:
                if left <= 0:
                    continue
                left -= 1
            kept.append(key)
        fitting = kept
    return fitting


def _left(tenant_id: uuid.UUID, limit: PoolLimit, member_id: uuid.UUID, now: datetime.datetime) -> float:
    moves = PoolMove.objects.filter(pool=limit.pool_id, member=member_id)
    left = float("inf")
    if limit.daily_limit is not None:
        today = moves.filter(kind=PoolMoveKind.CLAIMED, moved_at__gte=_day(now))
        claimed = list(today.values_list("customer_id", flat=True))
        concerned = _taken_by(tenant_id, limit, claimed, now)
        left = limit.daily_limit - sum(key in concerned for key in claimed)
    if limit.held_limit is not None:
        got = moves.exclude(kind=PoolMoveKind.ENTERED).filter(customer__owner=member_id)
        held = list(got.values_list("customer_id", flat=True).distinct())
        left = min(left, limit.held_limit - len(_taken_by(tenant_id, limit, held, now)))
    return left


def _taken_by(
    tenant_id: uuid.UUID, limit: PoolLimit, ids: Sequence[uuid.UUID], now: datetime.datetime
) -> set[uuid.UUID]:
    match = first_match(tenant_id, [(limit.pk, limit.filter)], timezone.localdate(now))
    rows: Any = Customer.objects.filter(pk__in=list(ids)).annotate(to=match)
    return set(rows.exclude(to=None).values_list("pk", flat=True))


def _day(now: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def cooling(
    pool: Pool, member_id: uuid.UUID, ids: Sequence[uuid.UUID], now: datetime.datetime
) -> set[uuid.UUID]:
    """Those whom this member had himself before they came in, too short a while ago. One SQL statement."""
    since = now - datetime.timedelta(days=pool.cooling_days)
    came = PoolMove.objects.filter(member=member_id, kind=PoolMoveKind.ENTERED, moved_at__gt=since)
    return set(came.filter(customer__in=list(ids)).values_list("customer_id", flat=True))


def pools(actor: Actor, *, archived: bool = False) -> list[tuple[Pool, int]]:
    """The pools that this actor claims from or manages, with how many are in each. Three SQL statements."""
    seen = list(access.pools(actor).filter(archived_at__isnull=not archived).order_by("name"))
    rows = Customer.objects.filter(pool__in=seen).order_by()
    counts = dict(rows.values_list("pool").annotate(count=Count("pk")))
    return [(each, counts.get(each.pk, 0)) for each in seen]


def open_pools() -> list[Pool]:
    """Where customers can be put. One SQL statement."""
    return list(Pool.objects.filter(archived_at=None).order_by("name"))


def pool_customers(
    actor: Actor,
    pool: Pool,
    *,
    text: str = "",
    kind: str = "",
    city: str = "",
    source: str = "",
    after: str = "",
) -> Page[Customer]:
    """Who is in a pool, by name; of each only what ``SHOWN`` names, less what the actor's role sees not or masked.

    One SQL statement. Raises ``PermissionDenied`` for a filter by what is not seen.
    """
    unseen = access.closed(actor)
    exact = {name: value for name, value in (("kind", kind), ("city", city), ("source", source)) if value}
    if unseen & exact.keys() or (text and unseen & {"name", "code"}):
        raise PermissionDenied
    rows = Customer.objects.filter(pool=pool, **exact).only(*SHOWN, "name_key")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(code__iexact=text))
    page = keyset(rows, order=["name_key"], after=after, limit=50)
    for row in page.rows:
        for name in unseen.intersection(SHOWN):
            setattr(row, name, "")
    return page


def pool_parties() -> dict[str, list[tuple[str, str]]]:
    """Who can be named in a pool: units, roles and members by key. Three SQL statements."""
    return {
        "units": [(str(each.pk), each.name) for each in Unit.objects.order_by("path")],
        "roles": [(str(each.pk), each.name) for each in Role.objects.order_by("name")],
        "members": [
            (str(each.pk), each.name) for each in Member.objects.filter(is_active=True).order_by("name_key")
        ],
    }
