"""Which web server, which interface: requests a second and latency of one signed-in page.

    python -m bench.web_server [--path /customers/] [--seconds 6] [--rounds 3] [--connections 8]

Needs ``wrk``. Every variant serves the same page from the same database in interleaved rounds;
medians are printed.
"""

import argparse
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

GRANIAN = [
    sys.executable,
    "-m",
    "granian",
    "--no-ws",
    "--log-level",
    "warning",
    "--workers-kill-timeout",
    "3",
]
UVICORN = [sys.executable, "-m", "uvicorn", "--log-level", "error", "--no-access-log", "--lifespan", "off"]
VARIANTS: dict[str, list[str]] = {
    "granian WSGI": [
        *GRANIAN,
        "--interface",
        "wsgi",
        "zhiyin.config.wsgi:application",
        "--blocking-threads",
        "4",
    ],
    "granian ASGI, pages through a2wsgi": [
        *GRANIAN,
        "--interface",
        "asginl",
        "zhiyin.config.asgi:application",
    ],
    "uvicorn ASGI, pages through a2wsgi": [*UVICORN, "zhiyin.config.asgi:application"],
    "uvicorn WSGI": [*UVICORN, "--interface", "wsgi", "zhiyin.config.wsgi:application"],
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", default="/customers/")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", default="", help="part of the names of those to measure")
    parser.add_argument("--least-bytes", type=int, default=5_000, help="a shorter answer is no page")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing, which asks for the pages: apt install wrk")
    home = Path(tempfile.mkdtemp(prefix="zhiyin-bench-"))
    try:
        from zhiyin.platform.postgres.cluster import Cluster

        with Cluster(home / "postgres", durable=False) as cluster:
            os.environ["ZHIYIN_HOME"] = str(home)
            os.environ["ZHIYIN_DATABASE_URL"] = cluster.application_url()
            os.environ["ZHIYIN_OWNER_DATABASE_URL"] = cluster.owner_url()
            os.environ["ZHIYIN_LOG_LEVEL"] = "WARNING"
            cookie = prepare()
            measure(options, cookie)
        cluster.destroy()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def prepare() -> str:
    """Migrate, make a company with rows for the lists, sign somebody in; the session cookie."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
    import django

    django.setup()
    from django.db import connections

    from tests.cast import company
    from zhiyin.customers.models import Customer
    from zhiyin.platform.schema import migrate

    migrate()
    cast = company("bench")
    with cast.scope():
        Customer.objects.bulk_create(
            Customer(
                code=f"C{n:05}",
                code_key=f"c{n:05}",
                name=f"客户 {n}",
                name_key=f"ke hu {n:05}",
                owner=cast.lin.member,
                unit=cast.lin.member.unit,
            )
            for n in range(2_000)
        )
    cast.gao.client.get("/customers/", SERVER_NAME="localhost")
    connections.close_all()
    # as a browser sends them: the session's and the forms' cookie
    return "; ".join(f"{name}={each.value}" for name, each in cast.gao.client.cookies.items())


def measure(options: argparse.Namespace, cookie: str) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS if options.only in name}
    for _round in range(options.rounds):
        for name, results in found.items():
            with serving(VARIANTS[name]) as (port, process):
                check(port, options, cookie)
                wrk(port, options, cookie, seconds=2)
                before = processor_seconds(process)
                result = wrk(port, options, cookie, seconds=options.seconds)
                result["cpu"] = 1000 * (processor_seconds(process) - before) / max(result.pop("requests"), 1)
                result["MB"] = memory(process)
                started = time.monotonic()
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                result["end"] = time.monotonic() - started
                results.append(result)
                print(name, result, file=sys.stderr, flush=True)
    print("| server | CPU ms a request | requests/s | p50 ms | p99 ms | MB | end s |")
    print("|---|---|---|---|---|---|---|")
    for name, results in found.items():
        middle = {key: statistics.median(result[key] for result in results) for key in results[0]}
        print(
            f"| {name} | {middle['cpu']:.2f} | {middle['rps']:.0f} | {middle['p50']:.1f} "
            f"| {middle['p99']:.1f} | {middle['MB']:.0f} | {middle['end']:.1f} |"
        )


@contextlib.contextmanager
def serving(command: list[str]) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port, process
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
        process.wait()


def check(port: int, options: argparse.Namespace, cookie: str) -> None:
    for _ in range(50):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", options.path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            size = len(answer.read())
            connection.close()
            if answer.status != 200 or size < options.least_bytes:
                raise SystemExit(f"{options.path} answered {answer.status} with {size} bytes")
            return
        time.sleep(0.2)
    raise SystemExit("the server does not answer")


def wrk(port: int, options: argparse.Namespace, cookie: str, *, seconds: int) -> dict[str, float]:
    text = subprocess.run(
        ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "--latency",
         "-H", f"Cookie: {cookie}", f"http://127.0.0.1:{port}{options.path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in text:
        raise SystemExit(text)
    return {
        "requests": float(re.search(r"(\d+) requests in", text)[1]),  # type: ignore[index]
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),  # type: ignore[index]
        "p50": milliseconds(text, "50%"),
        "p99": milliseconds(text, "99%"),
    }


def milliseconds(text: str, share: str) -> float:
    value, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def processor_seconds(process: "subprocess.Popen[bytes]") -> float:
    """Spent by the server so far; unlike requests a second it does not mind a busy machine."""
    top = psutil.Process(process.pid)
    times = [each.cpu_times() for each in [top, *top.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


def memory(process: "subprocess.Popen[bytes]") -> float:
    top = psutil.Process(process.pid)
    return sum(each.memory_full_info().pss for each in [top, *top.children(recursive=True)]) / 1e6


if __name__ == "__main__":
    main()
