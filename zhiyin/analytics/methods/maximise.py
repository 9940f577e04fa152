"""Maximum likelihood on log-parameters by Newton steps with the analytic Hessian."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from zhiyin.analytics.methods.cells import Floats
from zhiyin.analytics.methods.thin import Reason, TooThin

Evaluation = tuple[float, Floats, Floats]
"""Log-likelihood, gradient and Hessian in the natural parameters."""

LOG_LIMIT = 18.0
STEP_LIMIT = 1.5
NEAR = 1e-6
"""A step that promises to add less than this to the log-likelihood is the last; its own error is of the
order of its square, far below a standard error."""
FLAT = 2.0
"""A standard error of a log-parameter above this says that the data do not determine it."""


@dataclass(frozen=True)
class Maximum:
    """Where the climb ended: log-parameters, value, and Hessian in the log-parameters."""

    theta: Floats
    value: float
    hessian: Floats
    steps: int
    converged: bool


ModelT = TypeVar("ModelT")


@dataclass(frozen=True)
class Fit(Generic[ModelT]):
    """A model fitted by maximum likelihood.

    Attributes
    ----------
    model : the fitted model
    log_likelihood : float
    parameters, standard_errors : dict of str to float
        Standard errors come from the observed information (delta method from log-parameters).
    covariance : ndarray, shape (parameters, parameters)
        Of the log-parameters.
    customers : int
        Customers the fit used.
    """

    model: ModelT
    log_likelihood: float
    parameters: dict[str, float]
    standard_errors: dict[str, float]
    covariance: Floats
    customers: int

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a parameter, symmetric on the log scale (Wald)."""
        from scipy.special import ndtri

        place = list(self.parameters).index(name)
        reach = float(ndtri(0.5 + level / 2)) * float(np.sqrt(self.covariance[place, place]))
        value = self.parameters[name]
        return value * float(np.exp(-reach)), value * float(np.exp(reach))


def climb(evaluate: Callable[[Floats], Evaluation], theta: Floats, *, steps: int = 100) -> Maximum:
    """Climb a log-likelihood from `theta`.

    Newton steps in the log-parameters; directions of negative curvature are mirrored (saddle-free),
    long steps shortened, and steps that do not climb halved.

    Parameters
    ----------
    evaluate : callable
        Natural parameters to (value, gradient, Hessian), all in natural parameters.
    theta : ndarray, shape (parameters,)
        Logarithms of the start.
    """
    value, gradient, hessian = on_logs(evaluate, theta)
    for taken in range(steps):
        curvature, axes = np.linalg.eigh(hessian)
        floor = 1e-10 * max(1.0, float(np.abs(curvature).max()))
        along = (axes.T @ gradient) / np.maximum(np.abs(curvature), floor)
        step = axes @ along
        rise = float(gradient @ step)
        if rise < NEAR and curvature.max() < 0:
            return Maximum(theta + step, value + rise / 2, hessian, taken, True)
        step *= min(1.0, STEP_LIMIT / float(np.abs(step).max()))
        for _ in range(30):
            trial: Floats = np.clip(theta + step, -LOG_LIMIT, LOG_LIMIT)
            new = on_logs(evaluate, trial)
            if np.isfinite(new[0]) and new[0] > value - 1e-12 * abs(value):
                break
            step = step / 2
        else:
            return Maximum(theta, value, hessian, taken, False)
        theta, (value, gradient, hessian) = trial, new
        if np.abs(theta).max() >= LOG_LIMIT:
            break
    return Maximum(theta, value, hessian, steps, False)


def on_logs(evaluate: Callable[[Floats], Evaluation], theta: Floats) -> Evaluation:
    """The evaluation with gradient and Hessian carried over to log-parameters."""
    natural = np.exp(theta)
    value, gradient, hessian = evaluate(natural)
    scaled = natural * gradient
    return value, scaled, natural[:, None] * hessian * natural + np.diag(scaled)


def covariance_of(maximum: Maximum) -> Floats:
    """Inverse of the observed information, or TooThin when it has none."""
    if maximum.converged:
        try:
            covariance = np.asarray(np.linalg.inv(-maximum.hessian), np.float64)
        except np.linalg.LinAlgError:
            raise TooThin(Reason.DEGENERATE, log_likelihood=maximum.value) from None
        spread = np.diag(covariance)
        if np.all(spread > 0) and spread.max() < FLAT**2:
            return covariance
    raise TooThin(Reason.DEGENERATE, log_likelihood=maximum.value)


def fit_of(model: ModelT, names: tuple[str, ...], maximum: Maximum, customers: int) -> Fit[ModelT]:
    """Assemble a fit; raises TooThin when the maximum is not a proper one."""
    covariance = covariance_of(maximum)
    values: Floats = np.exp(maximum.theta)
    errors = values * np.sqrt(np.diag(covariance))
    return Fit(
        model=model,
        log_likelihood=maximum.value,
        parameters=dict(zip(names, values.tolist(), strict=True)),
        standard_errors=dict(zip(names, errors.tolist(), strict=True)),
        covariance=covariance,
        customers=customers,
    )
