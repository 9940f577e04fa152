"""The side of pymc-marketing (MAP, flat priors) in bench/btyd.py."""

# Its libraries live in an environment of their own.
# mypy: ignore-errors

import logging
import sys
import warnings

import pandas as pd
from pymc_extras.prior import Prior
from pymc_marketing import clv

from bench.peers.timing import Timing

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
table = pd.read_parquet(sys.argv[1])
table["customer_id"] = range(len(table))
# Its Pareto/NBD was not tried at a million customers.
slow = sys.argv[2] == "slow" and len(table) <= 100_000
again = table[table.frequency > 0]
timing = Timing()


def fitted(kind: type, data: pd.DataFrame, names: str) -> object:
    config = {name: Prior("HalfFlat") for name in names.split()}
    model = kind(data=data, model_config=config)
    model.fit(method="map", progressbar=False)
    return model


def parameters(model: object) -> dict[str, float]:
    return {name: float(value) for name, value in model.fit_result.mean().items()}


# PyTensor compiles C code once per kind of model and keeps it: that is not counted.
fitted(clv.BetaGeoModel, table[:500], "r alpha a b")
fitted(clv.GammaGammaModel, again[:500], "p q v")
bgnbd = timing.task("bgnbd_fit", lambda: fitted(clv.BetaGeoModel, table, "r alpha a b"), 1)
gamma = timing.task("gammagamma_fit", lambda: fitted(clv.GammaGammaModel, again, "p q v"), 1)
timing.facts = {"bgnbd": parameters(bgnbd), "gammagamma": parameters(gamma)}
timing.facts["expected"] = timing.task(
    "expected_purchases", lambda: float(bgnbd.expected_purchases(data=table, future_t=52).sum()), 1
)
timing.facts["value"] = timing.task(
    "value_12_months",
    lambda: float(
        gamma.expected_customer_lifetime_value(
            transaction_model=bgnbd, data=table, future_t=12, discount_rate=0.01, time_unit="W"
        ).sum()
    ),
    1,
)
if slow:
    try:
        fitted(clv.ParetoNBDModel, table[:500], "r alpha s beta")
        pareto = timing.task("paretonbd_fit", lambda: fitted(clv.ParetoNBDModel, table, "r alpha s beta"), 1)
        timing.facts["paretonbd"] = parameters(pareto)
    except Exception as error:  # a peer that cannot do it is reported, not hidden
        timing.facts["paretonbd"] = repr(error)[:300]
timing.report()
