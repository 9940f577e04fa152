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
cells = timing.task("counting_histories", lambda: Cells.of(x, t_x, T))
bgnbd = timing.task("bgnbd_fit", lambda: BGNBD.fit(x, t_x, T))
gamma = timing.task("gammagamma_fit", lambda: GammaGamma.fit(x[again], spend[again]))
pareto = timing.task("paretonbd_fit", lambda: ParetoNBD.fit(x, t_x, T))
year = Horizon(12 * 4.345, 12, 1.01 ** (1 / 4.345) - 1)


def expected(histories: Cells) -> float:
    return float(predict(bgnbd.model, histories, Horizon(52.0, 1), level=None).purchases.sum())


def value(histories: Cells) -> float:
    found = predict(bgnbd.model, histories, year, spend_model=gamma.model, spend=spend, level=None).value
    return float(found.sum()) if found is not None else 0.0


def intervals() -> float:
    found = predict(bgnbd.model, cells, year, spend_model=gamma.model, spend=spend, level=0.8)
    return float(
        sum(column.sum() for column in (found.value, found.value_low, found.value_high) if column is not None)
    )


timing.facts = {
    "bgnbd": [*bgnbd.parameters.values(), bgnbd.log_likelihood],
    "paretonbd": [*pareto.parameters.values(), pareto.log_likelihood],
    "gammagamma": [*gamma.parameters.values(), gamma.log_likelihood],
    "expected": timing.task("expected_purchases", lambda: expected(cells), 7),
    "value": timing.task("value_12_months", lambda: value(cells), 7),
}
timing.task("bgnbd_fit, counted", lambda: BGNBD.fit_cells(cells))
timing.task("expected_purchases, counting", lambda: expected(Cells.of(x, t_x, T)))
timing.task("value_12_months, counting", lambda: value(Cells.of(x, t_x, T)))
timing.task("value_with_intervals", intervals, 1)
timing.report()
