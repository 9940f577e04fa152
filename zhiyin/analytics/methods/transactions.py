"""What the models of repeat buying share: a customer buys, until unseen they leave for good."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, expit, gammaln, polygamma

from zhiyin.analytics.methods.cells import Cells, Floats, dot
from zhiyin.analytics.methods.maximise import Evaluation, Fit, Maximum, climb, fit_of
from zhiyin.analytics.methods.thin import Reason, TooThin

MIN_CUSTOMERS = 100
MIN_REPEAT_BUYERS = 30
SAMPLE = 4_000
"""Cells of the sample on which a climb starts when there are many."""


@dataclass(frozen=True)
class TransactionModel(ABC):
    """A model of repeat purchases, at a rate ~ Gamma(r, rate alpha) until the customer leaves.

    Parameters are floats, or arrays that broadcast (one entry per customer). Times are in the unit of the
    summary the parameters were fitted on.
    """

    r: float | Floats
    alpha: float | Floats

    names: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, parameters: Floats) -> Self:
        """The model with these parameters, in the order of `names`."""
        return cls(*(float(value) for value in parameters))

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each history, elementwise."""
        x_, T_ = np.asarray(x, np.float64), np.asarray(T, np.float64)
        bought = (
            gammaln(self.r + x_)
            - gammaln(self.r)
            + self.r * np.log(self.alpha)
            - (self.r + x_) * np.log(self.alpha + T_)
        )
        left = np.logaddexp(0.0, self.log_odds_left(x, t_x, T))
        return np.asarray(bought + self.log_stayed(x_, T_) + left)

    @abstractmethod
    def log_stayed(self, x: Floats, T: Floats) -> Floats:
        """Logarithm of the chance to stay through x repeat purchases and until T."""

    @abstractmethod
    def log_odds_left(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Logarithm of the odds that the customer has left by T."""

    @abstractmethod
    def expected(self, t: ArrayLike) -> Floats:
        """E[X(t)]: expected repeat purchases of a new customer in (0, t]."""

    @abstractmethod
    def probability(self, n: ArrayLike, t: ArrayLike) -> Floats:
        """P(X(t) = n): probability of n repeat purchases of a new customer in (0, t]."""

    @abstractmethod
    def given(self, x: ArrayLike, T: ArrayLike) -> Self:
        """The same process started at T by customers with x repeat purchases who are still there.

        Gamma and beta priors are conjugate, so a customer known to be there at T is a new customer
        of the same model with updated parameters. All conditional results follow from this.
        """

    @classmethod
    @abstractmethod
    def start(cls, cells: Cells) -> Floats:
        """Logarithms of the parameters to start a climb from."""

    @classmethod
    @abstractmethod
    def evaluator(cls, cells: Cells) -> Callable[[Floats], Evaluation]:
        """Total log-likelihood of the cells with gradient and Hessian, as a function of parameters."""

    def alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T | x, t_x, T), elementwise."""
        return np.asarray(expit(-self.log_odds_left(x, t_x, T)))

    def expected_given(self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """E[Y(t) | x, t_x, T]: expected purchases in (T, T + t] of a customer with this history."""
        return np.asarray(self.alive(x, t_x, T) * self.given(x, T).expected(t))

    def probability_given(
        self, n: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Floats:
        """P(Y(t) = n | x, t_x, T): probability of n purchases in (T, T + t]."""
        alive = self.alive(x, t_x, T)
        none = (1 - alive) * (np.asarray(n) == 0)
        return np.asarray(alive * self.given(x, T).probability(n, t) + none)

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        *,
        min_customers: int = MIN_CUSTOMERS,
        min_repeat_buyers: int = MIN_REPEAT_BUYERS,
    ) -> Fit[Self]:
        """Fit by maximum likelihood.

        Parameters
        ----------
        x, t_x, T : array_like, shape (customers,)
            Repeat purchases, time from first to last purchase, and from first purchase to the end
            of the observation, in one unit of time.
        min_customers, min_repeat_buyers : int
            Below these the data are refused.

        Raises
        ------
        TooThin
            Too few customers or repeat buyers, or a likelihood without a clear maximum.
        ValueError
            Arrays that cannot be purchase histories.
        """
        return cls.fit_cells(
            Cells.of(x, t_x, T), min_customers=min_customers, min_repeat_buyers=min_repeat_buyers
        )

    @classmethod
    def fit_cells(
        cls,
        cells: Cells,
        *,
        min_customers: int = MIN_CUSTOMERS,
        min_repeat_buyers: int = MIN_REPEAT_BUYERS,
    ) -> Fit[Self]:
        """As `fit`, for histories already counted."""
        refuse_thin(cells, min_customers, min_repeat_buyers)
        maximum = cls._climb(cells)
        return fit_of(cls.of(np.exp(maximum.theta)), cls.names, maximum, cells.customers)

    @classmethod
    def _climb(cls, cells: Cells) -> Maximum:
        start = cls.start(cells)
        if len(cells.x) > 2 * SAMPLE:
            near = climb(cls.evaluator(cells.sample(SAMPLE)), start)
            if near.converged:
                start = near.theta
        return climb(cls.evaluator(cells), start)


class Buying:
    """Total log-likelihood with derivatives of buying as r and alpha say, by customers who all stay.

    What depends on x or T alone is summed over those alone.
    """

    def __init__(self, cells: Cells) -> None:
        self.customers = float(cells.count.sum())
        of_x = np.bincount(cells.x, weights=cells.count)
        self.x = np.flatnonzero(of_x).astype(np.float64)
        self.x_count = of_x[of_x > 0]
        self.T, self.count = cells.T, cells.count
        self.purchases = cells.count * cells.x

    def __call__(self, r: float, alpha: float) -> Evaluation:
        n, c, x = self.customers, self.x_count, self.x
        logs, inverse = np.log(alpha + self.T), 1 / (alpha + self.T)
        weight = r * self.count + self.purchases
        value = c @ gammaln(r + x) + n * (r * np.log(alpha) - gammaln(r)) - dot(weight, logs)
        gradient = np.array(
            [
                c @ digamma(r + x) + n * (np.log(alpha) - digamma(r)) - dot(self.count, logs),
                n * r / alpha - dot(weight, inverse),
            ]
        )
        hessian = np.full((2, 2), n / alpha - dot(self.count, inverse))
        hessian[0, 0] = c @ polygamma(1, r + x) - n * polygamma(1, r)
        hessian[1, 1] = dot(weight, inverse**2) - n * r / alpha**2
        return float(value), gradient, hessian


def refuse_thin(cells: Cells, min_customers: int, min_repeat_buyers: int) -> None:
    """Raise TooThin when there is no hope of a fit."""
    if cells.customers == 0:
        raise TooThin(Reason.NO_PURCHASES)
    repeat_buyers = float(cells.count[cells.x > 0].sum())
    if repeat_buyers == 0:
        raise TooThin(Reason.NO_REPEAT_BUYERS)
    if cells.customers < min_customers:
        raise TooThin(Reason.TOO_FEW_CUSTOMERS, found=cells.customers, needed=min_customers)
    if repeat_buyers < min_repeat_buyers:
        raise TooThin(Reason.TOO_FEW_REPEAT_BUYERS, found=repeat_buyers, needed=min_repeat_buyers)


def tracking(model: TransactionModel, T: ArrayLike, times: ArrayLike) -> Floats:
    """Expected cumulative repeat purchases of all customers at each time.

    Parameters
    ----------
    model : TransactionModel
    T : array_like, shape (customers,)
        Time from each first purchase to the end of the observation; the clock starts with the
        oldest customer.
    times : array_like, shape (times,)
        On that clock; may reach past the observation.

    Returns
    -------
    ndarray, shape (times,)
        Differences between neighbours give the purchases per period (Fader, Hardie and Lee 2005,
        figure 4).
    """
    ages, customers = np.unique(np.asarray(T, np.float64), return_counts=True)
    births = ages.max() - ages
    since = np.maximum(np.asarray(times, np.float64)[:, None] - births, 0.0)
    return np.asarray(model.expected(since) @ customers)
