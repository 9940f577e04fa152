"""The numbers that a company may choose, as the calculations take them."""

from dataclasses import asdict, dataclass, field
from typing import Any

from zhiyin.analytics.methods.rfm import Unit

METHOD = 3
"""Raised when the same data would give other results: then the next night analyses every company anew."""
SCORES = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one analysis.

    Attributes
    ----------
    unit : time unit of the models.
    months : length of the future that is valued.
    discount_rate : a year.
    margin_rate : share of a sale that is margin where no cost is known.
    loyal_orders, lost_after_days : rules of status.
    thresholds : own cuts of the scores by name, ascending (days, purchases, money); else quintiles.
    segment_by : own field that parts customers, by its key; their kind when it is empty.
    level : probability of the predictive intervals.
    """

    unit: Unit = "week"
    months: int = 12
    discount_rate: float = 0.1
    margin_rate: float = 1.0
    loyal_orders: int = 5
    lost_after_days: int = 365
    thresholds: dict[str, list[float]] = field(default_factory=dict)
    segment_by: str = ""
    level: float = 0.8

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
