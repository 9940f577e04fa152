"""What the models of repeat buying share: a customer buys, until unseen they leave for good."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from zhiyin.analytics.methods.cells import Cells, Floats
from zhiyin.analytics.methods.maximise import Evaluation, Fit, Maximum, climb, fit_of
from zhiyin.analytics.methods.thin import Reason, TooThin

MIN_CUSTOMERS = 100
MIN_REPEAT_BUYERS = 30
SAMPLE = 4_000
"""Cells of the sample on which a climb starts when there are many."""


class TransactionModel(ABC):
    """A model of repeat purchases with parameters as floats, or arrays (one entry per customer).

    Times are in the unit of the summary the parameters were fitted on.
    """

    names: ClassVar[tuple[str, ...]]

    @abstractmethod
    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each history."""

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

    @classmethod
    @abstractmethod
    def of(cls, parameters: Floats) -> Self:
        """The model with these parameters, in the order of `names`."""

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
