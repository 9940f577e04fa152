"""What is worth saying, as codes with facts; ``analytics.sentences`` puts them into words."""

from typing import Any

import numpy as np

from zhiyin.analytics.compute.options import Options
from zhiyin.analytics.compute.purchases import Purchases
from zhiyin.analytics.compute.segments import POOLED, Segment
from zhiyin.analytics.compute.values import Values
from zhiyin.analytics.methods.backtest import Backtest
from zhiyin.analytics.methods.clv import correlation
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.nbd import NBD
from zhiyin.analytics.methods.thin import TooThin

GOOD, NEUTRAL, BAD = "good", "neutral", "bad"
DEPENDENT = 0.25
Finding = dict[str, Any]


def find(
    purchases: Purchases,
    segments: list[Segment],
    values: Values,
    concentration: dict[str, Any],
    options: Options,
) -> list[Finding]:
    """All findings, the most useful first."""
    if not len(purchases.customers):
        return [*thin_record(purchases), *left_out(purchases)]
    own = [segment for segment in segments if segment.name != POOLED]
    return [
        *coverage(purchases, values),
        *outlook(values, options),
        *leaving(purchases, values),
        *concentrated(concentration),
        *(finding for segment in own for finding in tested(segment)),
        *(finding for segment in own for finding in doubts(segment)),
        *left_out(purchases),
    ]


def said(code: str, tone: str = NEUTRAL, **facts: Any) -> Finding:
    return {"code": code, "tone": tone, "facts": facts}


def thin_record(purchases: Purchases) -> list[Finding]:
    return [said("no_orders" if not purchases.counts["orders"] else "no_purchases", BAD)]


def coverage(purchases: Purchases, values: Values) -> list[Finding]:
    people, again = purchases.customers, int((values.frequency > 0).sum())
    first = purchases.first_day
    return [
        said(
            "coverage" if len(people) > 1 else "coverage_of_one",
            buyers=len(people),
            purchases=len(purchases.day),
            amount=float(people.spend.sum()),
            first=first.isoformat() if first else None,
            last=purchases.as_of.isoformat() if purchases.as_of else None,
        ),
        said("repeat_buyers", share=again / len(people), repeat_buyers=again)
        if again
        else said("nobody_again", BAD),
    ]


def outlook(values: Values, options: Options) -> list[Finding]:
    known = ~np.isnan(values.alive)
    if not known.any():
        return []
    facts: dict[str, Any] = {
        "alive": float(values.alive[known].sum()),
        "returned": int(known.sum()),
        "orders": float(np.nansum(values.expected_orders)),
        "months": options.months,
    }
    worth = values.value[~np.isnan(values.value)]
    if len(worth):
        return [said("outlook_value", **facts, value=float(worth.sum()))]
    return [said("outlook", **facts)]


def leaving(purchases: Purchases, values: Values) -> list[Finding]:
    """Customers among the best fifth by money paid who have more likely left than not."""
    spend, alive = purchases.customers.spend, values.alive
    threshold = float(np.quantile(spend, 0.8))
    best = spend >= threshold
    gone = best & (alive < 0.5) & (values.frequency > 0)
    if not gone.any():
        return []
    facts = {"customers": int(gone.sum()), "spend": float(spend[gone].sum()), "threshold": threshold}
    return [said("leaving", BAD, **facts)]


def concentrated(found: dict[str, Any]) -> list[Finding]:
    if "best" not in found:
        return []
    result = [
        said(
            "concentration",
            top=0.1,
            brought=found["best"]["0.1"],
            customers_for_80=found["customers_for_80"],
        )
    ]
    if found["losing"]:
        result.append(said("losing", BAD, customers=found["losing"]))
    return result


def tested(segment: Segment) -> list[Finding]:
    """How good the forecast was, and whether a naive rule would have been better."""
    test = segment.backtest
    if not isinstance(test, Backtest):
        return []
    naive = min(test.last_period.mae, test.mean_rate.mae)
    facts = {
        "segment": segment.name,
        "from": test.calibration_end.isoformat(),
        "to": test.end.isoformat(),
        "error": test.model.total_error,
        "predicted": test.model.total,
        "actual": test.actual,
        "mae": test.model.mae,
        "last_period": test.last_period.mae,
        "mean_rate": test.mean_rate.mae,
    }
    if not test.actual:
        return [said("backtest_nobody", BAD, **facts)]
    return [
        said("backtest_better", GOOD, **facts)
        if test.model.mae < naive
        else said("backtest_worse", BAD, **facts)
    ]


def doubts(segment: Segment) -> list[Finding]:
    result = []
    if isinstance(segment.transactions, TooThin):
        borrowed = "_borrowed" if segment.model_of else ""
        result.append(said(f"thin_buying{borrowed}", BAD, **why_thin(segment, segment.transactions)))
    if isinstance(segment.spend, TooThin) and segment.model_of:
        result.append(said("thin_spending", BAD, **why_thin(segment, segment.spend)))
    if isinstance(segment.transactions, Fit) and isinstance(segment.transactions.model, NBD):
        result.append(said("nobody_leaves", segment=segment.name))
    related = correlation(segment.summary)
    if related is not None and abs(related) > DEPENDENT and not isinstance(segment.spend, TooThin):
        result.append(said("dependent", BAD, segment=segment.name, correlation=related))
    return result


def why_thin(segment: Segment, refused: TooThin) -> dict[str, Any]:
    return {"segment": segment.name, "reason": str(refused.reason), **refused.facts}


def left_out(purchases: Purchases) -> list[Finding]:
    counts, result = purchases.counts, []
    if counts["anonymous_orders"]:
        facts = {"orders": counts["anonymous_orders"], "amount": counts["anonymous_amount"]}
        result.append(said("anonymous", **facts))
    if counts["future_orders"]:
        result.append(said("future", BAD, orders=counts["future_orders"]))
    without = counts["customers"] - len(purchases.customers)
    if without > 0:
        result.append(said("without_purchase", customers=without))
    return result
