"""Duplicates: precision and recall on FEBRL and on invented Chinese customers, beside recordlinkage and Splink alone.

    python -m bench.duplicates [--rounds 1] [--chinese 10000] [--no-peers]

Each side runs in a process of its own, the peers in environments of their own, and reads the same Parquet file. Peers
are set up by us after the FEBRL examples of their documentation, not tuned: recordlinkage with its ECM classifier on blocks of
names, postcode and birthday, Splink with its library's comparisons and a threshold of .95. ``--chinese 1000000``
is our side alone, and takes minutes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from bench.peers import environments
from tests.chinese_customers import Generator
from tests.shared import shared_data

FEBRL = ("febrl1", "febrl2", "febrl3", "febrl4")


def febrl(name: str) -> Path:
    """The rows of one set, with ``who`` for the truth and ``side`` 0 or 1 for the file."""
    file = environments.BUILD / f"duplicates_{name}.parquet"
    parts = []
    for side, part in enumerate(("febrl4a", "febrl4b") if name == "febrl4" else (name,)):
        path = shared_data(f"febrl/{part}.csv.gz")
        texts = dict.fromkeys(csv.open_csv(path).schema.names, pa.string())
        rows = csv.read_csv(
            path, convert_options=csv.ConvertOptions(column_types=texts, strings_can_be_null=True)
        )
        who = pa.array([text.split("-")[1] for text in rows["rec_id"].to_pylist()])
        sides = pa.array([side] * rows.num_rows)
        parts.append(rows.drop_columns(["rec_id"]).append_column("who", who).append_column("side", sides))
    return _written(file, pa.concat_tables(parts))


def chinese(rows: int) -> Path:
    file = environments.BUILD / f"duplicates_chinese_{rows}.parquet"
    if file.exists():
        return file
    made = Generator(seed=7).make(rows).rename_columns(["who", *Generator(7).make(1).column_names[1:]])
    return _written(file, made.append_column("side", pa.array([0] * rows)))


def _written(file: Path, table: pa.Table) -> Path:
    environments.BUILD.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, file)
    return file


def compare(name: str, file: Path, rounds: int, peers: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row for each side: medians of seconds, what it found, and its peak memory."""
    sides: dict[str, list[dict[str, Any]]] = {side: [] for side in ("zhiyin", *peers)}
    for _ in range(rounds):
        for side, runs in sides.items():
            python = sys.executable if side == "zhiyin" else environments.python_of("linkage")
            runs.append(environments.run(python, f"duplicates_{side}", file))
    rows = []
    for side, runs in sides.items():
        seconds, busy = (environments.medians(runs, kind)["duplicates"] for kind in ("seconds", "processor"))
        row = {"set": name, "side": side, "seconds": seconds, "processor": busy}
        row |= runs[0]["facts"] | {"peak_mb": max(run["peak_mb"] for run in runs)}
        rows.append(row)
        print(
            f"{name:<16} {side:<14} precision {row['precision']:.4f} recall {row['recall']:.4f} "
            f"{seconds:8.1f} s ({busy:.1f}) {row['peak_mb']:6.0f} MB",
            flush=True,
        )
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--chinese", type=int, nargs="*", default=[10_000])
    options.add_argument("--no-peers", action="store_true")
    chosen = options.parse_args()
    peers = () if chosen.no_peers else ("recordlinkage", "splink")
    rows = [row for name in FEBRL for row in compare(name, febrl(name), chosen.rounds, peers)]
    for size in chosen.chinese:
        rows += compare(f"chinese {size:,}", chinese(size), chosen.rounds, ())
    environments.save("duplicates", rows)


if __name__ == "__main__":
    main()
