"""An expectation with the bounds around it. Pages use it, so it does without NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

PROBABILITY: Final = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected to be won, and the bounds between which it lies with the probability that was asked for."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, mean: float, variance: float, probability: float = PROBABILITY) -> Forecast:
        """Bounds of a sum of many independent parts, which is about normal; never below nothing."""
        spread = NormalDist().inv_cdf(0.5 + probability / 2) * math.sqrt(variance)
        return cls(mean, max(0.0, mean - spread), mean + spread)
