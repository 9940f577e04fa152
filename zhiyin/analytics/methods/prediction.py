"""Per customer: probability to be there, purchases and discounted value over a horizon, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

from zhiyin.analytics.methods.cells import Cells, Floats, Ints
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.rfm import DAYS, Unit
from zhiyin.analytics.methods.transactions import TransactionModel

GRID = 128
MAX_COUNT = 2_000


@dataclass(frozen=True)
class Horizon:
    """The future that is valued.

    Attributes
    ----------
    length : float
        In units of the model.
    steps : int
        Equal steps; what a step brings is discounted from its end (twelve for months of a year).
    rate : float
        Discount rate per unit: an amount at time t is worth (1 + rate) ** -t.
    """

    length: float
    steps: int = 12
    rate: float = 0.0

    @classmethod
    def months(cls, months: int, *, unit: Unit, yearly_rate: float) -> "Horizon":
        """So many months, discounted monthly at a yearly rate."""
        year = DAYS["year"] / DAYS[unit]
        return cls(year * months / 12, months, (1 + yearly_rate) ** (1 / year) - 1)

    @property
    def edges(self) -> Floats:
        return np.linspace(0.0, self.length, self.steps + 1)[1:]

    @property
    def discount(self) -> Floats:
        return np.asarray((1 + self.rate) ** -self.edges)


@dataclass(frozen=True)
class Prediction:
    """What to expect of each customer; arrays of shape (customers,), None where the model lacks.

    All follows from the history, and money besides from what the customer spent, in which it is linear. So
    the work is done once for each distinct history and spread over the customers when a column is read.

    Attributes
    ----------
    alive : probability that the customer is still a customer.
    purchases : expected purchases within the horizon.
    spend : expected mean amount of a purchase.
    value : expected discounted amount of all purchases within the horizon.
    purchases_low, purchases_high, value_low, value_high : ends of the predictive interval.
        With the stated probability the customer's own purchases (or value) will lie inside. It covers that
        the customer may be gone already, that their rates are unknown, and the chance of buying and of
        amounts; not that the parameters of the model are estimated, which at some hundreds of customers or
        more adds little. Counts are whole, so the interval of purchases covers at least what is stated. The
        interval of value takes the mean discount of the horizon for all purchases.
    """

    cells: Cells
    by_cell: Mapping[str, NDArray[Any]]
    """Columns of shape (cells,); those of money are factors of the rate of the spend posterior."""
    observed: tuple[Floats, float] | None = None
    """Mean spend of each customer and that rate before any purchase, where money is predicted."""

    names: ClassVar[tuple[str, ...]] = (
        "alive", "purchases", "purchases_low", "purchases_high", "spend", "value", "value_low", "value_high",
    )  # fmt: skip

    @cached_property
    def alive(self) -> Floats:
        return self._spread(self.by_cell["alive"])

    @cached_property
    def purchases(self) -> Floats:
        return self._spread(self.by_cell["purchases"])

    @cached_property
    def purchases_low(self) -> Ints | None:
        return self._count("purchases_low")

    @cached_property
    def purchases_high(self) -> Ints | None:
        return self._count("purchases_high")

    @cached_property
    def spend(self) -> Floats | None:
        return self._money("spend")

    @cached_property
    def value(self) -> Floats | None:
        return self._money("value")

    @cached_property
    def value_low(self) -> Floats | None:
        return self._money("value_low")

    @cached_property
    def value_high(self) -> Floats | None:
        return self._money("value_high")

    def columns(self) -> dict[str, pa.Array]:
        """The results that there are, as Arrow arrays."""
        found = {name: getattr(self, name) for name in self.names}
        return {name: pa.array(values) for name, values in found.items() if values is not None}

    def _spread(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.take(self.cells.index)

    def _count(self, name: str) -> Ints | None:
        return self._spread(self.by_cell[name]) if name in self.by_cell else None

    def _money(self, name: str) -> Floats | None:
        if self.observed is None or name not in self.by_cell:
            return None
        spend, rate = self.observed
        amount: Floats = self._spread(self.by_cell[name] * self.cells.x)
        amount *= spend
        amount += self._spread(self.by_cell[name] * rate)
        return amount


def predict(
    model: TransactionModel,
    cells: Cells,
    horizon: Horizon,
    *,
    spend_model: GammaGamma | None = None,
    spend: ArrayLike | None = None,
    level: float | None = 0.8,
) -> Prediction:
    """Predict every customer from a purchase model and, for value, a spend model.

    Value is the discounted expected number of purchases times the expected amount (Fader, Hardie and Lee
    2005, RFM and CLV), which are independent in these models.

    Parameters
    ----------
    model : TransactionModel
        With scalar parameters.
    cells : Cells
        Histories of the customers.
    horizon : Horizon
    spend_model : GammaGamma, optional
    spend : array_like, shape (customers,), optional
        Mean amount of repeat purchases, anything finite where x is 0; needed with a spend model.
    level : float or None
        Probability of the predictive intervals; None leaves them out.
    """
    pairs = cells.pairs
    there = model.given(pairs.x, pairs.T)
    alive = model.alive(cells.x, cells.t_x, cells.T)
    counts = there.expected(horizon.edges[:, None])
    expected = counts[-1]
    discounted = np.einsum("s,sp->p", horizon.discount, np.diff(counts, axis=0, prepend=0.0))
    by_cell: dict[str, NDArray[Any]] = {"alive": alive, "purchases": alive * expected.take(pairs.index)}
    observed: tuple[Floats, float] | None = None
    if spend_model is not None:
        observed = checked_spend(spend, cells.customers), spend_model.gamma
        by_cell["spend"] = spend_model.p / (spend_model.shape_given(cells.x) - 1)
        by_cell["value"] = alive * discounted.take(pairs.index) * by_cell["spend"]
    if level is not None:
        low, high, low_ratio, high_ratio = intervals(
            model, cells, alive, length=horizon.length, level=level, spend_model=spend_model
        )
        fade = np.divide(discounted, expected, out=np.ones_like(discounted), where=expected > 0)
        scale = fade.take(pairs.index)
        by_cell |= {"purchases_low": low, "purchases_high": high}
        by_cell |= {"value_low": low_ratio * scale, "value_high": high_ratio * scale}
    return Prediction(cells, by_cell, observed)


def checked_spend(spend: ArrayLike | None, customers: int) -> Floats:
    """The mean spend as an array, or ValueError."""
    found = np.asarray(np.nan if spend is None else spend, np.float64)
    if found.shape != (customers,) or not np.isfinite(found.sum()):
        raise ValueError("a spend model needs the mean spend of each customer, finite")
    return found


def intervals(
    model: TransactionModel,
    cells: Cells,
    alive: Floats,
    *,
    length: float,
    level: float,
    spend_model: GammaGamma | None,
) -> tuple[Ints, Ints, Floats, Floats]:
    """Quantiles per cell of the purchases, and of the amount in units of the posterior rate of spend.

    Given n purchases the amount over the posterior rate is beta prime (p n, p x + q): its distribution does
    not depend on what the customer spent, so one table serves all customers of a cell.
    """
    lower, upper = (1 - level) / 2, (1 + level) / 2
    shape = (len(cells.x),)
    low, high = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    low_ratio, high_ratio = np.zeros(shape), np.zeros(shape)
    by_x = np.argsort(cells.x, kind="stable")
    for rows in np.split(by_x, np.flatnonzero(np.diff(cells.x[by_x])) + 1):
        x = int(cells.x[rows[0]])
        ages, row_age = np.unique(cells.T[rows], return_inverse=True)
        n = np.arange(most_purchases(model, x, float(ages.min()), length) + 1)
        chances = model.given(np.full(len(ages), x)[:, None], ages[:, None]).probability(n, length)
        cumulative = np.cumsum(chances, axis=1)
        if_there = [
            (quantile - (1 - alive[rows])) / np.maximum(alive[rows], 1e-300) for quantile in (lower, upper)
        ]
        low[rows], high[rows] = (
            np.sum(cumulative[row_age] < np.minimum(target, cumulative[row_age, -1])[:, None], axis=1)
            for target in if_there
        )
        if spend_model is not None:
            ratios, table = amount_table(spend_model, x, chances)
            low_ratio[rows], high_ratio[rows] = (
                read_quantiles(ratios, table[row_age], chances[row_age, 0], target) for target in if_there
            )
    return low, high, low_ratio, high_ratio


def most_purchases(model: TransactionModel, x: int, age: float, length: float) -> int:
    """A number that the purchases within `length` pass with negligible probability."""
    there = model.given(float(x), age)
    r, alpha = float(getattr(there, "r")), float(getattr(there, "alpha"))  # noqa: B009
    mean = r * length / alpha
    return int(min(mean + 10 * np.sqrt(mean * (1 + length / alpha)) + 20, MAX_COUNT))


def amount_table(spend: GammaGamma, x: int, chances: Floats) -> tuple[Floats, Floats]:
    """Ratios on a grid, and for each row of chances P(amount / rate <= ratio, at least one purchase)."""
    shape = spend.p * x + spend.q
    n = np.arange(1, chances.shape[1])
    ends = betaincinv(spend.p * n[[0, -1]], shape, [1e-4, 1 - 1e-4])
    ratios = np.geomspace(ends[0] / (1 - ends[0]), ends[1] / (1 - min(ends[1], 1 - 1e-12)), GRID)
    given_n = betainc(spend.p * n[:, None], shape, ratios / (1 + ratios))
    return ratios, chances[:, 1:] @ given_n


def read_quantiles(ratios: Floats, table: Floats, none: Floats, target: Floats) -> Floats:
    """Where the distribution of each row, which has the mass `none` at 0, reaches its target."""
    sought = target - none
    place = np.clip(np.sum(table < sought[:, None], axis=1), 1, len(ratios) - 1)
    rows = np.arange(len(table))
    before, after = table[rows, place - 1], table[rows, place]
    share = np.clip((sought - before) / np.maximum(after - before, 1e-300), 0, 1)
    logs = np.log(ratios)
    return np.where(sought > 0, np.exp(logs[place - 1] + share * (logs[place] - logs[place - 1])), 0.0)
