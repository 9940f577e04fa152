"""Targets: what they have come to, how that fits the time that has passed, and who is ahead."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from pydantic import BaseModel, Field

from zhiyin.accounts.models import Unit
from zhiyin.commerce.queries import latest_rates
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.sales import access
from zhiyin.sales.choices import Measure, StageKind
from zhiyin.sales.models import Opportunity, OpportunityLine, Target
from zhiyin.sales.periods import PATTERN, Period
from zhiyin.sales.queries.forecast import Rates, won_sums


class TargetFilter(BaseModel):
    """Which targets are asked for."""

    period: str = Field(
        "", pattern=rf"^$|{PATTERN}", description="`2026`, `2026-Q4` or `2026-11`; this quarter."
    )
    unit: uuid.UUID | None = Field(None, description="With the units and people below it.")
    member: uuid.UUID | None = None

    def asked(self, today: datetime.date) -> Period:
        return Period.parse(self.period) if self.period else Period.of("quarter", today)


@dataclass(frozen=True, slots=True)
class Sold:
    """What was won of one owner, unit and currency; of one product or with one customer where that is asked for."""

    owner_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    currency: str
    amount: Decimal
    count: int
    product_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stands: ``attained`` of its value, and ``gone`` of the period's working days, a share from 0 to 1.

    ``rank`` is the place among people with such a target, the furthest ahead first; others have none.
    """

    target: Target
    attained: Decimal
    gone: float
    rank: int | None = None

    @property
    def share(self) -> float:
        return float(self.attained / self.target.value)

    @property
    def pace(self) -> float | None:
        """What the target comes to at this pace, as a share of it; ``None`` before the first working day is over."""
        return self.share / self.gone if self.gone else None


@dataclass(frozen=True, slots=True)
class Board:
    period: Period
    standings: Sequence[Standing]
    gone: float
    rates: Rates


def targets(actor: Actor, where: TargetFilter, *, currency: str, today: datetime.date) -> Board:
    """The targets of a period within the record scope: the company's, of units, of people by how far they are.

    Amounts are in the company's currency at the last rates of the period's last day, or today. Seven SQL statements at most.
    """
    period = where.asked(today)
    rows = access.targets(actor).filter(kind=period.kind, starts_on=period.start)
    if where.unit:
        rows = rows.filter(
            Q(unit__path__contains=[where.unit]) | Q(member__unit__path__contains=[where.unit])
        )
    if where.member:
        rows = rows.filter(member=where.member)
    found = list(rows.select_related("member", "unit", "product", "customer").order_by("pk"))
    told = customers.withheld(actor, (each.customer_id for each in found))
    found = [each for each in found if each.customer_id not in told]
    live = [each for each in found if not _over(each, period, today)]
    sums = _sold(period, live)
    rates = _rates(currency, min(today, period.end), sums)
    paths = dict(Unit.objects.values_list("pk", "path")) if live else {}
    gone = gone_share(period, today)
    standings = [
        Standing(each, each.attained or Decimal(0), 1.0)
        if _over(each, period, today)
        else Standing(each, attained(each, sums, paths, rates.factors), gone)
        for each in found
    ]
    return Board(period, _ranked(standings), gone, rates)


def come_to(
    period: Period, found: Sequence[Target], *, currency: str, today: datetime.date
) -> dict[uuid.UUID, Decimal]:
    """What targets of one period have come to today. Five SQL statements at most."""
    sums = _sold(period, found)
    factors = _rates(currency, min(today, period.end), sums).factors
    paths = dict(Unit.objects.values_list("pk", "path"))
    return {each.pk: attained(each, sums, paths, factors) for each in found}


def attained(
    target: Target,
    sums: Iterable[Sold],
    paths: Mapping[uuid.UUID, Sequence[uuid.UUID]],
    factors: Mapping[str, Decimal],
) -> Decimal:
    """What a target has come to of what was won in its period."""
    own = [each for each in sums if _counts(target, each, paths)]
    if target.measure == Measure.COUNT:
        return Decimal(sum(each.count for each in own))
    return sum((each.amount * factors.get(each.currency, 0) for each in own), Decimal(0))


def gone_share(period: Period, today: datetime.date) -> float:
    """How much of a period's days from Monday to Friday are over at the end of a day: from 0 to 1."""
    days = [
        period.start + datetime.timedelta(days=number)
        for number in range((period.end - period.start).days + 1)
    ]
    working = [each for each in days if each.weekday() < 5]
    return sum(each <= today for each in working) / len(working)


def _over(target: Target, period: Period, today: datetime.date) -> bool:
    return period.end < today and target.attained is not None


def _counts(target: Target, sold: Sold, paths: Mapping[uuid.UUID, Sequence[uuid.UUID]]) -> bool:
    if (target.product_id, target.customer_id) != (sold.product_id, sold.customer_id):
        return False
    if target.member_id:
        return sold.owner_id == target.member_id
    return target.unit_id is None or (
        sold.unit_id is not None and target.unit_id in paths.get(sold.unit_id, ())
    )


def _sold(period: Period, found: Sequence[Target]) -> list[Sold]:
    """What was won in a period, as far as targets ask: at all, of products, with customers. Four SQL statements at most."""
    sums: list[Sold] = []
    if any(not each.product_id and not each.customer_id for each in found):
        sums += [
            Sold(each.owner_id, each.unit_id, each.currency, each.amount, each.count)
            for each in won_sums(period.start, period.end)
        ]
    won = {"state": StageKind.WON, "removed_at": None, "closed_on__range": (period.start, period.end)}
    buyers = {each.customer_id for each in found if each.customer_id and not each.product_id}
    if buyers:
        deals = Opportunity.objects.filter(**won, customer__in=buyers).order_by()
        rows = deals.values("owner_id", "unit_id", "currency", "customer_id")
        sums += _read(rows.annotate(total=Sum("amount", default=Decimal(0)), count=Count("pk")))
    for with_customer in (False, True):
        products = {
            each.product_id for each in found if each.product_id and bool(each.customer_id) == with_customer
        }
        if products:
            sums += _sold_products(
                {f"opportunity__{name}": value for name, value in won.items()}, products, with_customer
            )
    return sums


def _sold_products(
    won: Mapping[str, object], products: Iterable[uuid.UUID | None], with_customer: bool
) -> list[Sold]:
    names = {name: F(f"opportunity__{name}") for name in ("owner_id", "unit_id", "currency")}
    if with_customer:
        names["customer_id"] = F("opportunity__customer_id")
    rows = OpportunityLine.objects.filter(**won, product__in=list(products)).order_by()
    sums = rows.values("product_id", **names).annotate(
        total=Sum("amount"), count=Count("opportunity", distinct=True)
    )
    return _read(sums)


def _read(rows: Iterable[Any]) -> list[Sold]:
    return [Sold(amount=row["total"], **{name: row[name] for name in row if name != "total"}) for row in rows]


def _rates(currency: str, day: datetime.date, sums: Iterable[Sold]) -> Rates:
    foreign = {each.currency for each in sums} - {currency}
    used = latest_rates(sorted(foreign), day)
    return Rates(currency, used, sorted(foreign - {each.currency for each in used}))


def _ranked(standings: Iterable[Standing]) -> list[Standing]:
    """The company's, then units by name, then people by their place."""
    found = list(standings)
    people = sorted(
        (each for each in found if each.target.member),
        key=lambda each: (-each.share, str(each.target.member)),
    )
    plain = [each for each in people if not each.target.product_id and not each.target.customer_id]
    places = {
        each.target.pk: place
        for measure in Measure
        for place, each in enumerate((one for one in plain if one.target.measure == measure), 1)
    }
    others = sorted(
        (each for each in found if not each.target.member),
        key=lambda each: (
            each.target.unit is not None,
            str(each.target.unit or ""),
            str(each.target.product or ""),
        ),
    )
    return [
        *others,
        *(Standing(each.target, each.attained, each.gone, places.get(each.target.pk)) for each in people),
    ]
