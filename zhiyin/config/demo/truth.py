"""The processes that the demo company's customers really follow, per kind of customer, in weeks and yuan."""

import datetime
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.simulate import simulate, simulate_spend

DAYS = 3 * 365
WEEK = 7.0
# how many begin to buy in each month, relative to the year's mean: 618 and Double Eleven stand out
SEASON = np.array([0.9, 0.75, 0.95, 0.95, 1.0, 1.25, 0.95, 0.9, 1.0, 1.0, 1.45, 0.9])


@dataclass(frozen=True, slots=True)
class Process:
    """How one kind of customer comes back, and what it spends each time."""

    buying: BGNBD
    spending: GammaGamma


TRUTH = {
    "person": Process(BGNBD(r=0.62, alpha=18.0, a=0.9, b=3.1), GammaGamma(p=4.0, q=3.6, gamma=520.0)),
    "organisation": Process(BGNBD(r=2.4, alpha=10.0, a=0.6, b=9.0), GammaGamma(p=6.0, q=4.5, gamma=9_500.0)),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """The purchases of one kind of customer, and what nobody in a real company knows: who has left."""

    customer: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    left: np.ndarray


def first_days(count: int, end: datetime.date, random: np.random.Generator) -> np.ndarray:
    """The day on which each customer first buys: growing over three years, with mild seasons."""
    days = np.datetime64(end, "D") - np.arange(DAYS)[::-1]
    months = days.astype("datetime64[M]").astype(int) % 12
    weight = np.linspace(1.0, 1.8, DAYS) * SEASON[months]
    return np.sort(random.choice(days, count, p=weight / weight.sum()))


def draw(process: Process, first: np.ndarray, end: datetime.date, seed: int) -> Drawn:
    """All purchases up to the end of the day ``end`` of customers who first buy on the days ``first``."""
    followed = ((np.datetime64(end, "D") - first).astype(float) + 1) / WEEK
    purchases = simulate(process.buying, followed, len(first), seed)
    day = purchases.dates(first, WEEK)
    seen = day <= np.datetime64(end, "D")
    amount = simulate_spend(process.spending, purchases, seed + 1)
    return Drawn(purchases.customer[seen], day[seen], amount[seen], purchases.left)


def write_truth(path: Path, *, seed: int, end: datetime.date, customers: dict[str, int]) -> None:
    """Keep the true parameters in the data folder, for whoever wants to compare the models with them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(truth(seed=seed, end=end, customers=customers), indent=2))


def truth(*, seed: int, end: datetime.date, customers: dict[str, int]) -> dict[str, Any]:
    return {
        "seed": seed,
        "end": end.isoformat(),
        "unit": "week",
        "customers": customers,
        "parameters": {
            kind: {
                "bgnbd": {name: float(value) for name, value in asdict(process.buying).items()},
                "gammagamma": asdict(process.spending),
            }
            for kind, process in TRUTH.items()
        },
    }
