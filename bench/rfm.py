"""RFM summary of 10 million transactions against pandas, polars and bare DuckDB SQL.

    python -m bench.rfm [--rounds 3] [--transactions 10000000] [--customers 1000000]

Same Parquet file, a process for each side and round, in turn; reading the file is not counted. Same-day
purchases of a customer are one. Limit: reading the three columns once from memory, about 20 ms.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bench.peers import environments

PEERS = ("pandas", "polars", "duckdb")
DAYS = 730


def data(transactions: int, customers: int) -> Path:
    """Transactions of customers of very different activity, in no order."""
    file = environments.BUILD / f"rfm_{transactions}_{customers}.parquet"
    if not file.exists():
        environments.BUILD.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(1)
        busy = random.gamma(0.6, 1.0, customers)
        who = random.choice(customers, transactions, p=busy / busy.sum())
        day = (19_000 + random.integers(0, DAYS, transactions)).astype(np.int32)
        amount = random.gamma(2.0, 20.0, transactions).round(2)
        columns = {"customer": who, "day": pa.array(day).cast(pa.date32()), "amount": amount}
        parquet.write_table(pa.table(columns), file)
    return file


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--transactions", type=int, default=10_000_000)
    options.add_argument("--customers", type=int, default=1_000_000)
    chosen = options.parse_args()
    file = data(chosen.transactions, chosen.customers)
    python = environments.python_of("frames")
    sides: dict[str, list[dict[str, Any]]] = {side: [] for side in ("zhiyin", *PEERS)}
    for _ in range(chosen.rounds):
        sides["zhiyin"].append(environments.run(sys.executable, "rfm_zhiyin", file))
        for peer in PEERS:
            sides[peer].append(environments.run(python, "rfm_frames", file, peer))
    rows: list[dict[str, Any]] = []
    for kind in ("seconds", "processor"):
        times = {side: environments.medians(runs, kind) for side, runs in sides.items()}
        for task in times["zhiyin"]:
            seconds = {side: times[side][task] for side in sides}
            ratio = min(seconds[peer] for peer in PEERS) / seconds["zhiyin"]
            rows.append({"task": task, "kind": kind, **seconds, "ratio": ratio})
            told = "  ".join(f"{side} {value:.3f} s" for side, value in seconds.items())
            print(f"{task:<18} {kind:<9} {told}  {ratio:.1f} times the fastest peer", flush=True)
    for side, runs in sides.items():
        peak = max(run["peak_mb"] for run in runs)
        rows.append({"side": side, "peak_mb": peak, "facts": runs[0]["facts"]})
        print(f"{side}: peak {peak:.0f} MB, {runs[0]['facts']}")
    environments.save("rfm", rows)


if __name__ == "__main__":
    main()
