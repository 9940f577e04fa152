"""How customers, what they bought and open opportunities lie in territories, and what another cut would move."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from zhiyin.customers import access as customers
from zhiyin.customers.queries.routing import first_match
from zhiyin.platform.actors import Actor
from zhiyin.sales import access
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import Territory

Key = uuid.UUID | None


@dataclass(slots=True)
class Load:
    """What lies in ``territory``; in none where that is ``None``.

    ``elsewhere`` are the customers whose owner is not the territory's. ``spend`` is in the company's currency, ``None``
    for whoever may not see it; ``amounts`` of the open opportunities are by currency.
    """

    territory: Territory | None
    customers: int = 0
    elsewhere: int = 0
    spend: Decimal | None = None
    deals: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """The territories of a day in their order, then what lies in none."""

    day: datetime.date
    loads: Sequence[Load]

    def fullest(self, measure: str) -> float | None:
        """How many times the mean of all territories the largest has; ``None`` where there is nothing to compare."""
        values = [float(getattr(each, measure) or 0) for each in self.loads if each.territory]
        total = sum(values)
        return max(values) * len(values) / total if total > 0 and len(values) > 1 else None


@dataclass(frozen=True, slots=True)
class Move:
    """So many customers lie in ``before`` on the one day and in ``after`` on the other."""

    before: Territory | None
    after: Territory | None
    customers: int


@dataclass(frozen=True, slots=True)
class Recut:
    """Today's customers by the territories of today and by those of another day; the largest ``moves`` first."""

    today: Cut
    then: Cut
    moves: Sequence[Move]


def territories(*, archived: bool = False) -> list[Territory]:
    """In the order in which they are asked. One SQL statement."""
    rows = Territory.objects.filter(archived_at__isnull=not archived).select_related("owner")
    return list(rows.order_by("position", "starts_on", "created_at", "id"))


def recut(actor: Actor, *, on: datetime.date, today: datetime.date) -> Recut:
    """The cut of today beside that of the day ``on``, of the customers that the actor sees. A fixed number of SQL statements.

    Each looks at every customer once, however many territories there are.
    """
    known = territories()
    now, then = ([each for each in known if each.holds_on(day)] for day in (today, on))
    rows = _placed(actor, now, then, today)
    seen = "spend" not in customers.closed(actor)
    groups = list(
        rows.values_list("in_now", "in_then", "owner")
        .annotate(customers=Count("pk"), spend=Sum("value__spend"))
        .order_by()
    )
    deals = _deals(actor, rows)
    cuts: list[Cut] = []
    for day, held, place in ((today, now, 0), (on, then, 1)):
        loads: dict[Key, Load] = {each.pk: Load(each) for each in held} | {None: Load(None)}
        for *keys, owner, count, spend in groups:
            _add(loads[keys[place]], owner, count, spend if seen else None)
        for *keys, currency, count, amount in deals:
            _add_deals(loads[keys[place]], currency, count, amount)
        cuts.append(Cut(day, list(loads.values())))
    by_key = {each.pk: each for each in known}
    moves = _moves(by_key, ((was, will, count) for was, will, _owner, count, _spend in groups))
    return Recut(cuts[0], cuts[1], moves)


def _placed(
    actor: Actor, now: Sequence[Territory], then: Sequence[Territory], today: datetime.date
) -> QuerySet[Any]:
    in_now = first_match(actor.tenant_id, [(each.pk, each.filter) for each in now], today)
    in_then = first_match(actor.tenant_id, [(each.pk, each.filter) for each in then], today)
    return customers.customers(actor).annotate(in_now=in_now, in_then=in_then)


def _deals(actor: Actor, rows: QuerySet[Any]) -> list[tuple[Key, Key, str, int, Decimal | None]]:
    open_ones = access.opportunities(actor).filter(state=StageKind.OPEN)
    found = rows.filter(opportunities__in=open_ones).values_list(
        "in_now", "in_then", "opportunities__currency"
    )
    return list(found.annotate(count=Count("opportunities"), amount=Sum("opportunities__amount")).order_by())


def _add(load: Load, owner: Key, count: int, spend: Decimal | None) -> None:
    load.customers += count
    if load.territory and load.territory.owner_id != owner:
        load.elsewhere += count
    if spend is not None:
        load.spend = (load.spend or Decimal()) + spend


def _add_deals(load: Load, currency: str, count: int, amount: Decimal | None) -> None:
    load.deals += count
    if amount:
        load.amounts[currency] = load.amounts.get(currency, Decimal()) + amount


def _moves(by_key: Mapping[uuid.UUID, Territory], groups: Iterable[tuple[Key, Key, int]]) -> list[Move]:
    counts: dict[tuple[Key, Key], int] = defaultdict(int)
    for was, will, count in groups:
        if was != will:
            counts[was, will] += count
    moves = [
        Move(by_key[was] if was else None, by_key[will] if will else None, count)
        for (was, will), count in counts.items()
    ]
    return sorted(moves, key=lambda each: -each.customers)
