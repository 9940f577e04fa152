"""Fit on the first part of a purchase record, predict the rest, and compare with two naive rules."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.prediction import Horizon, predict
from zhiyin.analytics.methods.rfm import DAYS, Summary, Unit, changes, days_of
from zhiyin.analytics.methods.thin import Reason, TooThin
from zhiyin.analytics.methods.transactions import TransactionModel, tracking

MOST_GROUPS = 8
MOST_POINTS = 120


@dataclass(frozen=True)
class Errors:
    """How far a prediction of purchases per customer is off.

    Attributes
    ----------
    total : float
        Predicted total.
    total_error : float or None
        (predicted - actual) / actual total; None where nothing was bought.
    mae, rmse : float
        Mean absolute and root mean square error per customer.
    """

    total: float
    total_error: float | None
    mae: float
    rmse: float


@dataclass(frozen=True)
class GroupRow:
    """Customers with x repeat purchases in the calibration (x or more in the last row)."""

    x: int
    or_more: bool
    customers: int
    actual: float
    predicted: float


@dataclass(frozen=True)
class Track:
    """Repeat purchases of all customers per unit of time, since the first purchase of all."""

    end: list[float]
    actual: list[int]
    expected: list[float]


@dataclass(frozen=True)
class Backtest:
    """Predicted against actual purchases after the calibration.

    Attributes
    ----------
    calibration_end, end : date
        Last days of the calibration and of the holdout.
    horizon : float
        Length of the holdout in units.
    customers : int
        Those who had bought by the end of the calibration.
    actual : int
        Their purchases in the holdout.
    model, last_period, mean_rate : Errors
        The model, and two naive rules: each customer repeats the repeat purchases of the period of equal
        length before, or goes on at the mean rate of repeat purchases so far.
    groups : list of GroupRow
        Mean purchases per customer, by repeat purchases in the calibration.
    track : Track
    value_actual, value_predicted : float or None
        Total amount in the holdout, undiscounted, where there is a spend model.
    """

    calibration_end: date
    end: date
    horizon: float
    customers: int
    actual: int
    model: Errors
    last_period: Errors
    mean_rate: Errors
    groups: list[GroupRow]
    track: Track
    value_actual: float | None = None
    value_predicted: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, dates in ISO form."""
        plain = asdict(self)
        return plain | {"calibration_end": self.calibration_end.isoformat(), "end": self.end.isoformat()}


def run_backtest(
    fit: Fit[Any],
    summary: Summary,
    customer: Ints,
    day: ArrayLike,
    amount: Floats | None = None,
    *,
    unit: Unit,
    calibration_end: date,
    end: date,
    spend_model: GammaGamma | None = None,
) -> Backtest:
    """Predict the time after the calibration and compare.

    Parameters
    ----------
    fit : Fit
        Of a TransactionModel, on the calibration.
    summary : Summary
        Of the calibration; its customers are the numbers used in `customer`.
    customer, day, amount : arrays, shape (purchases,)
        The whole record, customers as numbers from 0.
    unit : str
        Of the summary.
    calibration_end, end : date
    spend_model : GammaGamma, optional
        Fitted on the calibration.

    Raises
    ------
    TooThin
        When `end` is not after `calibration_end`.

    Notes
    -----
    The comparison follows Fader, Hardie and Lee (2005); for naive rules as rivals see Wuebben and von
    Wangenheim (2008), Instant customer base analysis, Journal of Marketing 72(3), 82-93.
    """
    split, last = (int(days_of(np.array([value], "datetime64[D]"))[0]) for value in (calibration_end, end))
    if last <= split:
        raise TooThin(Reason.NO_HOLDOUT)
    days = days_of(day)
    length = (last - split) / DAYS[unit]
    people = summary.customer.to_numpy()
    actual = purchase_days(customer, days, split, last)[people]
    before = purchase_days(customer, days, 2 * split - last, split)[people]
    first = days_of(summary.first)
    before -= first > 2 * split - last
    prediction = predict(
        fit.model, summary.cells, Horizon(length, 1), spend_model=spend_model, spend=summary.spend, level=None
    )
    rate = np.divide(summary.x, summary.T, out=np.zeros(len(people)), where=summary.T > 0)
    value_actual = value_predicted = None
    if prediction.value is not None and amount is not None:
        held = (days > split) & (days <= last)
        value_actual = float(np.bincount(customer[held], amount[held], int(customer.max()) + 1)[people].sum())
        value_predicted = float(prediction.value.sum())
    return Backtest(
        calibration_end=calibration_end,
        end=end,
        horizon=length,
        customers=len(people),
        actual=int(actual.sum()),
        model=errors(prediction.purchases, actual),
        last_period=errors(before, actual),
        mean_rate=errors(rate * length, actual),
        groups=by_group(summary.x, actual, prediction.purchases),
        track=track(fit.model, summary, customer, days, unit=unit, last=last),
        value_actual=value_actual,
        value_predicted=value_predicted,
    )


def purchase_days(customer: Ints, days: ArrayLike, after: int, until: int) -> Ints:
    """Distinct days with a purchase in (after, until], per customer number."""
    days = np.asarray(days, np.int64)
    customers = int(customer.max()) + 1
    inside = (days > after) & (days <= until)
    key = customer[inside] * (until - after) + (days[inside] - after - 1)
    key.sort()
    return np.bincount(key[changes(key)] // (until - after), minlength=customers)


def errors(predicted: ArrayLike, actual: Ints) -> Errors:
    """Errors of a prediction per customer."""
    guess = np.asarray(predicted, np.float64)
    off = guess - actual
    total, truth = float(guess.sum()), float(actual.sum())
    return Errors(
        total=total,
        total_error=(total - truth) / truth if truth else None,
        mae=float(np.abs(off).mean()),
        rmse=float(np.sqrt((off**2).mean())),
    )


def by_group(x: Ints, actual: Ints, predicted: Floats) -> list[GroupRow]:
    """Mean actual and predicted purchases by x, the largest together."""
    group = np.minimum(x, MOST_GROUPS - 1)
    customers = np.bincount(group, minlength=MOST_GROUPS)
    sums = [np.bincount(group, values, MOST_GROUPS) for values in (actual, predicted)]
    return [
        GroupRow(k, k == MOST_GROUPS - 1, int(n), float(sums[0][k] / n), float(sums[1][k] / n))
        for k, n in enumerate(customers)
        if n
    ]


def track(
    model: TransactionModel, summary: Summary, customer: Ints, days: ArrayLike, *, unit: Unit, last: int
) -> Track:
    """Actual and expected repeat purchases per unit of time over calibration and holdout."""
    days = np.asarray(days, np.int64)
    firsts = days_of(summary.first).astype(np.int64)
    start = int(firsts.min())
    step = DAYS[unit]
    while (last - start) / step > MOST_POINTS:
        step *= 2
    points = int((last - start) / step)
    if points == 0:
        return Track([], [], [])
    first_of = np.full(int(customer.max()) + 1, np.iinfo(np.int64).max)
    first_of[summary.customer.to_numpy()] = firsts
    repeat = (days > first_of[customer]) & (days < start + points * step)
    key = customer[repeat] * (last - start + 1) + (days[repeat] - start)
    key.sort()
    offset = key[changes(key)] % (last - start + 1)
    actual = np.bincount((offset / step).astype(np.int64), minlength=points)
    ends = np.arange(1, points + 1) * step / DAYS[unit]
    expected = np.diff(tracking(model, summary.T, ends), prepend=0.0)
    return Track(ends.tolist(), actual.tolist(), expected.tolist())


def split_day(first: date, end: date) -> date:
    """Where to cut a record for a back-test: three quarters of the way."""
    return first + (end - first) * 3 // 4
