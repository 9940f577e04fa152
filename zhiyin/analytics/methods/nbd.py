"""NBD: purchases at a gamma-distributed rate by customers who never leave.

Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8(1), 26-41. The limit of
BG/NBD and Pareto/NBD where leaving cannot be seen in the data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from zhiyin.analytics.methods.cells import Cells, Floats
from zhiyin.analytics.methods.maximise import Evaluation
from zhiyin.analytics.methods.transactions import Buying, TransactionModel


@dataclass(frozen=True)
class NBD(TransactionModel):
    """NBD with purchase rate ~ Gamma(r, rate alpha). Ehrenberg (1959)."""

    names: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def given(self, x: ArrayLike, T: ArrayLike) -> Self:
        x, T = np.asarray(x, np.float64), np.asarray(T, np.float64)
        return type(self)(self.r + x, self.alpha + T)

    def log_stayed(self, x: Floats, T: Floats) -> Floats:
        """Zero: everybody stays."""
        return np.zeros(np.broadcast(x, T).shape)

    def log_odds_left(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Minus infinity: nobody leaves."""
        return np.full(np.broadcast(np.asarray(x), np.asarray(t_x), np.asarray(T)).shape, -np.inf)

    def expected(self, t: ArrayLike) -> Floats:
        """E[X(t)] = r t / alpha."""
        return np.asarray(self.r * np.asarray(t, np.float64) / self.alpha)

    def probability(self, n: ArrayLike, t: ArrayLike) -> Floats:
        """P(X(t) = n): negative binomial, elementwise."""
        return negative_binomial(np.asarray(n, np.float64), np.asarray(t, np.float64), self.r, self.alpha)

    @classmethod
    def start(cls, cells: Cells) -> Floats:
        return np.log([0.5, 0.5 * float(np.average(cells.T, weights=cells.count)) + 1e-9])

    @classmethod
    def evaluator(cls, cells: Cells) -> Callable[[Floats], Evaluation]:
        buying = Buying(cells)
        return lambda parameters: buying(*parameters)


def negative_binomial(n: Floats, t: Floats, r: float | Floats, alpha: float | Floats) -> Floats:
    """P(n purchases in t) at a rate ~ Gamma(r, rate alpha), elementwise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_t = np.where(n > 0, n * np.log(t / (alpha + t)), 0.0)
    return np.asarray(np.exp(gammaln(r + n) - gammaln(r) - gammaln(n + 1) - r * np.log1p(t / alpha) + log_t))
