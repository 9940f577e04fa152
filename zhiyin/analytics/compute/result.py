"""All that one analysis finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from zhiyin.analytics.compute.describe import describe_concentration, describe_groups, describe_retention
from zhiyin.analytics.compute.findings import find
from zhiyin.analytics.compute.options import Options
from zhiyin.analytics.compute.purchases import Purchases
from zhiyin.analytics.compute.segments import Segment, model_segments
from zhiyin.analytics.compute.values import Values, value_customers

Progress = Callable[[int, str], None]


def silent(_step: int, _message: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Result:
    """The purchase record, the models of its segments, and each customer's numbers."""

    purchases: Purchases
    options: Options
    segments: list[Segment]
    values: Values
    concentration: dict[str, Any]

    def customers(self) -> pa.Table:
        return self.values.table(self.purchases)

    def parts(self) -> dict[str, Any]:
        """The fields of an ``Analysis``, in plain values."""
        totals = {segment.name: self._totals(segment) for segment in self.segments}
        return {
            "counts": self._counts(),
            "fits": {each.name: each.to_dict() | totals[each.name] for each in self.segments},
            "backtest": {each.name: each.backtest_dict() for each in self.segments},
            "retention": describe_retention(self.purchases),
            "concentration": self.concentration,
            "groups": describe_groups(self.purchases, self.values, self.options.unit),
            "findings": find(self.purchases, self.segments, self.values, self.concentration, self.options),
        }

    def _counts(self) -> dict[str, Any]:
        found, people = self.purchases.counts, self.purchases.customers
        first = self.purchases.first_day
        return found | {
            "last_day": found["last_day"].isoformat() if found["last_day"] else None,
            "first_day": first.isoformat() if first else None,
            "buyers": len(people),
            "purchases": len(self.purchases.day),
            "spend": float(people.spend.sum()),
            "margin": float(people.margin.sum()),
        }

    def _totals(self, segment: Segment) -> dict[str, Any]:
        found = {}
        for name in ("alive", "expected_orders", "value"):
            numbers = getattr(self.values, name)[segment.members]
            found[name] = float(np.nansum(numbers)) if len(numbers) and not np.isnan(numbers).all() else None
        return {"totals": found}


def compute(purchases: Purchases, options: Options, *, progress: Progress = silent) -> Result:
    """Model a purchase record."""
    progress(2, _("Fitting the models"))
    segments = model_segments(purchases, options)
    progress(3, _("Predicting every customer"))
    values = value_customers(purchases, segments, options)
    progress(4, _("Looking for what is worth saying"))
    return Result(purchases, options, segments, values, describe_concentration(purchases))
