"""Per customer: probability to be there, purchases and discounted value over a horizon, with intervals."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
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
    """What to expect of each customer; arrays of shape (customers,).

    Attributes
    ----------
    alive : probability that the customer is still a customer.
    purchases : expected purchases within the horizon.
    spend : expected mean amount of a purchase, or None without a spend model.
    value : expected discounted amount of all purchases within the horizon, or None.
    purchases_low, purchases_high, value_low, value_high : ends of the predictive interval, or None.
        With the stated probability the customer's own purchases (or value) will lie inside. It covers that
        the customer may be gone already, that their rates are unknown, and the chance of buying and of
        amounts; not that the parameters of the model are estimated, which at some hundreds of customers or
        more adds little. Counts are whole, so the interval of purchases covers at least what is stated. The
        interval of value takes the mean discount of the horizon for all purchases.
    """

    alive: Floats
    purchases: Floats
    spend: Floats | None = None
    value: Floats | None = None
    purchases_low: Ints | None = None
    purchases_high: Ints | None = None
    value_low: Floats | None = None
    value_high: Floats | None = None

    names: ClassVar[tuple[str, ...]] = (
        "alive", "purchases", "purchases_low", "purchases_high", "spend", "value", "value_low", "value_high",
    )  # fmt: skip

    def columns(self) -> dict[str, pa.Array]:
        """The results that there are, as Arrow arrays."""
        found = {name: getattr(self, name) for name in self.names}
        return {name: pa.array(values) for name, values in found.items() if values is not None}


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
        Mean amount of repeat purchases; needed with a spend model.
    level : float or None
        Probability of the predictive intervals; None leaves them out.
    """
    pairs = Cells.of(cells.x, np.zeros(len(cells.x)), cells.T)
    there = model.given(pairs.x, pairs.T)
    alive = model.alive(cells.x, cells.t_x, cells.T)
    counts = there.expected(horizon.edges[:, None])
    discounted = np.einsum("s,sp->p", horizon.discount, np.diff(counts, axis=0, prepend=0.0))
    purchases = alive * counts[-1][pairs.index]
    everyone = cells.index
    result = {"alive": alive[everyone], "purchases": purchases[everyone]}
    rate: Floats | None = None
    if spend_model is not None:
        if spend is None:
            raise ValueError("a spend model needs the mean spend of each customer")
        shape, rate = spend_model.given(cells.x[everyone], spend)
        result["spend"] = spend_model.p * rate / (shape - 1)
        result["value"] = (alive * discounted[pairs.index])[everyone] * result["spend"]
    if level is None:
        return Prediction(**result)
    low, high, low_ratio, high_ratio = intervals(
        model, cells, pairs, alive, length=horizon.length, level=level, spend_model=spend_model
    )
    result |= {"purchases_low": low[everyone], "purchases_high": high[everyone]}
    if rate is not None:
        fade = np.divide(discounted, counts[-1], out=np.ones_like(discounted), where=counts[-1] > 0)
        scale = fade[pairs.index]
        result["value_low"] = (low_ratio * scale)[everyone] * rate
        result["value_high"] = (high_ratio * scale)[everyone] * rate
    return Prediction(**result)


def intervals(
    model: TransactionModel,
    cells: Cells,
    pairs: Cells,
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
        ages, row_age = np.unique(pairs.T[pairs.index[rows]], return_inverse=True)
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
