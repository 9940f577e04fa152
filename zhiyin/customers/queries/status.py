"""How all customers move between statuses."""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Sum

from zhiyin.customers.choices import Status
from zhiyin.customers.models import StatusFlow
from zhiyin.platform.actors import Actor

LIVELY = (Status.FIRST_TIME, Status.REPEAT, Status.LOYAL, Status.WON_BACK)
RETURNED = (Status.REPEAT, Status.LOYAL, Status.WON_BACK)


@dataclass(slots=True)
class Month:
    """One month: who stood where at its end, and the measures of breadth during it.

    ``active`` are the buyers at its begin who were not lost; ``kept`` the share of those who still were none at its end.
    """

    month: datetime.date
    stocks: Counter[str]
    active: int = 0
    new: int = 0
    won_back: int = 0
    lost: int = 0

    @property
    def kept(self) -> float | None:
        return max(0.0, 1 - self.lost / self.active) if self.active else None


@dataclass(slots=True)
class Flow:
    """All moves of the chosen months by (from, to), and each month."""

    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: list[Month] = field(default_factory=list)

    @property
    def repeat_rate(self) -> float | None:
        """Of the buyers of today who are not lost the share that bought more than once."""
        if not self.months:
            return None
        now = self.months[-1].stocks
        buyers = sum(now[each] for each in LIVELY)
        return sum(now[each] for each in RETURNED) / buyers if buyers else None


def status_flow(actor: Actor, *, months: int, today: datetime.date) -> Flow:
    """Moves of the last ``months``, this one included. One SQL statement."""
    actor.require("insight.company")
    rows = StatusFlow.objects.values_list("month", "previous", "status").annotate(n=Sum("customers"))
    steps: dict[datetime.date, Counter[tuple[str, str]]] = {}
    for month, previous, status, count in rows.order_by("month"):
        steps.setdefault(month, Counter())[previous, status] += count
    found, stocks = Flow(), Counter[str]()
    if not steps:
        return found
    this = today.replace(day=1)
    since = _back(this, months - 1)
    month = min(steps)
    while month <= this:
        moved = steps.get(month, Counter())
        told = _month(month, moved, stocks)
        if month >= since:
            found.moves.update({key: count for key, count in moved.items() if key[0]})
            found.months.append(told)
        month = _back(month, -1)
    return found


def _month(month: datetime.date, moved: Counter[tuple[str, str]], stocks: Counter[str]) -> Month:
    """Count one month; ``stocks`` goes from its begin to its end."""
    told = Month(month, stocks, active=sum(stocks[each] for each in LIVELY))
    for (previous, status), count in moved.items():
        stocks[previous] -= count
        stocks[status] += count
        told.new += count if status == Status.FIRST_TIME else 0
        told.won_back += count if status == Status.WON_BACK else 0
        told.lost += count if status == Status.LOST else 0
    told.stocks = Counter({status: max(0, stocks[status]) for status in Status.values})
    return told


def _back(month: datetime.date, months: int) -> datetime.date:
    at = month.year * 12 + month.month - 1 - months
    return datetime.date(at // 12, at % 12 + 1, 1)
