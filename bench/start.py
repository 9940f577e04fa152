"""From `zhiyin serve` to the first page, and what the whole product holds when idle.

    python -m bench.start [--rounds 3] [--idle 20]

Each round has a new data folder and no compiled Python: the first start makes both, the later one opens them. Wall-clock
seconds until the sign-in page is there; processor seconds of all processes until then, PostgreSQL included;
proportional set size (a page shared by n processes counts 1/n in each) after `--idle` seconds.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from zhiyin.platform.postgres import Cluster

MB = 1 << 20


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def processes(home: Path, product: psutil.Process) -> Iterator[psutil.Process]:
    """The product's processes and those of its database, which has a parent of its own."""
    yield product
    yield from product.children(recursive=True)
    for process in psutil.process_iter():
        try:
            if "supervisor.py" in " ".join(process.cmdline()) and str(home) in process.cmdline()[-1]:
                yield process
                yield from process.children(recursive=True)
        except (psutil.Error, IndexError):
            continue


def processor(home: Path, product: psutil.Process) -> float:
    """Seconds, those of children that ended included."""
    times = [process.cpu_times() for process in processes(home, product)]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def memory(home: Path, product: psutil.Process) -> dict[str, int]:
    """Megabytes by part."""
    parts = {"postgres": 0, "web": 0, "worker": 0, "keepers": 0}
    for process in processes(home, product):
        command = " ".join(process.cmdline())
        marks = {"postgres:": "postgres", "bin/postgres -D": "postgres", "config.asgi": "web"}
        marks |= {"multiprocessing": "web", "config.worker": "worker"}
        part = next((part for mark, part in marks.items() if mark in command), "keepers")
        parts[part] += process.memory_full_info().pss
    return {part: size // MB for part, size in parts.items()}


def start(home: Path, idle: float) -> tuple[float, float, dict[str, int]]:
    """Wall-clock and processor seconds to the first page, and the idle memory."""
    port = free_port()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("ZHIYIN_", "PYTHON"))
    }
    own = {
        "ZHIYIN_HOME": str(home),
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
        "ZHIYIN_LOG_LEVEL": "WARNING",
    }
    begun = time.monotonic()
    command = [sys.executable, "-m", "zhiyin", "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**inherited, **own}, stdout=subprocess.DEVNULL) as served:
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=60).close()
                    break
                except OSError:
                    time.sleep(0.01)
            wall = time.monotonic() - begun
            product = psutil.Process(served.pid)
            used = processor(home, product)
            time.sleep(idle)
            return wall, used, memory(home, product)
        finally:
            served.terminate()
            served.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20)
    arguments = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {"first": [], "later": []}
    for _ in range(arguments.rounds):
        home = Path(tempfile.mkdtemp(prefix="zhiyin-start-"))
        home.chmod(0o711)
        try:
            for which, results in found.items():
                load = os.getloadavg()[0]
                wall, used, held = start(home, arguments.idle)
                results.append((wall, used))
                parts = ", ".join(f"{part} {size}" for part, size in held.items())
                print(
                    f"{which}: {wall:.1f} s, processor {used:.1f} s, load {load:.1f};"
                    f" idle {sum(held.values())} MB ({parts})",
                    flush=True,
                )
        finally:
            Cluster(home / "postgres").destroy()
            shutil.rmtree(home, ignore_errors=True)
    for which, results in found.items():
        walls, useds = zip(*results, strict=True)
        print(f"{which}: median {statistics.median(walls):.1f} s, processor {statistics.median(useds):.1f} s")


if __name__ == "__main__":
    main()
