"""The side of lifetimes in bench/btyd.py."""

# Its libraries live in an environment of their own.
# mypy: ignore-errors

import sys
import warnings

import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

from bench.peers.timing import Timing

warnings.simplefilter("ignore")
table = pd.read_parquet(sys.argv[1])
slow = sys.argv[2] == "slow"
again = table[table.frequency > 0]
timing = Timing()
columns = (table.frequency, table.recency, table["T"])
bgnbd = timing.task("bgnbd_fit", lambda: BetaGeoFitter().fit(*columns), 1)
gamma = timing.task(
    "gammagamma_fit", lambda: GammaGammaFitter().fit(again.frequency, again.monetary_value), 1
)


def expected() -> float:
    return float(bgnbd.conditional_expected_number_of_purchases_up_to_time(52.0, *columns).sum())


def value() -> float:
    found = gamma.customer_lifetime_value(
        bgnbd, *columns, table.monetary_value, time=12, discount_rate=0.01, freq="W"
    )
    return float(found.sum())


timing.facts = {
    "bgnbd": list(map(float, bgnbd.params_)),
    "gammagamma": list(map(float, gamma.params_)),
    "expected": timing.task("expected_purchases", expected, 1),
    "value": timing.task("value_12_months", value, 1),
}
if slow:
    pareto = timing.task("paretonbd_fit", lambda: ParetoNBDFitter().fit(*columns), 1)
    timing.facts["paretonbd"] = list(map(float, pareto.params_))
timing.report()
