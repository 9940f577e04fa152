"""An environment of its own for each peer, made by uv under build/bench, and medians of their runs."""

import json
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
PACKAGES = {
    "lifetimes": ["lifetimes==0.11.3", "pandas<2.2", "numpy<2", "scipy<1.14", "setuptools<81", "pyarrow<20"],
    "pymc": ["pymc-marketing==0.19.2", "pyarrow"],
    "frames": ["pandas>=3", "polars>=2", "duckdb>=2", "pyarrow"],
    "linkage": ["recordlinkage==0.16", "splink==5.0.0", "pandas<3", "pyarrow"],
}


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, which is made when missing."""
    home = BUILD / name
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        subprocess.run(["uv", "venv", "-q", "--clear", "--python", "3.11", home], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "--python", python, *PACKAGES[name]], check=True)
        ready.touch()
    return python


def run(python: Path | str, side: str, *arguments: object) -> dict[str, Any]:
    """The last line that a module of this folder prints, as JSON."""
    done = subprocess.run(
        [str(python), "-m", f"bench.peers.{side}", *map(str, arguments)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def medians(rounds: list[dict[str, Any]], kind: str = "seconds") -> dict[str, float]:
    """Median seconds per task over interleaved rounds, of the clock or ("processor") of the processor."""
    times = defaultdict(list)
    for found in rounds:
        for task, seconds in found[kind].items():
            times[task].append(seconds)
    return {task: statistics.median(values) for task, values in times.items()}


def save(name: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows to build/bench/<name>.json."""
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / f"{name}.json").write_text(json.dumps(rows, indent=1))
