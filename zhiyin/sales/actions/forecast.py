"""What is forecast today, kept as it is now: later one sees how it changed and how true it was."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Unit
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied
from zhiyin.platform.record import record
from zhiyin.sales.actions.targets import keep_attained
from zhiyin.sales.events import ForecastTaken
from zhiyin.sales.models import ForecastCell
from zhiyin.sales.periods import Period, moved
from zhiyin.sales.queries.forecast import open_sums, won_sums

KIND = "sales.forecast"
FEW = 20
"""Fewer won deals than these say nothing of when others will be won."""
HISTORY = datetime.timedelta(days=3 * 365)
Key = tuple[datetime.date, uuid.UUID | None, uuid.UUID | None, str]


def take_forecast_soon(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """``take_forecast`` as a job."""
    _require(actor)
    return jobs.start(actor=actor, kind=KIND, title=_("Forecast of sales"), now=now)


def take_forecast(*, actor: Actor, now: datetime.datetime) -> int:
    """Keep today's forecast of each month of this year and the next, in place of an earlier one of today; and what targets have come to.

    Gives how many cells it has.
    """
    _require(actor)
    today = timezone.localdate(now)
    months = [moved(Period.of("year", today).start, number) for number in range(24)]
    cells = _cells(months)
    for key, values in _model(actor, today, [each for each in months if each >= today.replace(day=1)]):
        cells[key].update(values)
    paths: dict[uuid.UUID | None, list[uuid.UUID]] = dict(Unit.objects.values_list("pk", "path"))
    rows = [
        ForecastCell(
            taken_on=today, month=month, owner_id=owner, unit_id=unit, units=paths.get(unit, []), currency=currency, **values
        )
        for (month, owner, unit, currency), values in cells.items()
    ]  # fmt: skip
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_tenant()::text, 6))")
        ForecastCell.objects.filter(taken_on=today).delete()
        ForecastCell.objects.bulk_create(rows, batch_size=2000)
        keep_attained(actor=actor, now=now)
        record(ForecastTaken(today.isoformat()), actor=actor, now=now, changes={"cells": [None, len(rows)]})
    return len(rows)


def _require(actor: Actor) -> None:
    actor.require("sales.manage")
    if actor.scope != "all":
        raise PermissionDenied


def _cells(months: list[datetime.date]) -> dict[Key, dict[str, Any]]:
    found: dict[Key, dict[str, Any]] = defaultdict(dict)
    last = moved(months[-1], 1) - datetime.timedelta(days=1)
    for row in won_sums(months[0], last):
        found[row.month, row.owner_id, row.unit_id, row.currency]["won"] = row.amount
    for each in open_sums(months[0], last):
        values = found[each.month, each.owner_id, each.unit_id, each.currency]
        values["weighted"] = values.get("weighted", Decimal(0)) + each.weighted
        values[each.category] = each.amount
    return found


def _model(
    actor: Actor, today: datetime.date, months: list[datetime.date]
) -> Iterator[tuple[Key, dict[str, float]]]:
    """What is expected to be won yet in each month, where enough is known."""
    import numpy as np

    from zhiyin.analytics.methods.forecast import outlook, risks
    from zhiyin.sales.queries.history import grouped_deals

    found = grouped_deals(actor, since=today - HISTORY)
    day = today.toordinal()
    # files may say that a deal was taken up or closed on a day to come
    there, deals = found.deals.begun <= day, found.deals.as_of(day)
    if deals.won.sum() < FEW:
        return
    hazards = risks(deals, day)
    ends = [moved(month, 1).toordinal() - 1 for month in months]
    group = found.group[there]
    currency = np.array([each[2] for each in found.keys])[group]
    for name in np.unique(currency):
        own = currency == name
        expected = outlook(deals.those(own), hazards, day, ends, group=group[own], groups=len(found.keys))
        for place, span in zip(*np.nonzero(expected.variance), strict=True):
            owner, unit, _name = found.keys[place]
            values = {
                "expected": float(expected.mean[place, span]),
                "variance": float(expected.variance[place, span]),
            }
            yield (months[span], owner, unit, str(name)), values
