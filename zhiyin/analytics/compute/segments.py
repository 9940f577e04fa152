"""The models of one segment of customers: fitted, tested on its own past, and used."""

import datetime
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zhiyin.analytics.compute.options import Options
from zhiyin.analytics.compute.purchases import Purchases
from zhiyin.analytics.methods.backtest import Backtest, run_backtest, split_day
from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.clv import ModelName, correlation, described, fit_both, refusal
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.prediction import Horizon, Prediction, predict
from zhiyin.analytics.methods.rfm import Summary, summarise
from zhiyin.analytics.methods.thin import Reason, TooThin

MODEL: ModelName = "bgnbd"
POOLED = "pooled"


@dataclass(frozen=True)
class Segment:
    """What is known of one segment.

    Attributes
    ----------
    name : segment, or "pooled" for all customers together.
    members : ndarray of int, shape (customers,)
        Their numbers in the whole record.
    summary : Summary
    transactions, spend : fits, or why there is none.
    backtest : Backtest or TooThin
    model_of : whose models predict: its own, "pooled", or empty when there are none.
    prediction : Prediction or None
    """

    name: str
    members: Ints
    summary: Summary
    transactions: Fit[Any] | TooThin
    spend: Fit[GammaGamma] | TooThin
    backtest: Backtest | TooThin
    model_of: str
    prediction: Prediction | None

    def to_dict(self) -> dict[str, Any]:
        """The models in plain values; totals of the prediction are added by whoever knows the margin."""
        x = self.summary.x
        spend = described(self.spend) | {"correlation": correlation(self.summary)}
        if not isinstance(self.spend, TooThin):
            spend["mean_spend"] = self.spend.model.mean
        return {
            "customers": len(x),
            "repeat_buyers": int((x > 0).sum()),
            "repeat_purchases": int(x.sum()),
            "transactions": described(self.transactions),
            "spend": spend,
            "model_of": self.model_of,
        }

    def backtest_dict(self) -> dict[str, Any]:
        return refusal(self.backtest) if isinstance(self.backtest, TooThin) else self.backtest.to_dict()


def model_segments(purchases: Purchases, options: Options) -> list[Segment]:
    """Fit each segment by itself; one that is too thin borrows the models of all customers together."""
    people = purchases.customers
    if purchases.as_of is None:
        return []
    parts = [np.flatnonzero(people.segment == place) for place in range(len(people.segments))]
    found = [
        fit_segment(name, members, purchases, options)
        for name, members in zip(people.segments, parts, strict=True)
    ]
    if len(found) > 1 and any(isinstance(each.transactions, TooThin) for each in found):
        everyone = fit_segment(POOLED, np.arange(len(people)), purchases, options)
        found = [borrow(each, everyone) for each in found]
        found.append(everyone)
    return [replace(each, prediction=predict_segment(each, found, options)) for each in found]


def fit_segment(name: str, members: Ints, purchases: Purchases, options: Options) -> Segment:
    """Models of the record up to its end, and a back-test of models of its first three quarters."""
    assert purchases.as_of is not None
    place = np.full(len(purchases.customers), -1, np.int64)
    place[members] = np.arange(len(members))
    rows = place[purchases.customer] >= 0
    customer, day, amount = place[purchases.customer[rows]], purchases.day[rows], purchases.amount[rows]
    summary = summarise(customer, day, amount, unit=options.unit, end=purchases.as_of)
    transactions, spend = fit_both(summary, MODEL, with_amounts=True)
    backtest = back_test(customer, day, amount, purchases.as_of, options)
    model_of = "" if isinstance(transactions, TooThin) else name
    return Segment(name, members, summary, transactions, spend, backtest, model_of, None)


def back_test(
    customer: Ints, day: np.ndarray, amount: Floats, end: datetime.date, options: Options
) -> Backtest | TooThin:
    """Predict the last quarter of the record from the rest."""
    if len(day) == 0:
        return TooThin(Reason.NO_PURCHASES)
    cut = split_day(day.min().item(), end)
    summary = summarise(customer, day, amount, unit=options.unit, end=cut)
    transactions, spend = fit_both(summary, MODEL, with_amounts=True)
    if isinstance(transactions, TooThin):
        return transactions
    try:
        return run_backtest(
            transactions,
            summary,
            customer,
            day,
            amount,
            unit=options.unit,
            calibration_end=cut,
            end=end,
            spend_model=None if isinstance(spend, TooThin) else spend.model,
        )
    except TooThin as thin:
        return thin


def borrow(segment: Segment, everyone: Segment) -> Segment:
    """A segment without a model of its own predicts by that of all customers, where there is one."""
    return segment if segment.model_of else replace(segment, model_of=everyone.model_of)


def predict_segment(segment: Segment, found: list[Segment], options: Options) -> Prediction | None:
    """What its members will do by the models it uses; None when there are none."""
    source = next((each for each in found if each.name == segment.model_of), None)
    if source is None or isinstance(source.transactions, TooThin) or not len(segment.members):
        return None
    spend = source.spend if isinstance(segment.spend, TooThin) else segment.spend
    summary = segment.summary
    return predict(
        source.transactions.model,
        summary.cells,
        Horizon.months(options.months, unit=options.unit, yearly_rate=options.discount_rate),
        spend_model=None if isinstance(spend, TooThin) else spend.model,
        spend=summary.spend,
        level=options.level,
    )
