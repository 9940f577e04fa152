"""Our side of bench/btyd.py."""

import sys

import numpy as np
from pyarrow import parquet

from bench.peers.timing import Timing
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.cells import Cells
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.paretonbd import ParetoNBD
from zhiyin.analytics.methods.prediction import Horizon, predict

table = parquet.read_table(sys.argv[1])
x, t_x, T, spend = (np.asarray(table[name]) for name in ("frequency", "recency", "T", "monetary_value"))
again = x > 0
timing = Timing()
bgnbd = timing.task("bgnbd_fit", lambda: BGNBD.fit(x, t_x, T))
gamma = timing.task("gammagamma_fit", lambda: GammaGamma.fit(x[again], spend[again]))
pareto = timing.task("paretonbd_fit", lambda: ParetoNBD.fit(x, t_x, T))
year = Horizon(12 * 4.345, 12, 1.01 ** (1 / 4.345) - 1)


def expected() -> float:
    return float(predict(bgnbd.model, Cells.of(x, t_x, T), Horizon(52.0, 1), level=None).purchases.sum())


def value(level: float | None = None) -> float:
    found = predict(
        bgnbd.model, Cells.of(x, t_x, T), year, spend_model=gamma.model, spend=spend, level=level
    ).value
    return float(found.sum()) if found is not None else 0.0


timing.facts = {
    "bgnbd": [*bgnbd.parameters.values(), bgnbd.log_likelihood],
    "paretonbd": [*pareto.parameters.values(), pareto.log_likelihood],
    "gammagamma": [*gamma.parameters.values(), gamma.log_likelihood],
    "expected": timing.task("expected_purchases", expected),
    "value": timing.task("value_12_months", value),
}
timing.task("value_with_intervals", lambda: value(0.8), 1)
timing.report()
