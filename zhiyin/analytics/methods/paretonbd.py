"""Pareto/NBD: purchases at a gamma-distributed rate over a lifetime of gamma-distributed rate.

Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they and what will they
do next?, Management Science 33(1), 1-24; likelihood as in Fader and Hardie (2005), A note on
deriving the Pareto/NBD model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from zhiyin.analytics.methods.cells import Cells, Floats, dot, parts
from zhiyin.analytics.methods.maximise import Evaluation
from zhiyin.analytics.methods.nbd import negative_binomial
from zhiyin.analytics.methods.transactions import Buying, TransactionModel

NODES = 24
COUNT_NODES = 48
Parameters = tuple[Floats, Floats, Floats, Floats]


@dataclass(frozen=True)
class ParetoNBD(TransactionModel):
    """Pareto/NBD with purchase rate ~ Gamma(r, rate alpha) and leaving rate ~ Gamma(s, rate beta).

    Schmittlein, Morrison and Colombo (1987).
    """

    s: float | Floats
    beta: float | Floats

    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def given(self, x: ArrayLike, T: ArrayLike) -> Self:
        x, T = np.asarray(x, np.float64), np.asarray(T, np.float64)
        return type(self)(self.r + x, self.alpha + T, self.s + 0.0 * x, self.beta + T)

    def log_stayed(self, x: Floats, T: Floats) -> Floats:  # noqa: ARG002
        return np.asarray(self.s * (np.log(self.beta) - np.log(self.beta + T)))

    def log_odds_left(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-odds to have left; minus infinity at t_x = T.

        The chance to have left is an integral over the time of leaving between t_x and T. Summed by
        quadrature of positive terms it cannot under- or overflow nor cancel, as the usual difference of two
        hypergeometric functions does for many purchases.
        """
        x_, t_, T_ = (np.asarray(value, np.float64) for value in (x, t_x, T))
        inner = self.inner()
        time, step = leaving_times(x_[..., None], t_[..., None], T_[..., None], inner)
        total = np.sum(step * np.exp(-decay(time, x_[..., None], t_[..., None], inner)), axis=-1)
        with np.errstate(divide="ignore"):
            return np.asarray(
                np.log(total)
                + np.log(self.s)
                + (self.r + x_) * np.log((self.alpha + T_) / (self.alpha + t_))
                + self.s * np.log((self.beta + T_) / (self.beta + t_))
                - np.log(self.beta + t_)
            )

    def inner(self) -> Parameters:
        """The parameters with an axis for quadrature nodes."""
        r, alpha, s, beta = (
            np.asarray(value, np.float64)[..., None] for value in (self.r, self.alpha, self.s, self.beta)
        )
        return r, alpha, s, beta

    def expected(self, t: ArrayLike) -> Floats:
        """E[X(t)] (Schmittlein, Morrison and Colombo 1987, equation 17), also at s = 1."""
        grown = np.log1p(np.asarray(t, np.float64) / self.beta)
        mean = self.r * self.beta / self.alpha
        return np.asarray(mean * grown * exprel(-(np.asarray(self.s) - 1) * grown))

    def probability(self, n: ArrayLike, t: ArrayLike) -> Floats:
        """P(X(t) = n) (Fader and Hardie 2006, Deriving an expression for P(X(t) = x) under the Pareto/NBD).

        Elementwise; negative binomial mixed over the time of leaving, by quadrature.
        """
        n_, t_ = np.asarray(n, np.float64)[..., None], np.asarray(t, np.float64)[..., None]
        r, alpha, s, beta = (
            np.asarray(value)[..., None] for value in (self.r, self.alpha, self.s, self.beta)
        )
        stay = (beta / (beta + t_)) ** s
        node, weight = legendre(COUNT_NODES)
        left = (1 - stay) * node
        time = beta * np.expm1(-np.log1p(-left) / s)
        mixed = np.sum(weight * (1 - stay) * negative_binomial(n_, time, r, alpha), axis=-1)
        return np.asarray((stay * negative_binomial(n_, t_, r, alpha))[..., 0] + mixed)

    @classmethod
    def start(cls, cells: Cells) -> Floats:
        age = float(np.average(cells.T, weights=cells.count)) + 1e-9
        return np.log([0.5, 0.5 * age, 0.5, 0.5 * age])

    @classmethod
    def evaluator(cls, cells: Cells) -> Callable[[Floats], Evaluation]:
        return _Likelihood(cells)


@lru_cache
def legendre(nodes: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1)."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    return (node + 1) / 2, weight / 2


def leaving_times(x: Floats, t_x: Floats, T: Floats, parameters: Parameters) -> tuple[Floats, Floats]:
    """Nodes between t_x and T and their weights, shape (..., NODES).

    Evenly spread in the logarithm of time since t_x, in units of the density's own scale there: a sharp
    fall after the last purchase and a long tail are both resolved.
    """
    r, alpha, s, beta = parameters
    node, weight = legendre(NODES)
    scale = 1 / ((r + x + 1) / (alpha + t_x) + (s + 2) / (beta + t_x))
    reach = np.log1p((T - t_x) / scale)
    grown = np.exp(reach * node)
    return t_x + scale * (grown - 1), reach * scale * weight * grown


def decay(time: Floats, x: Floats, t_x: Floats, parameters: Parameters) -> Floats:
    """Minus the logarithm of the density of leaving at `time`, relative to that at t_x."""
    r, alpha, s, beta = parameters
    buying = (r + x) * np.log((alpha + time) / (alpha + t_x))
    return buying + (s + 1) * np.log((beta + time) / (beta + t_x))


class _Likelihood:
    """Total log-likelihood with derivatives, differentiated under the integral."""

    def __init__(self, cells: Cells) -> None:
        self.buying = Buying(cells)
        open_ = cells.t_x < cells.T
        self.columns = tuple(
            column[open_] for column in (cells.x.astype(np.float64), cells.t_x, cells.T, cells.count)
        )

    def __call__(self, parameters: Floats) -> Evaluation:
        value, gradient, hessian = self.stayed(*parameters)
        for part in parts(len(self.columns[0])):
            more = left_part(parameters, *(column[part] for column in self.columns))
            value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
        return value, gradient, hessian

    def stayed(self, r: float, alpha: float, s: float, beta: float) -> Evaluation:
        n, count, T = self.buying.customers, self.buying.count, self.buying.T
        inverse = 1 / (beta + T)
        log_stay = n * np.log(beta) - dot(count, np.log(beta + T))
        slope = n / beta - dot(count, inverse)
        value, gradient, hessian = self.buying(r, alpha)
        gradient = np.append(gradient, [log_stay, s * slope])
        hessian = np.pad(hessian, (0, 2))
        hessian[2, 3] = hessian[3, 2] = slope
        hessian[3, 3] = s * (dot(count, inverse**2) - n / beta**2)
        return value + float(s * log_stay), gradient, hessian


def left_part(parameters: Floats, x: Floats, t_x: Floats, T: Floats, count: Floats) -> Evaluation:
    """Sum of log(1 + odds to have left) over cells with t_x < T, with gradient and Hessian."""
    r, alpha, s, beta = parameters
    rx = r + x
    time, step = leaving_times(x[:, None], t_x[:, None], T[:, None], (r, alpha, s, beta))
    buy, stay = alpha + time, beta + time
    log_buy, log_stay = np.log(buy), np.log(stay)
    np.reciprocal(buy, out=buy)
    np.reciprocal(stay, out=stay)
    last = rx * np.log(alpha + t_x) + (s + 1) * np.log(beta + t_x)
    weight = step * np.exp(last[:, None] - rx[:, None] * log_buy - (s + 1) * log_stay)
    total = weight.sum(axis=1)
    weight /= total[:, None]
    log_T, log_B = np.log(alpha + T), np.log(beta + T)
    odds = np.log(total) - last + np.log(s) + rx * log_T + s * log_B
    small = np.exp(-np.abs(odds))
    left = np.where(odds > 0, 1.0, small) / (1 + small)

    features = (log_buy, buy, log_stay, stay)
    factor = (-np.ones_like(rx), -rx, -np.ones_like(rx), np.full_like(rx, -(s + 1)))
    weighted = [weight * feature for feature in features]
    mean = [part.sum(axis=1) for part in weighted]
    slopes = np.stack([f * m for f, m in zip(factor, mean, strict=True)])
    ends = np.stack((log_T, rx / (alpha + T), 1 / s + log_B, s / (beta + T)))
    slopes_all = slopes + ends
    mass = count * left
    hessian = (slopes_all * (mass * (1 - left))) @ slopes_all.T
    second = {}
    for i in range(4):
        for j in range(i, 4):
            second[i, j] = np.einsum("cn,cn->c", weighted[i], features[j])
            spread = factor[i] * factor[j] * second[i, j] - slopes[i] * slopes[j]
            term = mass @ spread
            hessian[i, j] += term
            if i != j:
                hessian[j, i] += term
    cross_r = mass @ (1 / (alpha + T) - mean[1])
    cross_s = mass @ (1 / (beta + T) - mean[3])
    hessian[0, 1] += cross_r
    hessian[1, 0] += cross_r
    hessian[2, 3] += cross_s
    hessian[3, 2] += cross_s
    hessian[1, 1] += (mass * rx) @ (second[1, 1] - 1 / (alpha + T) ** 2)
    hessian[2, 2] -= mass.sum() / s**2
    hessian[3, 3] += mass @ ((s + 1) * second[3, 3] - s / (beta + T) ** 2)
    value = float(count @ (np.maximum(odds, 0) + np.log1p(small)))
    return value, slopes_all @ mass, hessian
