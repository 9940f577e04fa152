"""The purchase models against independent oracles: quadrature of the process itself and simulation."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, optimize, stats
from scipy.special import gammaln, roots_genlaguerre, roots_jacobi

from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.cells import Cells
from zhiyin.analytics.methods.gammagamma import GammaGamma, evaluator
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.nbd import NBD
from zhiyin.analytics.methods.paretonbd import ParetoNBD
from zhiyin.analytics.methods.simulate import simulate, simulate_spend
from zhiyin.analytics.methods.thin import Reason, TooThin
from zhiyin.analytics.methods.transactions import TransactionModel

BG = BGNBD(0.243, 4.414, 0.793, 2.426)
PARETO = ParetoNBD(0.553, 10.578, 0.606, 11.669)
MODELS: list[Any] = [BG, PARETO, NBD(0.8, 9.9)]
positive = st.floats(0.05, 20)


def gamma_nodes(shape: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the mean over Gamma(shape, rate)."""
    node, weight = roots_genlaguerre(120, shape - 1)
    return node / rate, weight / weight.sum()


def histories(seed: int, size: int = 12) -> list[tuple[int, float, float]]:
    random = np.random.default_rng(seed)
    x = random.integers(0, 12, size)
    T = random.uniform(5, 60, size)
    return [(int(n), float(t * random.random()) if n else 0.0, float(t)) for n, t in zip(x, T, strict=True)]


def test_bgnbd_likelihood_is_the_mean_over_customers() -> None:
    """Mix the likelihood of one customer (rate l, chance p) over the two priors by numbers."""
    r, alpha, a, b = 0.7, 6.0, 1.3, 2.1
    model = BGNBD(r, alpha, a, b)
    rate, rate_weight = gamma_nodes(r, alpha)
    node, chance_weight = roots_jacobi(60, b - 1, a - 1)
    p, chance_weight = (node + 1) / 2, chance_weight / chance_weight.sum()
    for x, t_x, T in histories(1):
        stay = (rate_weight @ (rate**x * np.exp(-rate * T))) * (chance_weight @ (1 - p) ** x)
        leave = 0.0
        if x:
            leave = (rate_weight @ (rate**x * np.exp(-rate * t_x))) * (
                chance_weight @ (p * (1 - p) ** (x - 1))
            )
        assert_allclose(model.log_likelihood(x, t_x, T), np.log(stay + leave), rtol=1e-8)
        assert_allclose(model.alive(x, t_x, T), stay / (stay + leave), rtol=1e-7)


def test_paretonbd_likelihood_is_the_mean_over_customers() -> None:
    r, alpha, s, beta = 1.4, 8.0, 1.2, 15.0
    model = ParetoNBD(r, alpha, s, beta)
    rate, rate_weight = gamma_nodes(r, alpha)
    death, death_weight = gamma_nodes(s, beta)
    both = rate[:, None] + death
    for x, t_x, T in histories(2):
        stay = np.exp(-both * T) * rate[:, None] / both
        left = np.exp(-both * t_x) * death / both
        alive = float(
            rate_weight @ (rate[:, None] ** x * (stay + death / both * np.exp(-both * T))) @ death_weight
        )
        total = float(rate_weight @ (rate[:, None] ** x * (stay + left)) @ death_weight)
        assert_allclose(model.log_likelihood(x, t_x, T), np.log(total), rtol=1e-6)
        assert_allclose(model.alive(x, t_x, T), alive / total, rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(positive, positive, positive, positive, st.integers(0, 400), st.floats(0, 1), st.floats(0.1, 500))
def test_paretonbd_odds_against_adaptive_quadrature(
    r: float, alpha: float, s: float, beta: float, x: int, share: float, T: float
) -> None:
    t_x = share * T if x else 0.0

    def density(step: float) -> float:
        time = t_x + np.expm1(step)
        return float(
            s * np.exp(step + (r + x) * np.log((alpha + t_x) / (alpha + time))
                       + (s + 1) * np.log((beta + t_x) / (beta + time)))
        )  # fmt: skip

    reach = np.log1p(T - t_x)
    points = np.linspace(0, reach, 40)
    total = sum(integrate.quad(density, low, high)[0] for low, high in pairwise(points))
    expected = (
        np.log(max(total, 1e-300)) - np.log(beta + t_x)
        + (r + x) * np.log((alpha + T) / (alpha + t_x)) + s * np.log((beta + T) / (beta + t_x))
    )  # fmt: skip
    if total > 1e-290:
        assert_allclose(ParetoNBD(r, alpha, s, beta).log_odds_left(x, t_x, T), expected, atol=1e-6)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([BGNBD, ParetoNBD]), positive, positive, positive, positive,
       st.integers(0, 3000), st.floats(0, 1), st.floats(0.1, 5000), st.floats(0.1, 500))  # fmt: skip
def test_nothing_overflows(
    kind: type[TransactionModel], r: float, alpha: float, a: float, b: float,
    x: int, share: float, T: float, t: float,
) -> None:  # fmt: skip
    model = kind.of(np.array([r, alpha, a, b]))
    t_x = share * T if x else 0.0
    assert np.isfinite(model.log_likelihood(x, t_x, T))
    alive = float(model.alive(x, t_x, T))
    assert 0 <= alive <= 1
    ahead = float(model.expected_given(t, x, t_x, T))
    assert 0 <= ahead <= alive * (r + x) / (alpha + T) * t * (1 + 1e-6) + 1e-9
    assert float(model.expected_given(2 * t, x, t_x, T)) >= ahead * (1 - 1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("t", [0.5, 12.0, 52.0])
def test_probabilities_add_up_and_have_the_expected_mean(model: Any, t: float) -> None:
    n = np.arange(2000)
    chances = model.probability(n, t)
    assert (chances >= 0).all()
    assert_allclose(chances.sum(), 1, atol=1e-7)
    assert_allclose(chances @ n, model.expected(t), rtol=1e-5)
    later = model.probability_given(n, t, 4, 10.0, 30.0)
    assert_allclose(later.sum(), 1, atol=1e-7)
    assert_allclose(later @ n, model.expected_given(t, 4, 10.0, 30.0), rtol=1e-5)


@pytest.mark.parametrize("singular", [BGNBD(0.3, 4.0, 1.0, 2.0), BGNBD(0.3, 4.0, 0.4, 0.6)])
def test_bgnbd_expectation_is_smooth_at_its_removable_singularities(singular: BGNBD) -> None:
    beside = BGNBD(singular.r, singular.alpha, float(singular.a) + 1e-5, singular.b)
    assert_allclose(singular.expected([1, 10, 100]), beside.expected([1, 10, 100]), rtol=1e-4)


@pytest.mark.parametrize("model", [BG, PARETO])
def test_simulated_customers_behave_as_the_formulas_say(model: Any) -> None:
    customers, T, t = 60_000, 39.0, 30.0
    drawn = simulate(model, T + t, customers, seed=5)
    x, t_x, ages = drawn.summary(T)
    assert_allclose(x.mean(), model.expected(T), rtol=0.03)
    counts = np.bincount(x, minlength=5)[:5] / customers
    assert_allclose(counts, model.probability(np.arange(5), T), atol=0.006)
    ahead = drawn.summary(T + t)[0] - x
    assert_allclose(model.expected_given(t, x, t_x, ages).mean(), ahead.mean(), rtol=0.04)
    alive = model.alive(x, t_x, ages)
    there = drawn.left > T
    for low in np.arange(0, 1, 0.2):
        chosen = (alive >= low) & (alive < low + 0.2)
        if chosen.sum() > 500:
            assert abs(there[chosen].mean() - alive[chosen].mean()) < 0.04


@pytest.mark.parametrize("kind", [BGNBD, ParetoNBD, NBD])
def test_gradient_and_hessian(kind: Any) -> None:
    x, t_x, T = (np.array(column) for column in zip(*histories(3, 200), strict=True))
    t_x[:5] = T[:5]
    evaluate = kind.evaluator(Cells.of(x, t_x, T))
    at = np.array([0.8, 7.0, 1.2, 2.7])[: len(kind.names)]
    assert_allclose(evaluate(at)[0], kind.of(at).log_likelihood(x, t_x, T).sum(), rtol=1e-12)
    check_derivatives(evaluate, at)


def test_gammagamma_gradient_and_hessian() -> None:
    random = np.random.default_rng(1)
    x, spend = random.integers(1, 9, 300), random.gamma(3, 10, 300)
    at = np.array([5.0, 3.2, 14.0])
    evaluate = evaluator(x, spend)
    assert_allclose(evaluate(at)[0], GammaGamma(*at).log_likelihood(x, spend).sum(), rtol=1e-12)
    check_derivatives(evaluate, at)


def check_derivatives(evaluate: Callable[[Any], Any], at: np.ndarray) -> None:
    _, gradient, hessian = evaluate(at)
    step = 1e-5 * at
    for i, size in enumerate(step):
        ahead, behind = at.copy(), at.copy()
        ahead[i] += size
        behind[i] -= size
        up, down = evaluate(ahead), evaluate(behind)
        assert_allclose((up[0] - down[0]) / (2 * size), gradient[i], rtol=1e-5, atol=1e-5)
        assert_allclose((up[1] - down[1]) / (2 * size), hessian[i], rtol=1e-5, atol=1e-5)


def test_gammagamma_density_is_the_mean_over_customers() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    for x, m in ((1, 20.0), (3, 35.0), (12, 28.5)):
        density = integrate.quad(
            lambda nu, x=x, m=m: stats.gamma.pdf(m, 6.25 * x, scale=1 / (nu * x))
            * stats.gamma.pdf(nu, 3.74, scale=1 / 15.44), 0, np.inf,
        )[0]  # fmt: skip
        assert_allclose(model.log_likelihood(x, m), np.log(density), rtol=1e-7)


@pytest.mark.parametrize("truth", [BG, PARETO])
def test_the_climb_ends_where_a_general_optimiser_does(truth: Any) -> None:
    ages = np.random.default_rng(0).uniform(20, 40, 3000)
    x, t_x, T = simulate(truth, ages, 3000, seed=1).summary(ages)
    fit = type(truth).fit(x, t_x, T)
    best = optimize.minimize(
        lambda logs: -type(truth).of(np.exp(logs)).log_likelihood(x, t_x, T).sum(),
        np.log(list(vars(truth).values())), method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-7, "maxiter": 3000},
    )  # fmt: skip
    assert fit.log_likelihood >= -best.fun - 1e-6
    assert_allclose(list(fit.parameters.values()), np.exp(best.x), rtol=1e-3)


def holds(fit: Fit[Any], truth: Any) -> list[bool]:
    """Whether the interval of each parameter holds its true value."""
    bounds = {name: fit.interval(name, 0.9) for name in fit.parameters}
    return [low <= getattr(truth, name) <= high for name, (low, high) in bounds.items()]


@pytest.mark.parametrize(("truth", "runs"), [(BG, 60), (PARETO, 25)])
def test_intervals_of_parameters_hold_the_truth_as_often_as_stated(truth: Any, runs: int) -> None:
    customers = 2500
    ages = np.random.default_rng(9).integers(30 * 7, 60 * 7, customers) / 7
    held = []
    for seed in range(runs):
        x, t_x, T = simulate(truth, ages, customers, seed=seed).summary(ages)
        fit = type(truth).fit(x, t_x, T)
        held.append(holds(fit, truth))
    rate = float(np.mean(held))
    # Parameters of one run are dependent: allow for as many independent trials as half of them.
    assert abs(rate - 0.9) < 3.5 * np.sqrt(0.09 / (runs * 2))


def test_gammagamma_recovers_the_truth() -> None:
    truth, customers = GammaGamma(6.25, 3.74, 15.44), 1500
    held = []
    for seed in range(60):
        drawn = simulate(BG, 60.0, customers, seed=seed)
        amounts = simulate_spend(truth, drawn, seed=seed + 1000)
        x = drawn.summary(60.0)[0]
        repeat = drawn.time > 0
        total = np.bincount(drawn.customer[repeat], amounts[repeat], customers)
        fit = GammaGamma.fit(x, np.divide(total, x, out=np.zeros(customers), where=x > 0))
        held.append(holds(fit, truth))
    assert abs(np.mean(held) - 0.9) < 3.5 * np.sqrt(0.09 / 60)


def test_cells_hold_every_customer() -> None:
    x, t_x, _ = simulate(BG, 39.0, 5000, seed=2).summary(39.0)
    T = np.random.default_rng(1).integers(39 * 7, 60 * 7, 5000) / 7
    for recency in (np.floor(t_x * 7) / 7, t_x):
        cells = Cells.of(x, recency, T)
        assert cells.count.sum() == 5000
        assert (cells.x[cells.index] == x).all()
        assert_allclose(cells.t_x[cells.index], recency, atol=1e-12)
        assert_allclose(cells.T[cells.index], T, atol=1e-12)
        model = BGNBD(0.3, 5.0, 1.0, 2.5)
        total = cells.count @ model.log_likelihood(cells.x, cells.t_x, cells.T)
        assert_allclose(total, model.log_likelihood(x, recency, T).sum())
    assert len(Cells.of(x, np.floor(t_x * 7) / 7, T).x) < 5000


def test_cells_too_wide_to_pack_stay_apart() -> None:
    x, T = np.array([0, 4_000_000, 0]), np.array([10.0, 9e7, 10.0])
    cells = Cells.of(x, np.array([0.0, 8e7, 0.0]), T)
    assert cells.x.tolist() == x.tolist()
    assert cells.T.tolist() == T.tolist()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 4000)), min_size=1, max_size=60)
)
def test_cells_on_whole_days(rows: list[tuple[int, int, int]]) -> None:
    x, t_x, more = (np.array(column) for column in zip(*rows, strict=True))
    cells = Cells.of(x, t_x, t_x + more)
    assert len(set(zip(x, t_x, t_x + more, strict=True))) == len(cells.x)
    assert (cells.T[cells.index] == t_x + more).all()
    assert (np.bincount(cells.index) == cells.count).all()


@pytest.mark.parametrize(
    "bad",
    [
        ([1], [5.0], [4.0]),
        ([-1], [0.0], [4.0]),
        ([0.5], [0.0], [4.0]),
        ([1], [np.nan], [4.0]),
        ([1, 2], [1], [2]),
    ],
)
def test_impossible_histories_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|need x"):
        BGNBD.fit(*bad)


@pytest.mark.parametrize("kind", [BGNBD, ParetoNBD])
def test_thin_data_are_refused_with_the_reason(kind: Any) -> None:
    def reason(x: Any, t_x: Any, T: Any) -> Reason:
        with pytest.raises(TooThin) as refused:
            kind.fit(x, t_x, T)
        assert str(refused.value)
        return refused.value.reason

    many = np.zeros(500)
    assert reason([], [], []) == Reason.NO_PURCHASES
    assert reason([0], [0], [10]) == Reason.NO_REPEAT_BUYERS
    assert reason(many, many, many + 30) == Reason.NO_REPEAT_BUYERS
    assert reason([1, 2, 0], [3, 4, 0], [10, 10, 10]) == Reason.TOO_FEW_CUSTOMERS
    few = np.r_[np.ones(10), np.zeros(490)]
    assert reason(few, few * 5, many + 30) == Reason.TOO_FEW_REPEAT_BUYERS
    same = np.full(500, 3)
    assert reason(same, same * 9.0, same * 10.0) == Reason.DEGENERATE


def test_gammagamma_refuses() -> None:
    def reason(x: Any, spend: Any) -> Reason:
        with pytest.raises(TooThin) as refused:
            GammaGamma.fit(x, spend)
        return refused.value.reason

    random = np.random.default_rng(3)
    x = random.integers(1, 6, 800)
    assert reason(np.zeros(50), np.ones(50)) == Reason.NO_SPEND
    assert reason(x, np.zeros(800)) == Reason.NO_SPEND
    assert reason(x, np.full(800, 9.9)) == Reason.NO_SPEND
    assert reason(x[:20], random.gamma(2, 3, 20)) == Reason.TOO_FEW_REPEAT_BUYERS
    uneven = 10 / random.gamma(0.5, 1.0, 800) * random.gamma(4.0 * x) / x
    assert reason(x, uneven) == Reason.INFINITE_MEAN_SPEND
    with pytest.raises(ValueError, match="does not exist"):
        GammaGamma(2.0, 0.9, 1.0).mean_given(1, 1.0)


def test_gammagamma_does_not_depend_on_the_currency() -> None:
    random = np.random.default_rng(4)
    x = random.integers(1, 6, 900)
    spend = random.gamma(6.0 * x) / x * 15 / random.gamma(4.0, 1.0, 900)
    one, thousand = GammaGamma.fit(x, spend), GammaGamma.fit(x, spend * 1000)
    assert_allclose(thousand.parameters["gamma"], 1000 * one.parameters["gamma"], rtol=1e-6)
    assert_allclose(thousand.standard_errors["q"], one.standard_errors["q"], rtol=1e-6)
    assert_allclose(thousand.log_likelihood, thousand.model.log_likelihood(x, spend * 1000).sum(), rtol=1e-9)


def test_nbd_likelihood() -> None:
    model = NBD(0.8, 9.9)
    n = np.arange(30)
    poisson = np.log(model.probability(n, 20.0))
    assert_allclose(
        model.log_likelihood(n, 0.0, 20.0) + n * np.log(20.0) - gammaln(n + 1), poisson, rtol=1e-9
    )
