"""Why a customer is worth what the analysis says: the numbers behind the number."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zhiyin.analytics.models import Analysis, CustomerValue
from zhiyin.analytics.queries import cell_of

POINTS = 60
Curve = list[tuple[datetime.date, float]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a prediction rests on; times in units of the analysis.

    Attributes
    ----------
    segment, model_of : the customer's segment, and whose models were used (empty: none, with ``refused``).
    leaves : the model knows that customers leave (NBD, where nobody is seen to, does not).
    silence : time since the last purchase.
    gap : mean time between purchases, None after a single one.
    expected_if_there : purchases in the horizon if it is still a customer.
    expected_spend : money a purchase, drawn from the customer's own mean towards that of all.
    usual_spend : mean of all customers of the model.
    margin_share : of what it paid.
    past, future : probability of being a customer, after the record so far and if nothing more is bought.
    cell : sums over all customers with the same recency and frequency score.
    """

    segment: str
    model_of: str
    refused: dict[str, Any] | None
    customers: int
    leaves: bool
    silence: float
    gap: float | None
    expected_if_there: float | None
    expected_spend: float | None
    usual_spend: float | None
    margin_share: float | None
    past: Curve
    future: Curve
    cell: dict[str, Any] | None


def explain(
    value: CustomerValue, analysis: Analysis, *, segment: str, days: Sequence[datetime.date] = ()
) -> Explanation:
    """Explain one customer's row; ``days`` are its purchase days, where the reader may know them."""
    fits = analysis.fits.get(segment, {})
    model_of = fits.get("model_of", "")
    source = analysis.fits.get(model_of, {}).get("transactions", {})
    spend = fits.get("spend", {})
    if "parameters" not in spend:
        spend = analysis.fits.get(model_of, {}).get("spend", {})
    past, future = curves(value, analysis, source, days)
    alive = value.alive
    return Explanation(
        segment=segment,
        model_of=model_of,
        refused=None if model_of else fits.get("transactions"),
        customers=source.get("customers", 0),
        leaves="a" in source.get("parameters", {}),
        silence=value.age - value.recency,
        gap=value.recency / value.frequency if value.frequency else None,
        expected_if_there=value.expected_orders / (alive or 1.0)
        if value.expected_orders is not None
        else None,
        expected_spend=spend_given(spend, value),
        usual_spend=spend.get("mean_spend"),
        margin_share=float(value.margin / value.spend) if value.spend > 0 else None,
        past=past,
        future=future,
        cell=cell_of(analysis, value),
    )


def spend_given(spend: dict[str, Any], value: CustomerValue) -> float | None:
    """Gamma-Gamma: the expected mean amount of a purchase given the customer's own."""
    if "parameters" not in spend:
        return None
    p, q, gamma = (spend["parameters"][name] for name in ("p", "q", "gamma"))
    x = value.frequency
    return float(p * (gamma + x * value.mean_spend) / (p * x + q - 1))


def curves(
    value: CustomerValue, analysis: Analysis, source: dict[str, Any], days: Sequence[datetime.date]
) -> tuple[Curve, Curve]:
    """P(alive) from the first purchase to the end of the horizon, split where the record ends.

    Empty after a single purchase, and where nobody leaves: there it is 1 by definition.
    """
    if "a" not in source.get("parameters", {}) or not value.frequency:
        return [], []
    length = unit_days(analysis)
    end = analysis_day(analysis)
    horizon = round(analysis.settings["months"] * 365.2425 / 12)
    parameters = source["parameters"]

    def alive_on(day: datetime.date, x: int, first: datetime.date, last: datetime.date) -> float:
        return alive(parameters, x, (last - first).days / length, (day - first).days / length)

    last = end - datetime.timedelta(days=round((value.age - value.recency) * length))
    first = end - datetime.timedelta(days=round(value.age * length))
    bought = sorted({day for day in days if day <= end})
    step = math.ceil(((end - (bought[0] if bought else end)).days + horizon) / POINTS)
    future = [
        (day, alive_on(day, value.frequency, first, last))
        for day in stepped(end, end + datetime.timedelta(days=horizon), step)
    ]
    if not bought:
        return [], future
    past: Curve = []
    for day in stepped(bought[0], end, step):
        seen = [each for each in bought if each <= day]
        past.append((day, alive_on(day, len(seen) - 1, seen[0], seen[-1])))
    return past, future


def alive(parameters: dict[str, float], x: int, t_x: float, T: float) -> float:
    """BG/NBD P(alive | x, t_x, T): Fader, Hardie and Lee (2008), Computing P(alive) using the BG/NBD model.

    In plain numbers, so that pages need not load the methods.
    """
    if x == 0:
        return 1.0
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    odds = math.log(a / (b + x - 1)) + (r + x) * math.log((alpha + T) / (alpha + t_x))
    return 1 / (1 + math.exp(min(odds, 700.0)))


def stepped(start: datetime.date, end: datetime.date, step: int) -> list[datetime.date]:
    """Days from ``start`` to ``end``, ``step`` days apart counted from the end, both included."""
    span = (end - start).days
    days = [end - datetime.timedelta(days=each) for each in range(0, span + 1, step)][::-1]
    return days if days[0] == start else [start, *days]


def unit_days(analysis: Analysis) -> float:
    """Days in the time unit of an analysis."""
    return {"day": 1.0, "week": 7.0, "month": 365.2425 / 12, "quarter": 365.2425 / 4, "year": 365.2425}[
        analysis.settings["unit"]
    ]


def analysis_day(analysis: Analysis) -> datetime.date:
    """The last day of the record."""
    until = analysis.settings.get("until") or analysis.counts.get("last_day")
    return datetime.date.fromisoformat(until) if until else analysis.as_of.date()
