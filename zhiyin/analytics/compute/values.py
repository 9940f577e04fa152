"""One row of numbers for each customer: history, scores, group, and what to expect."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from zhiyin.analytics.compute.options import Options
from zhiyin.analytics.compute.purchases import Purchases
from zhiyin.analytics.compute.segments import POOLED, Segment
from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.rfm import DAYS, groups, score

PREDICTED = ("alive", "expected_orders", "value", "value_low", "value_high")


@dataclass(frozen=True)
class Values:
    """Arrays of shape (customers,), in the order of the record; NaN where there is no prediction.

    ``alive`` is NaN after a single purchase: there the BG/NBD model says 1 by definition, which tells nothing.
    """

    frequency: Ints
    recency: Floats
    age: Floats
    mean_spend: Floats
    recency_score: Ints
    frequency_score: Ints
    monetary_score: Ints
    group: np.ndarray
    alive: Floats
    expected_orders: Floats
    value: Floats
    value_low: Floats
    value_high: Floats

    def table(self, purchases: Purchases) -> pa.Table:
        """All columns that are kept of each customer."""
        people = purchases.customers
        columns: dict[str, Any] = {
            "customer_id": people.ids,
            "orders": people.orders,
            "first_at": people.first_at,
            "last_at": people.last_at,
            "spend": np.round(people.spend, 4),
            "margin": np.round(people.margin, 4),
        }
        for name in self.__dataclass_fields__:
            values = getattr(self, name)
            columns[name] = pa.array(values, mask=np.isnan(values)) if name in PREDICTED else pa.array(values)
        return pa.table(columns)


def value_customers(purchases: Purchases, segments: list[Segment], options: Options) -> Values:
    """Put the segments' results together. What a customer will pay counts at the customer's own margin."""
    count = len(purchases.customers)
    found: dict[str, np.ndarray] = {name: np.full(count, np.nan) for name in PREDICTED}
    history = {name: np.zeros(count) for name in ("x", "t_x", "T", "spend")}
    share = margin_share(purchases)
    for segment in segments:
        if segment.name == POOLED:
            continue
        for name, column in history.items():
            column[segment.members] = getattr(segment.summary, name)
        put_prediction(found, segment, share[segment.members])
    scores = score_customers(purchases, history["x"], history["T"] - history["t_x"], options)
    return Values(
        frequency=history["x"].astype(np.int64),
        recency=history["t_x"],
        age=history["T"],
        mean_spend=history["spend"],
        recency_score=scores["recency"],
        frequency_score=scores["frequency"],
        monetary_score=scores["monetary"],
        group=groups(scores["recency"], scores["frequency"]),
        **found,
    )


def margin_share(purchases: Purchases) -> Floats:
    """Margin per unit of money paid, 0 to 1; that of all customers for those who paid nothing on balance."""
    people = purchases.customers
    total = float(people.spend.sum())
    usual = float(people.margin.sum()) / total if total > 0 else 1.0
    own = np.full(len(people), usual)
    np.divide(people.margin, people.spend, out=own, where=people.spend > 0)
    return np.asarray(np.clip(own, 0.0, 1.0))


def put_prediction(found: dict[str, np.ndarray], segment: Segment, share: Floats) -> None:
    prediction = segment.prediction
    if prediction is None:
        return
    again = segment.summary.x > 0
    found["alive"][segment.members[again]] = prediction.alive[again]
    found["expected_orders"][segment.members] = prediction.purchases
    for name in ("value", "value_low", "value_high"):
        amounts = getattr(prediction, name)
        if amounts is not None:
            found[name][segment.members] = amounts * share


def score_customers(purchases: Purchases, x: Floats, silence: Floats, options: Options) -> dict[str, Ints]:
    """Scores 1 to 5: time since the last purchase, number of purchases, money paid."""
    cuts = options.thresholds
    days = np.rint(silence * DAYS[options.unit])
    measures = (
        ("recency", days, True),
        ("frequency", x + 1, False),
        ("monetary", purchases.customers.spend, False),
    )
    return {
        name: score(values, thresholds=cuts.get(name) or None, low_is_good=low).astype(np.int64)
        for name, values, low in measures
    }
