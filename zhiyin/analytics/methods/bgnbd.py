"""BG/NBD: purchases at a gamma-distributed rate, and after each a beta-distributed chance to leave.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24(2), 275-284.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, digamma, gammaln, hyp2f1, polygamma

from zhiyin.analytics.methods.cells import Cells, Floats, parts
from zhiyin.analytics.methods.maximise import Evaluation
from zhiyin.analytics.methods.transactions import Buying, TransactionModel

SHIFT = 1e-4
"""The expectation has removable singularities at a = 1 and a + b = 1, and SciPy's hypergeometric function
fails at some whole numbers: there the mean of the values this far on both sides is taken."""


@dataclass(frozen=True)
class BGNBD(TransactionModel):
    """BG/NBD with purchase rate ~ Gamma(r, rate alpha) and chance to leave ~ Beta(a, b).

    Fader, Hardie and Lee (2005); the likelihood is equation 6.
    """

    a: float | Floats
    b: float | Floats

    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def given(self, x: ArrayLike, T: ArrayLike) -> Self:
        x, T = np.asarray(x, np.float64), np.asarray(T, np.float64)
        return type(self)(self.r + x, self.alpha + T, self.a + 0.0 * x, self.b + x)

    def log_stayed(self, x: Floats, T: Floats) -> Floats:  # noqa: ARG002
        return np.asarray(betaln(self.a, self.b + x) - betaln(self.a, self.b))

    def log_odds_left(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-odds to have left; minus infinity at x = 0, when there was no occasion to leave."""
        x_, t_, T_ = (np.asarray(value, np.float64) for value in (x, t_x, T))
        odds = (
            np.log(self.a)
            - np.log(self.b + np.maximum(x_, 1.0) - 1)
            + (self.r + x_) * np.log((self.alpha + T_) / (self.alpha + t_))
        )
        return np.where(x_ > 0, odds, -np.inf)

    def expected(self, t: ArrayLike) -> Floats:
        """E[X(t)] (equation 9), in the form whose hypergeometric series has small numerators."""
        a, total = np.asarray(self.a, np.float64), np.asarray(self.a + self.b, np.float64)
        whole = [close_to_whole(value) for value in (a, total - self.r, self.r - a)]
        beside = SHIFT * (np.logical_or.reduce(np.broadcast_arrays(*whole)) | (np.abs(total - 1) < SHIFT))
        if not beside.any():
            return self.expected_at(a, t)
        beside = np.minimum(beside, a / 2)
        return (self.expected_at(a - beside, t) + self.expected_at(a + beside, t)) / 2

    def expected_at(self, a: Floats, t: ArrayLike) -> Floats:
        total = a + self.b - 1
        z = np.asarray(t, np.float64) / (self.alpha + np.asarray(t, np.float64))
        ratio = (1 - z) ** (a - 1) * hyp2f1(total - self.r, a - 1, total, z)
        return np.asarray(np.where(z > 0, total / (a - 1) * (1 - ratio), 0.0))

    def probability(self, n: ArrayLike, t: ArrayLike) -> Floats:
        """P(X(t) = n) (equation 8), elementwise; the inner sum is a regularised incomplete beta."""
        n_, t_ = np.asarray(n, np.float64), np.asarray(t, np.float64)
        z = t_ / (self.alpha + t_)
        log_prior = betaln(self.a, self.b)
        with np.errstate(divide="ignore", invalid="ignore"):
            stayed = np.exp(
                betaln(self.a, self.b + n_)
                - log_prior
                + gammaln(self.r + n_)
                - gammaln(self.r)
                - gammaln(n_ + 1)
                + self.r * np.log1p(-z)
                + np.where(n_ > 0, n_ * np.log(z), 0.0)
            )
        before = np.maximum(n_, 1.0)
        left = np.exp(betaln(self.a + 1, self.b + before - 1) - log_prior) * betainc(before, self.r, z)
        return np.asarray(stayed + np.where(n_ > 0, left, 0.0))

    @classmethod
    def start(cls, cells: Cells) -> Floats:
        return np.log([0.5, 0.5 * float(np.average(cells.T, weights=cells.count)) + 1e-9, 0.5, 2.0])

    @classmethod
    def evaluator(cls, cells: Cells) -> Callable[[Floats], Evaluation]:
        return _Likelihood(cells)


def close_to_whole(value: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.abs(value - np.rint(value)) < SHIFT)


class _Likelihood:
    """Total log-likelihood with derivatives."""

    def __init__(self, cells: Cells) -> None:
        self.buying = Buying(cells)
        again = cells.x > 0
        self.x = cells.x[again].astype(np.float64)
        self.t_x, self.T, self.count = cells.t_x[again], cells.T[again], cells.count[again]

    def __call__(self, parameters: Floats) -> Evaluation:
        r, alpha, a, b = parameters
        value, gradient, hessian = self.stayed(r, alpha, a, b)
        for part in parts(len(self.x)):
            rx, last, count = r + self.x[part], b + self.x[part] - 1, self.count[part]
            inverse_T, inverse_t = 1 / (alpha + self.T[part]), 1 / (alpha + self.t_x[part])
            log_gap = np.log(inverse_t / inverse_T)
            gap = inverse_T - inverse_t
            odds = rx * log_gap + (np.log(a) - np.log(last))
            small = np.exp(-np.abs(odds))
            value += float(count @ (np.maximum(odds, 0) + np.log1p(small)))
            left = np.where(odds > 0, 1.0, small) / (1 + small)
            weight = count * left
            slopes = np.stack((log_gap, rx * gap, np.full_like(rx, 1 / a), -1 / last))
            gradient += slopes @ weight
            hessian += (slopes * (weight * (1 - left))) @ slopes.T
            cross = gap @ weight
            hessian[0, 1] += cross
            hessian[1, 0] += cross
            hessian[1, 1] -= (rx * gap * (inverse_T + inverse_t)) @ weight
            hessian[2, 2] -= weight.sum() / a**2
            hessian[3, 3] += (last**-2) @ weight
        return value, gradient, hessian

    def stayed(self, r: float, alpha: float, a: float, b: float) -> Evaluation:
        """The part of customers who did not leave, which every history has."""
        n, c, x = self.buying.customers, self.buying.x_count, self.buying.x
        value, gradient, hessian = self.buying(r, alpha)
        value += float(c @ (gammaln(b + x) - gammaln(a + b + x)) + n * (gammaln(a + b) - gammaln(b)))
        both = n * digamma(a + b) - c @ digamma(a + b + x)
        gradient = np.append(gradient, [both, both + c @ digamma(b + x) - n * digamma(b)])
        hessian = np.pad(hessian, (0, 2))
        hessian[2:, 2:] = n * polygamma(1, a + b) - c @ polygamma(1, a + b + x)
        hessian[3, 3] += c @ polygamma(1, b + x) - n * polygamma(1, b)
        return value, gradient, hessian
