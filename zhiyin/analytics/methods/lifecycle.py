"""Customer status and lifecycle stage from the purchase record, by the company's own rules.

The stages follow the relationship phases of Dwyer, Schurr and Oh (1987), Developing buyer-seller
relationships, Journal of Marketing 51(2), 11-27.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.rfm import changes, days_of


class Status(IntEnum):
    """Where a person or company stands as a buyer; the first three have not bought."""

    NON_CUSTOMER = 0
    POTENTIAL = 1
    TARGET = 2
    FIRST_TIME = 3
    REPEAT = 4
    LOYAL = 5
    LOST = 6
    WON_BACK = 7


class Stage(IntEnum):
    """Phase of the relation; NONE before the first purchase."""

    NONE = 0
    EXPLORATION = 1
    FORMATION = 2
    MATURITY = 3
    DECLINE = 4


@dataclass(frozen=True)
class Rules:
    """A company's own numbers.

    Attributes
    ----------
    lost_after_days : int
        Without a purchase for longer than this a customer is lost; who buys on the first such day is not.
    loyal_purchases : int
        From this many purchases (days with a purchase) on a customer is loyal.
    won_back_purchases : int
        A lost customer who buys again is won back until this many purchases after the return.
    formation_purchases : int
        Fewer purchases than this are exploration.
    maturity_purchases : int
        From this many on a relation that does not grow is mature.
    window_days : int
        Spending of the last window is compared with the window before.
    growth, decline : float
        Above `growth` times the earlier spending the relation still forms; below `decline` times, it
        declines.
    overdue : float
        It also declines when the time since the last purchase exceeds so many mean gaps between purchases.
    """

    lost_after_days: int = 365
    loyal_purchases: int = 5
    won_back_purchases: int = 2
    formation_purchases: int = 3
    maturity_purchases: int = 6
    window_days: int = 180
    growth: float = 1.25
    decline: float = 0.5
    overdue: float = 3.0

    def __post_init__(self) -> None:
        if min(self.lost_after_days, self.won_back_purchases, self.window_days) < 1:
            raise ValueError("days and purchases of the rules must be at least 1")
        if self.loyal_purchases < 2 or not 2 <= self.formation_purchases <= self.maturity_purchases:
            raise ValueError("need loyal_purchases >= 2 and 2 <= formation_purchases <= maturity_purchases")
        if not 0 < self.decline < 1 <= self.growth:
            raise ValueError("need 0 < decline < 1 <= growth")


@dataclass(frozen=True)
class History:
    """Changes of status, ordered by customer and day.

    Attributes
    ----------
    customer : ndarray of int64, shape (changes,)
    day : ndarray of datetime64[D], shape (changes,)
        First day in the status.
    status : ndarray of int8, shape (changes,)
        Values of `Status`.
    """

    customer: Ints
    day: NDArray[np.datetime64]
    status: NDArray[np.int8]


def status_history(customer: ArrayLike, day: ArrayLike, *, now: date, rules: Rules) -> History:
    """When each buyer's status changed, up to `now`.

    Parameters
    ----------
    customer : array_like of int, shape (purchases,)
        Numbers from 0.
    day : array_like of datetime64, shape (purchases,)
        Purchases of one day count once; those after `now` are left out.
    now : date
    rules : Rules

    Returns
    -------
    History
    """
    today = int(days_of(np.array([now], "datetime64[D]"))[0])
    who, days = distinct_days(customer, day, today)
    if len(who) == 0:
        return History(who, days.astype("datetime64[D]"), np.zeros(0, np.int8))
    starts = changes(who)
    gap = np.diff(days, prepend=days[0])
    returns = ~starts & (gap - 1 > rules.lost_after_days)
    status = status_at_purchase(starts, returns, rules)
    followed = np.append(~starts[1:], False)
    until = np.where(followed, np.append(days[1:], 0) - 1, today)
    lost = until - days > rules.lost_after_days
    all_who = np.concatenate((who, who[lost]))
    all_days = np.concatenate((days, days[lost] + rules.lost_after_days + 1))
    all_status = np.concatenate((status, np.full(int(lost.sum()), Status.LOST, np.int8)))
    order = np.lexsort((all_days, all_who))
    all_who, all_days, all_status = all_who[order], all_days[order], all_status[order]
    new = changes(all_who) | changes(all_status)
    return History(all_who[new], all_days[new].astype("datetime64[D]"), all_status[new])


def distinct_days(customer: ArrayLike, day: ArrayLike, today: int) -> tuple[Ints, Ints]:
    """Distinct (customer, day) up to today, sorted."""
    who, days = np.asarray(customer, np.int64), days_of(day).astype(np.int64)
    kept = days <= today
    who, days = who[kept], days[kept]
    order = np.lexsort((days, who))
    who, days = who[order], days[order]
    new = changes(who) | changes(days)
    return who[new], days[new]


def status_at_purchase(
    starts: NDArray[np.bool_], returns: NDArray[np.bool_], rules: Rules
) -> NDArray[np.int8]:
    """Status that each purchase puts its customer in."""
    position = np.arange(len(starts))
    number = position - np.maximum.accumulate(np.where(starts, position, 0)) + 1
    since_return = position - np.maximum.accumulate(np.where(returns | starts, position, 0)) + 1
    after_return = np.maximum.accumulate(np.where(returns, position, -1)) >= np.maximum.accumulate(
        np.where(starts, position, 0)
    )
    status = np.where(
        number == 1,
        Status.FIRST_TIME,
        np.where(number >= rules.loyal_purchases, Status.LOYAL, Status.REPEAT),
    )
    won_back = after_return & (since_return < rules.won_back_purchases)
    return np.where(won_back, Status.WON_BACK, status).astype(np.int8)


def current_status(history: History, customers: int, prospect: ArrayLike | None = None) -> NDArray[np.int8]:
    """The last status of each of the customers 0 to customers - 1.

    Parameters
    ----------
    history : History
    customers : int
    prospect : array_like of int, shape (customers,), optional
        `Status` of those who never bought: non-customer, potential or target; non-customer if missing.

    Raises
    ------
    ValueError
        A prospect status that only buyers have.
    """
    status = np.full(customers, Status.NON_CUSTOMER, np.int8)
    if prospect is not None:
        status[:] = np.asarray(prospect)
        if status.size and not Status.NON_CUSTOMER <= status.min() <= status.max() <= Status.TARGET:
            raise ValueError("a prospect is a non-customer, potential or target")
    status[history.customer] = history.status
    return status


def lifecycle_stage(
    customer: ArrayLike, day: ArrayLike, amount: ArrayLike, customers: int, *, now: date, rules: Rules
) -> NDArray[np.int8]:
    """Lifecycle stage of each of the customers 0 to customers - 1.

    Decline comes first (lost, overdue by their own rhythm, or spending much less than in the window
    before); then few purchases are exploration; growing spending or not yet enough purchases formation; the
    rest maturity.

    Parameters
    ----------
    customer, day, amount : array_like, shape (purchases,)
        As for `status_history`, with what was spent.
    customers : int
    now : date
    rules : Rules

    Returns
    -------
    ndarray of int8, shape (customers,)
        Values of `Stage`.
    """
    today = int(days_of(np.array([now], "datetime64[D]"))[0])
    who, days = distinct_days(customer, day, today)
    bought = np.bincount(who, minlength=customers)
    first, last = np.zeros(customers, np.int64), np.zeros(customers, np.int64)
    starts = np.flatnonzero(changes(who)) if len(who) else np.zeros(0, np.int64)
    first[who[starts]] = days[starts]
    last[who[starts]] = days[np.append(starts[1:], len(who)) - 1] if len(who) else days
    recent, earlier = window_spending(customer, day, amount, customers, today=today, window=rules.window_days)
    silence = today - last
    mean_gap = (last - first) / np.maximum(bought - 1, 1)
    overdue = (bought >= rules.formation_purchases) & (silence > rules.overdue * mean_gap)
    overdue &= silence > rules.window_days / 2
    shrinking = (bought >= rules.formation_purchases) & (recent < rules.decline * earlier)
    declining = (silence > rules.lost_after_days) | overdue | shrinking
    forming = (bought < rules.maturity_purchases) | (recent > rules.growth * earlier)
    stage = np.select(
        [bought == 0, declining, bought < rules.formation_purchases, forming],
        [Stage.NONE, Stage.DECLINE, Stage.EXPLORATION, Stage.FORMATION],
        Stage.MATURITY,
    )
    return stage.astype(np.int8)


def window_spending(
    customer: ArrayLike, day: ArrayLike, amount: ArrayLike, customers: int, *, today: int, window: int
) -> tuple[Floats, Floats]:
    """Amounts in the last window and in the one before, per customer."""
    who, days = np.asarray(customer, np.int64), days_of(day).astype(np.int64)
    spent = np.asarray(amount, np.float64)
    age = today - days
    parts = ((age >= 0) & (age < window), (age >= window) & (age < 2 * window))
    recent, earlier = (np.bincount(who[part], spent[part], customers) for part in parts)
    return recent.astype(np.float64, copy=False), earlier.astype(np.float64, copy=False)
