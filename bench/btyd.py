"""BG/NBD, Pareto/NBD and Gamma-Gamma against lifetimes and pymc-marketing (MAP, flat priors).

    python -m bench.btyd [--rounds 3] [--customers 2357 1000000]

Each side runs in a process and environment of its own on the same Parquet file, in turn; Pareto/NBD of the
peers runs in the first round only, as it takes minutes
(pymc-marketing's not at all at a million). 2,357 customers are the CDNOW sample; more are
drawn from BG/NBD with its parameters. Each side starts with its data in memory: peers with the frame of summaries
that they fit and predict, we with the same columns as arrays. Fits count our distinct histories; prediction
takes those counted for the fit, as a peer takes its fitted model, and "counting" counts them once more.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from bench.peers import environments
from tests.shared import shared_data
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.rfm import summarise
from zhiyin.analytics.methods.simulate import simulate, simulate_spend

CDNOW = 2357
TASKS = (
    "counting_histories", "bgnbd_fit", "bgnbd_fit, counted", "expected_purchases", "expected_purchases, counting",
    "value_12_months", "value_12_months, counting", "paretonbd_fit", "gammagamma_fit", "value_with_intervals",
)  # fmt: skip


def data(customers: int) -> Path:
    """The summaries as a Parquet file."""
    file = environments.BUILD / f"btyd_{customers}.parquet"
    if file.exists():
        return file
    environments.BUILD.mkdir(parents=True, exist_ok=True)
    if customers == CDNOW:
        rows = csv.read_csv(shared_data("cdnow_sample.csv.gz"))
        found = summarise(
            rows["sample_id"], rows["date"], rows["dollar_value"], unit="week", end="1997-09-30"
        )
        x, t_x, T, spend = found.x, found.t_x, found.T, found.spend
    else:
        T = np.random.default_rng(1).integers(27 * 7, 39 * 7 + 1, customers) / 7
        drawn = simulate(BGNBD(0.243, 4.414, 0.793, 2.426), T, customers, seed=3)
        amounts = simulate_spend(GammaGamma(6.25, 3.74, 15.44), drawn, seed=4)
        x, t_x, _ = drawn.summary(T)
        t_x = np.ceil(t_x * 7) / 7
        repeat = drawn.time > 0
        total = np.bincount(drawn.customer[repeat], amounts[repeat], customers)
        spend = np.divide(total, x, out=np.zeros(customers), where=x > 0)
    parquet.write_table(pa.table({"frequency": x, "recency": t_x, "T": T, "monetary_value": spend}), file)
    return file


def compare(customers: int, rounds: int, *, slow: bool) -> list[dict[str, Any]]:
    """One row per task: our median, each peer's, and the ratio to the faster."""
    file = data(customers)
    sides: dict[str, list[dict[str, Any]]] = {"zhiyin": [], "lifetimes": [], "pymc": []}
    for turn in range(rounds):
        speed = "slow" if slow and turn == 0 else "quick"
        sides["zhiyin"].append(environments.run(sys.executable, "btyd_zhiyin", file))
        for peer in ("lifetimes", "pymc"):
            python = environments.python_of(peer)
            sides[peer].append(environments.run(python, f"btyd_{peer}", file, speed))
    rows: list[dict[str, Any]] = []
    for kind in ("seconds", "processor"):
        times = {side: environments.medians(runs, kind) for side, runs in sides.items()}
        for task in TASKS:
            theirs = task.split(",")[0]
            peers = {side: times[side][theirs] for side in ("lifetimes", "pymc") if theirs in times[side]}
            ours = times["zhiyin"][task]
            ratio = min(peers.values()) / ours if peers else None
            rows.append(
                {"customers": customers, "task": task, "kind": kind, "zhiyin": ours, **peers, "ratio": ratio}
            )
            told = "  ".join(f"{side} {seconds:.4g} s" for side, seconds in peers.items())
            times_faster = f"  {ratio:.0f} times" if ratio else ""
            print(
                f"{customers:>9,} {task:<28} {kind:<9} zhiyin {ours:.4g} s  {told}{times_faster}", flush=True
            )
    for side, runs in sides.items():
        peak = max(run["peak_mb"] for run in runs)
        print(f"{customers:>9,} {side}: peak {peak:.0f} MB, {runs[0]['facts']}", flush=True)
        rows.append({"customers": customers, "side": side, "peak_mb": peak, "facts": runs[0]["facts"]})
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--no-slow", action="store_true", help="leave out Pareto/NBD of the peers")
    options.add_argument("--customers", type=int, nargs="+", default=[CDNOW, 1_000_000])
    chosen = options.parse_args()
    rows = [
        row
        for customers in chosen.customers
        for row in compare(customers, chosen.rounds, slow=not chosen.no_slow)
    ]
    environments.save("btyd", rows)


if __name__ == "__main__":
    main()
