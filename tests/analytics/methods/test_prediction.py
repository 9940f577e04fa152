"""Predictions per customer, and whether their intervals hold what they promise."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.cells import Cells
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.nbd import NBD
from zhiyin.analytics.methods.paretonbd import ParetoNBD
from zhiyin.analytics.methods.prediction import Horizon, predict
from zhiyin.analytics.methods.simulate import simulate, simulate_spend

BG = BGNBD(0.6, 8.0, 0.8, 2.4)
PARETO = ParetoNBD(0.8, 9.0, 0.6, 12.0)
SPEND = GammaGamma(6.25, 3.74, 15.44)
CUSTOMERS, AHEAD, RATE = 12_000, 52.0, 0.002


class World:
    """Customers whose future is known: fitted on the past, compared with what came."""

    def __init__(self, truth: Any) -> None:
        ages = np.random.default_rng(3).integers(30 * 7, 50 * 7, CUSTOMERS) / 7
        drawn = simulate(truth, ages + AHEAD, CUSTOMERS, seed=8)
        amounts = simulate_spend(SPEND, drawn, seed=9)
        self.x, t_x, self.T = drawn.summary(ages)
        self.cells = Cells.of(self.x, t_x, self.T)
        age = self.T[drawn.customer]
        past, future = (drawn.time > 0) & (drawn.time <= age), drawn.time > age
        total = np.bincount(drawn.customer[past], amounts[past], CUSTOMERS)
        self.spend = np.divide(total, self.x, out=np.zeros(CUSTOMERS), where=self.x > 0)
        self.purchases = np.bincount(drawn.customer[future], minlength=CUSTOMERS)
        wait = np.ceil((drawn.time - age)[future] / (AHEAD / 12)) * (AHEAD / 12)
        worth = amounts[future] * (1 + RATE) ** -wait
        self.value = np.bincount(drawn.customer[future], worth, CUSTOMERS)
        self.model = type(truth).fit(self.x, t_x, self.T).model
        self.spend_model = GammaGamma.fit(self.x, self.spend).model
        self.left = drawn.left


@pytest.fixture(scope="module", params=[BG, PARETO], ids=["bgnbd", "paretonbd"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def some(values: Any) -> Any:
    """The values, which are there."""
    assert values is not None
    return values


def share_error(share: float, of: int) -> float:
    return 4 * float(np.sqrt(share * (1 - share) / max(of, 1)))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_hold_what_they_promise(world: World, level: float) -> None:
    found = predict(
        world.model, world.cells, Horizon(AHEAD, 12, RATE),
        spend_model=world.spend_model, spend=world.spend, level=level,
    )  # fmt: skip
    tail = (1 - level) / 2
    for truth, low, high in (
        (world.purchases, some(found.purchases_low), some(found.purchases_high)),
        (world.value, some(found.value_low), some(found.value_high)),
    ):
        held = (truth >= some(low)) & (truth <= some(high))
        # of all customers, and of those with none, few and many purchases before
        for own in (world.x >= 0, world.x == 0, (world.x > 0) & (world.x < 4), world.x >= 4):
            assert held[own].mean() >= level - share_error(level, int(own.sum()))
    # Where a bound of the value is inside the continuous part, exactly the tail lies beyond it.
    low, high = some(found.value_low), some(found.value_high)
    above, below = high > 0, low > 0
    assert above.sum() > 2000
    assert abs((world.value > high)[above].mean() - tail) < share_error(tail, above.sum()) + 0.01
    if below.sum() > 200:
        beyond = (world.value < low)[below].mean()
        assert abs(beyond - tail) < share_error(tail, below.sum()) + 0.015


def test_totals_come_true(world: World) -> None:
    found = predict(
        world.model, world.cells, Horizon(AHEAD, 12, RATE),
        spend_model=world.spend_model, spend=world.spend, level=None,
    )  # fmt: skip
    assert found.purchases_low is None
    assert_allclose(found.purchases.sum(), world.purchases.sum(), rtol=0.04)
    assert_allclose(some(found.value).sum(), world.value.sum(), rtol=0.05)
    assert_allclose(found.alive.mean(), (world.left > world.T).mean(), atol=0.08)


def test_probability_of_purchases_is_calibrated(world: World) -> None:
    """The randomised probability transform of what came is uniform."""
    cells = world.cells
    sample = np.arange(0, CUSTOMERS, 8)
    place, n = cells.index[sample], np.arange(60)[:, None]
    chances = world.model.probability_given(n, AHEAD, cells.x[place], cells.t_x[place], cells.T[place])
    count, each = np.minimum(world.purchases[sample], 59), np.arange(len(sample))
    upper, mass = np.cumsum(chances, axis=0)[count, each], chances[count, each]
    uniform = upper - mass * np.random.default_rng(1).random(len(sample))
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_quantiles_of_value_against_drawing_customers() -> None:
    """One customer with a known history, against a million drawn futures."""
    random = np.random.default_rng(2)
    x, t_x, T, mean, draws = 4, 20.0, 26.0, 30.0, 200_000
    alive = float(BG.alive(x, t_x, T))
    there = BG.given(float(x), T)
    future = simulate(
        BGNBD(float(there.r), float(there.alpha), float(there.a), float(there.b)), AHEAD, draws, 4
    )
    counts = (np.bincount(future.customer, minlength=draws) - 1) * (random.random(draws) < alive)
    shape, rate = SPEND.shape_given(x), SPEND.rate_given(x, mean)
    nu = random.gamma(shape, 1 / rate, draws)
    value = np.where(counts > 0, random.gamma(np.maximum(SPEND.p * counts, 1e-9)) / nu, 0)
    found = predict(BG, Cells.of([x], [t_x], [T]), Horizon(AHEAD, 1, 0.0), spend_model=SPEND, spend=[mean])
    assert_allclose(some(found.value), value.mean(), rtol=0.01)
    assert_allclose(some(found.value_high), np.quantile(value, 0.9), rtol=0.02)
    assert_allclose(some(found.purchases_high), np.quantile(counts, 0.9), atol=0)


def test_discounting_adds_up_month_by_month() -> None:
    horizon = Horizon.months(12, unit="week", yearly_rate=0.1)
    assert_allclose(horizon.length, 365.2425 / 7)
    assert_allclose(horizon.discount[-1], 1 / 1.1)
    x, t_x, T = [3, 0], [20.0, 0.0], [30.0, 30.0]
    found = predict(BG, Cells.of(x, t_x, T), horizon, spend_model=SPEND, spend=[25.0, 0.0], level=None)
    by_hand = np.zeros(2)
    before = np.zeros(2)
    for month in range(1, 13):
        until = BG.expected_given(horizon.length * month / 12, x, t_x, T)
        by_hand += (until - before) * 1.1 ** (-month / 12)
        before = until
    assert_allclose(some(found.value), by_hand * SPEND.mean_given(x, [25.0, 0.0]), rtol=1e-12)
    assert_allclose(found.purchases, before)


def test_customers_who_never_leave() -> None:
    found = predict(NBD(0.8, 9.9), Cells.of([3, 0], [20.0, 0.0], [30.0, 30.0]), Horizon(52, 12))
    assert found.alive.tolist() == [1, 1]
    assert_allclose(found.purchases, [3.8 / 39.9 * 52, 0.8 / 39.9 * 52])
    assert set(found.columns()) == {"alive", "purchases", "purchases_low", "purchases_high"}
    with pytest.raises(ValueError, match="mean spend"):
        predict(NBD(0.8, 9.9), Cells.of([3], [20.0], [30.0]), Horizon(52), spend_model=SPEND)


def test_very_active_customers() -> None:
    cells = Cells.of([400, 1500], [199.9, 309.9], [200.0, 310.0])
    found = predict(PARETO, cells, Horizon(52, 12), spend_model=SPEND, spend=[30.0, 12.0])
    assert (some(found.purchases_low) < found.purchases).all()
    assert (found.purchases < some(found.purchases_high)).all()
    assert 0 < some(found.value_low)[0] < some(found.value)[0] < some(found.value_high)[0]


def test_money_follows_from_each_customers_own_spend_and_history() -> None:
    """Customers of one history share its figures; what they spent tells them apart."""
    x, t_x, T, spend = [3, 3, 0, 0], [20.0, 20.0, 0.0, 0.0], [30.0] * 4, [25.0, 50.0, 0.0, 99.0]
    cells = Cells.of(x, t_x, T)
    found = predict(BG, cells, Horizon(AHEAD, 12, RATE), spend_model=SPEND, spend=spend)
    assert len(cells.x) == 2
    assert_allclose(some(found.spend), SPEND.mean_given(x, spend), rtol=1e-14)
    assert_allclose(some(found.value)[1] / some(found.value)[0], found.spend[1] / found.spend[0], rtol=1e-14)  # type: ignore[index]
    assert_allclose(
        some(found.value_high)[1] / some(found.value_high)[0],
        SPEND.rate_given(3, 50.0) / SPEND.rate_given(3, 25.0),
    )
    assert some(found.value)[2] == some(found.value)[3] > 0


@pytest.mark.parametrize("spend", [None, [25.0], [25.0, float("nan")]])
def test_a_spend_that_is_missing_is_refused(spend: Any) -> None:
    with pytest.raises(ValueError, match="mean spend of each customer"):
        predict(BG, Cells.of([3, 0], [20.0, 0.0], [30.0, 30.0]), Horizon(52), spend_model=SPEND, spend=spend)
