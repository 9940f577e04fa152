"""Purchase records drawn from the models themselves: truth is known, for tests, benchmarks and demos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.cells import Floats, Ints
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.paretonbd import ParetoNBD


@dataclass(frozen=True)
class Purchases:
    """A purchase record, sorted by customer and time.

    Attributes
    ----------
    customer : ndarray of int64, shape (purchases,)
        Row number of the customer.
    time : ndarray of float64, shape (purchases,)
        Time since the customer's first purchase, which is at 0 and included.
    left : ndarray of float64, shape (customers,)
        When the customer really left (infinite: not within the time simulated).
    """

    customer: Ints
    time: Floats
    left: Floats

    def summary(self, T: ArrayLike) -> tuple[Ints, Floats, Floats]:
        """(x, t_x, T) of each customer, seen up to T after the first purchase (scalar or per customer)."""
        customers = len(self.left)
        ages = np.broadcast_to(np.asarray(T, np.float64), customers).copy()
        seen = self.time <= ages[self.customer]
        who = self.customer[seen]
        counts = np.bincount(who, minlength=customers)
        last = self.time[seen][np.cumsum(counts) - 1]
        return counts - 1, last, ages

    def dates(self, first: ArrayLike, unit_days: float = 1.0) -> np.ndarray:
        """Calendar days of the purchases, given the day of each customer's first and days per unit.

        Returns
        -------
        ndarray of datetime64[D], shape (purchases,)
        """
        days = np.asarray(first, "datetime64[D]")[self.customer]
        moved: np.ndarray = days + np.floor(self.time * unit_days).astype("timedelta64[D]")
        return moved


def simulate(model: BGNBD | ParetoNBD, T: ArrayLike, customers: int, seed: int) -> Purchases:
    """Draw purchase times from a model.

    Parameters
    ----------
    model : BGNBD or ParetoNBD
        Scalar parameters.
    T : array_like, scalar or shape (customers,)
        How long each customer is followed after the first purchase, in units of the model.
    customers : int
    seed : int
    """
    random = np.random.default_rng(seed)
    ends = np.broadcast_to(np.asarray(T, np.float64), customers)
    rate = random.gamma(model.r, 1 / np.asarray(model.alpha), customers)
    left = np.full(customers, np.inf)
    leave: Floats | None = None
    if isinstance(model, ParetoNBD):
        left = random.exponential(1 / random.gamma(model.s, 1 / np.asarray(model.beta), customers))
    else:
        leave = random.beta(model.a, model.b, customers)
    who, times = [np.arange(customers)], [np.zeros(customers)]
    active, clock = np.arange(customers), np.zeros(customers)
    while len(active):
        with np.errstate(divide="ignore"):
            clock = clock + random.exponential(1.0, len(active)) / rate[active]
        buys = (clock <= ends[active]) & (clock <= left[active])
        active, clock = active[buys], clock[buys]
        who.append(active)
        times.append(clock)
        if leave is not None:
            goes = random.random(len(active)) < leave[active]
            left[active[goes]] = clock[goes]
            active, clock = active[~goes], clock[~goes]
    customer, time = np.concatenate(who), np.concatenate(times)
    order = np.lexsort((time, customer))
    return Purchases(customer[order], time[order], np.where(left > ends, np.inf, left))


def simulate_spend(model: GammaGamma, purchases: Purchases, seed: int) -> Floats:
    """Amount of each purchase, shape (purchases,), from a Gamma-Gamma model."""
    random = np.random.default_rng(seed)
    scale = 1 / random.gamma(model.q, 1 / model.gamma, len(purchases.left))
    return np.asarray(random.gamma(model.p, scale[purchases.customer]))
