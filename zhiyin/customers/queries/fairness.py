"""How fairly customers are spread: who has many and looks after few, and who claims and lets go again."""

import datetime
import functools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import HoldingCount, PoolMove
from zhiyin.customers.queries.facts import facts
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset

MANY = 2  # times what the middle one has
FEW = 0.2  # of them looked after
OFTEN = 3  # claimed and dropped


@dataclass(frozen=True, slots=True)
class Tally:
    """Customers owned now, of them looked after in the period and never at all; claims of the period, and of them
    those that were let go without any touch.
    """

    owned: int = 0
    touched: int = 0
    never: int = 0
    claimed: int = 0
    dropped: int = 0

    @property
    def untouched(self) -> int:
        return self.owned - self.touched

    @property
    def share(self) -> float | None:
        """The share looked after in the period."""
        return self.touched / self.owned if self.owned else None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Tally)))


@dataclass(frozen=True, slots=True)
class Line:
    """One member; ``hoards`` when he has many and looks after few, ``drops`` when he lets go what he claims."""

    member: Member
    tally: Tally
    hoards: bool
    drops: bool


@dataclass(frozen=True, slots=True)
class Fairness:
    """Members with the most untouched first, units by name; ``known_at`` is when it was worked out, if ever."""

    lines: list[Line]
    units: list[tuple[str, Tally]]
    known_at: datetime.datetime | None


def fairness(actor: Actor, *, days: int, now: datetime.datetime) -> Fairness:
    """Of the members within the actor's record scope. Five SQL statements at most."""
    actor.require("pools.manage")
    since = now - datetime.timedelta(days=days)
    known = {each.pk: each for each in _seen(actor).filter(is_active=True).select_related("unit")}
    tallies = _tallies(list(known), since)
    middle = _middle([each.owned for each in tallies.values() if each.owned])
    lines = [_line(known[key], tally, middle) for key, tally in tallies.items()]
    lines.sort(key=lambda each: (-each.tally.untouched, each.member.name_key))
    latest = HoldingCount.objects.order_by().values_list("made_at", flat=True).first()
    return Fairness(lines, _units(lines), latest)


def dropped(
    actor: Actor, member_id: uuid.UUID, *, days: int, now: datetime.datetime, after: str = ""
) -> Page[PoolMove]:
    """The claims of a member that ended without any touch, the newest first; ``left_at`` says when.

    Of a customer no more is told than its pool tells. Two SQL statements.
    """
    actor.require("pools.manage")
    since = now - datetime.timedelta(days=days)
    rows = _dropped(PoolMove.objects.filter(member=member_id, member__in=_seen(actor)), since)
    page = keyset(rows.select_related("customer", "pool"), order=["-moved_at"], after=after, limit=50)
    for each in page.rows:
        each.customer = veiled_customer(actor, each.customer)
    return page


def reachable(actor: Actor, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of some customers whose file this actor may open."""
    return set(access.customers(actor).filter(pk__in=ids).values_list("pk", flat=True))


def _seen(actor: Actor) -> QuerySet[Member]:
    if actor.scope == "all":
        return Member.objects.all()
    return Member.objects.filter(Q(unit__in=actor.unit_ids) | Q(pk__in=[actor.member_id]))


def _tallies(ids: Sequence[uuid.UUID], since: datetime.datetime) -> dict[uuid.UUID, Tally]:
    held = HoldingCount.objects.filter(owner__in=ids).order_by().values("owner")
    owned = held.annotate(
        owned=Sum("number"),
        touched=Sum("number", filter=Q(touched_on__gte=timezone.localdate(since)), default=0),
        never=Sum("number", filter=Q(touched_on=None), default=0),
    )
    moves = PoolMove.objects.filter(member__in=ids)
    claims = _claims(moves, since).order_by().values("member").annotate(number=Count("pk"))
    drops = _dropped(moves, since).order_by().values("member").annotate(number=Count("pk"))
    claimed = dict(claims.values_list("member", "number"))
    let_go = dict(drops.values_list("member", "number"))
    counts: Mapping[Any, Any] = {
        key: {"owned": number, "touched": touched, "never": never}
        for key, number, touched, never in owned.values_list("owner", "owned", "touched", "never")
    }
    return {
        key: Tally(**counts.get(key, {}), claimed=claimed.get(key, 0), dropped=let_go.get(key, 0))
        for key in ids
    }


def _claims(moves: QuerySet[PoolMove], since: datetime.datetime) -> QuerySet[PoolMove]:
    return moves.filter(kind=PoolMoveKind.CLAIMED, moved_at__gte=since)


def _dropped(moves: QuerySet[PoolMove], since: datetime.datetime) -> QuerySet[PoolMove]:
    """Claims after which the customer came back, with ``left_at``, and nothing was done in between."""
    back = PoolMove.objects.filter(
        customer=OuterRef("customer"),
        member=OuterRef("member"),
        kind=PoolMoveKind.ENTERED,
        moved_at__gte=OuterRef("moved_at"),
    )
    left_at = Subquery(back.order_by("moved_at").values("moved_at")[:1])
    rows: Any = _claims(moves, since).annotate(left_at=left_at).exclude(left_at=None)
    for fact in facts():
        between = {f"{fact.at}__gte": OuterRef("moved_at"), f"{fact.at}__lte": OuterRef("left_at")}
        rows = rows.exclude(Exists(fact.rows().filter(customer=OuterRef("customer"), **between)))
    found: QuerySet[PoolMove] = rows
    return found


def _line(member: Member, tally: Tally, middle: float) -> Line:
    hoards = tally.owned > MANY * middle and tally.share is not None and tally.share < FEW
    return Line(member, tally, hoards, drops=tally.dropped >= OFTEN and tally.dropped * 2 >= tally.claimed)


def _middle(numbers: Sequence[int]) -> float:
    ordered = sorted(numbers)
    half = len(ordered) // 2
    if not ordered:
        return 0
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _units(lines: Sequence[Line]) -> list[tuple[str, Tally]]:
    by_unit: dict[str, list[Tally]] = {}
    for each in sorted(lines, key=attrgetter("member.unit.name")):
        by_unit.setdefault(each.member.unit.name, []).append(each.tally)
    return [(name, functools.reduce(Tally.__add__, tallies)) for name, tallies in by_unit.items()]
