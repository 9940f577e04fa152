"""What became of opportunities, for the methods of forecasting. Imports NumPy: pages do not need it."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncDate

from zhiyin.analytics.methods.forecast import OPEN, Days, Deals
from zhiyin.platform.actors import Actor
from zhiyin.sales import access
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import Opportunity

NOTHING = float("nan")


def deals(actor: Actor, currency: str) -> Deals:
    """The visible opportunities in one currency. One SQL statement."""
    return _deals(_rows(access.opportunities(actor).filter(currency=currency)))


@dataclass(frozen=True, slots=True)
class Grouped:
    """Deals of all currencies with whose they are: ``group`` is the place in ``keys`` of each deal's owner, unit and currency."""

    deals: Deals
    group: Days
    keys: Sequence[tuple[uuid.UUID | None, uuid.UUID | None, str]]


def grouped_deals(actor: Actor, *, since: datetime.date) -> Grouped:
    """The visible opportunities that are open or were closed on a day or later. One SQL statement."""
    lately = access.opportunities(actor).filter(Q(state=StageKind.OPEN) | Q(closed_on__gte=since))
    rows = _rows(lately)
    places: dict[tuple[uuid.UUID | None, uuid.UUID | None, str], int] = {}
    group = [places.setdefault(row[5:8], len(places)) for row in rows]
    return Grouped(_deals(rows), np.array(group, np.int64), list(places))


def _rows(there: QuerySet[Opportunity]) -> list[tuple[Any, ...]]:
    """Began, closed, state, amount, list price, owner, unit, currency.

    Each began on the day it was taken up, or else was written down. What it was said to be worth is the list price of its products
    where they have one: the amount of a deal that was closed is what it came to in the end.
    """
    price = Case(
        When(lines__product__currency=F("currency"), then=F("lines__product__price") * F("lines__quantity"))
    )
    rows = (
        there.filter(Q(state=StageKind.OPEN) | Q(closed_on__isnull=False))
        .order_by("pk")
        .annotate(began=Coalesce("engaged_on", TruncDate("created_at")), listed=Sum(price))
        .values_list("began", "closed_on", "state", "amount", "listed", "owner_id", "unit_id", "currency")
    )
    return list(rows.iterator(5000))


def _deals(rows: Sequence[tuple[Any, ...]]) -> Deals:
    began, closed, state, amount, listed = zip(*(row[:5] for row in rows), strict=True) if rows else ((),) * 5
    won = np.array([each == StageKind.WON for each in state], bool)
    value = _numbers(amount)
    asked = _numbers(listed)
    return Deals(
        begun=np.array([each.toordinal() for each in began], np.int64),
        closed=np.array([OPEN if each is None else each.toordinal() for each in closed], np.int64),
        won=won,
        asked=np.where(np.isnan(asked), value, asked),
        value=np.where(won, value, np.nan),
    )


def past_days(found: Deals) -> list[int]:
    """The middle and the end of each month in which anything was closed, but for the last."""
    closed = found.closed[found.closed != OPEN]
    if not len(closed):
        return []
    first, last = (datetime.date.fromordinal(int(each)) for each in (closed.min(), closed.max()))
    days, month = [], first.replace(day=1)
    while month < last:
        following = (month + datetime.timedelta(days=31)).replace(day=1)
        days += [month.replace(day=15), following - datetime.timedelta(days=1)]
        month = following
    return [each.toordinal() for each in days if first < each < last]


def _numbers(values: tuple[Any, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([NOTHING if each is None else float(each) for each in values], np.float64)
