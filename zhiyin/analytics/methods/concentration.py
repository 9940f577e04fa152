"""Concentration: what share of the customers brings what share of the margin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from zhiyin.analytics.methods.cells import Floats

POINTS = 101


@dataclass(frozen=True)
class Concentration:
    """How a total is spread over customers.

    Attributes
    ----------
    customers : int
    total : float
    losing : int
        Customers with a negative amount.
    gini : float or None
        Gini coefficient, 0 (all equal) to 1 (one has all); None when the total is not positive or some
        amounts are negative, where it is not a share.
    share_of_customers, lorenz : ndarray, shape (101,)
        Lorenz curve: share of the total that the poorest share of customers brings.
    """

    customers: int
    total: float
    losing: int
    gini: float | None
    share_of_customers: Floats
    lorenz: Floats

    def brought_by_best(self, share: float) -> float:
        """Share of the total that the best `share` of customers brings, interpolated on the curve."""
        return 1.0 - float(np.interp(1.0 - share, self.share_of_customers, self.lorenz))

    def customers_for(self, share: float) -> float:
        """Smallest share of customers (the best) who bring `share` of the total."""
        best = 1.0 - self.lorenz[::-1]
        reached = int(np.argmax(best >= share - 1e-12))
        if reached == 0:
            return 0.0
        part = (share - best[reached - 1]) / (best[reached] - best[reached - 1])
        places = 1.0 - self.share_of_customers[::-1]
        return float(places[reached - 1] + part * (places[reached] - places[reached - 1]))


def concentration(amounts: ArrayLike) -> Concentration:
    """Lorenz curve and Gini coefficient (Lorenz 1905; Gini 1912).

    Parameters
    ----------
    amounts : array_like, shape (customers,)
        Margin or revenue of each customer.

    Raises
    ------
    ValueError
        No customers, or an amount that is not finite.
    """
    values = np.sort(np.asarray(amounts, np.float64))
    if len(values) == 0 or not np.isfinite(values).all():
        raise ValueError("concentration needs finite amounts of at least one customer")
    n, total = len(values), float(values.sum())
    running = np.concatenate(([0.0], np.cumsum(values)))
    shares = np.linspace(0, 1, POINTS)
    lorenz = np.interp(shares * n, np.arange(n + 1), running) / total if total > 0 else np.zeros(POINTS)
    gini = None
    if total > 0 and values[0] >= 0:
        gini = float(2 * (np.arange(1, n + 1) @ values) / (n * total) - (n + 1) / n)
    return Concentration(n, total, int((values < 0).sum()), gini, shares, lorenz)
