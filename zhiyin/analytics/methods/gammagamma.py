"""Gamma-Gamma: what a customer spends per purchase, around a mean that differs between customers.

Fader, Hardie and Lee (2005), RFM and CLV: using iso-value curves for customer base analysis,
Journal of Marketing Research 42(4), 415-430; Fader and Hardie (2013), The Gamma-Gamma model of
monetary value.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln, polygamma

from zhiyin.analytics.methods.cells import PART, Floats, dot, parts
from zhiyin.analytics.methods.maximise import Evaluation, Fit, climb, fit_of
from zhiyin.analytics.methods.thin import Reason, TooThin

MIN_REPEAT_BUYERS = 30
SAMPLE = 10_000


@dataclass(frozen=True)
class GammaGamma:
    """Spend per purchase ~ Gamma(p, rate nu) with nu ~ Gamma(q, rate gamma).

    Fader, Hardie and Lee (2005). `gamma` is written v by some.
    """

    p: float
    q: float
    gamma: float

    names: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    @property
    def mean(self) -> float:
        """Mean spend per purchase over customers, p gamma / (q - 1); infinite at q <= 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def mean_given(self, x: ArrayLike, spend: ArrayLike) -> Floats:
        """Expected mean spend of customers with x repeat purchases of this mean spend.

        Parameters
        ----------
        x, spend : array_like, shape (customers,)
            Where x is 0 the spend is ignored and the answer is the mean over customers.

        Raises
        ------
        ValueError
            At q <= 1, where the mean does not exist.
        """
        if self.q <= 1:
            raise ValueError("the mean does not exist at q <= 1")
        return np.asarray(self.p * self.rate_given(x, spend) / (self.shape_given(x) - 1))

    def shape_given(self, x: ArrayLike) -> Floats:
        """Shape of the gamma posterior of nu after x repeat purchases."""
        return self.p * np.asarray(x, np.float64) + self.q

    def rate_given(self, x: ArrayLike, spend: ArrayLike) -> Floats:
        """Rate of the gamma posterior of nu; where x is 0 the spend is ignored."""
        x_ = np.asarray(x, np.float64)
        return np.asarray(np.where(x_ > 0, x_ * np.asarray(spend, np.float64), 0.0) + self.gamma)

    def log_likelihood(self, x: ArrayLike, spend: ArrayLike) -> Floats:
        """Log-density of the mean spend of each customer with x > 0 purchases, elementwise."""
        x_, m = np.asarray(x, np.float64), np.asarray(spend, np.float64)
        px = self.p * x_
        return np.asarray(
            gammaln(px + self.q)
            - gammaln(px)
            - gammaln(self.q)
            + self.q * np.log(self.gamma)
            + (px - 1) * np.log(m)
            + px * np.log(x_)
            - (px + self.q) * np.log(self.gamma + x_ * m)
        )

    @classmethod
    def fit(
        cls, x: ArrayLike, spend: ArrayLike, *, min_repeat_buyers: int = MIN_REPEAT_BUYERS
    ) -> "Fit[GammaGamma]":
        """Fit by maximum likelihood to customers with repeat purchases of positive spend.

        Parameters
        ----------
        x : array_like of int, shape (customers,)
            Repeat purchases.
        spend : array_like, shape (customers,)
            Mean amount of the repeat purchases. Customers with x = 0 or spend <= 0 are left out.
        min_repeat_buyers : int
            Below this the data are refused.

        Raises
        ------
        TooThin
            Too few such customers, all spending alike, no clear maximum, or q <= 1, where the mean
            spend over customers does not exist.
        """
        x_, m = np.asarray(x), np.asarray(spend, np.float64)
        kept = (x_ > 0) & (m > 0)
        x_, m = x_[kept], m[kept]
        if len(x_) == 0:
            raise TooThin(Reason.NO_SPEND)
        if len(x_) < min_repeat_buyers:
            raise TooThin(Reason.TOO_FEW_REPEAT_BUYERS, found=len(x_), needed=min_repeat_buyers)
        if np.ptp(m) <= 1e-9 * m.max():
            raise TooThin(Reason.NO_SPEND)
        unit = float(m.mean())
        start = np.log([2.0, 3.0, 2.0])
        if len(x_) > 2 * SAMPLE:
            chosen = np.random.default_rng(0).choice(len(x_), SAMPLE, replace=False)
            near = climb(evaluator(x_[chosen], m[chosen] / unit), start)
            start = near.theta if near.converged else start
        maximum = climb(evaluator(x_, m / unit), start)
        p, q, gamma = np.exp(maximum.theta).tolist()
        fit = in_money(fit_of(cls(p, q, gamma * unit), cls.names, maximum, len(x_)), unit)
        if q <= 1:
            raise TooThin(Reason.INFINITE_MEAN_SPEND, found=q)
        return fit


def in_money(fit: Fit[GammaGamma], unit: float) -> Fit[GammaGamma]:
    """Figures of a fit to amounts divided by `unit`, carried back to amounts."""
    return replace(
        fit,
        log_likelihood=fit.log_likelihood - fit.customers * float(np.log(unit)),
        parameters=fit.parameters | {"gamma": fit.parameters["gamma"] * unit},
        standard_errors=fit.standard_errors | {"gamma": fit.standard_errors["gamma"] * unit},
    )


def evaluator(x: ArrayLike, spend: Floats) -> Callable[[Floats], Evaluation]:
    """Total log-likelihood with gradient and Hessian as a function of (p, q, gamma)."""
    whole = np.asarray(x, np.int64)
    number = whole.astype(np.float64)
    counts = np.bincount(whole)
    xs = np.flatnonzero(counts).astype(np.float64)
    c = counts[counts > 0].astype(np.float64)
    total = number * spend
    n = float(len(number))
    log_total = np.log(total)
    data_p, data = dot(number, log_total), float(np.log(spend).sum())

    def evaluate(parameters: Floats) -> Evaluation:
        p, q, gamma = parameters
        px = p * xs
        log_sum = log_x = inv_sum = inv_x = square = square_x = 0.0
        for part in parts(len(number), 4 * PART):
            times, spread = number[part], total[part] + gamma
            logs = np.log(spread)
            inverse = 1 / spread
            squared = inverse * inverse
            log_sum, log_x = log_sum + logs.sum(), log_x + times @ logs
            inv_sum, inv_x = inv_sum + inverse.sum(), inv_x + times @ inverse
            square, square_x = square + squared.sum(), square_x + times @ squared
        value = (
            c @ (gammaln(px + q) - gammaln(px))
            + n * (q * np.log(gamma) - gammaln(q))
            + p * data_p
            - data
            - p * log_x
            - q * log_sum
        )
        both = c @ digamma(px + q)
        gradient = np.array(
            [
                (c * xs) @ (digamma(px + q) - digamma(px)) + data_p - log_x,
                both + n * (np.log(gamma) - digamma(q)) - log_sum,
                n * q / gamma - p * inv_x - q * inv_sum,
            ]
        )
        joint = polygamma(1, px + q)
        hessian = np.empty((3, 3))
        hessian[0, 0] = (c * xs**2) @ (joint - polygamma(1, px))
        hessian[0, 1] = hessian[1, 0] = (c * xs) @ joint
        hessian[0, 2] = hessian[2, 0] = -inv_x
        hessian[1, 1] = c @ joint - n * polygamma(1, q)
        hessian[1, 2] = hessian[2, 1] = n / gamma - inv_sum
        hessian[2, 2] = p * square_x + q * square - n * q / gamma**2
        return float(value), gradient, hessian

    return evaluate
