"""Measurements for Prometheus, summed over the web server's processes.

prometheus-client chooses where values live when it is imported: in memory, or in files of a folder that
several processes share. The web server's entry points call ``share`` before anything else.
"""

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = f"zhiyin-metrics-{os.getuid()}-" if hasattr(os, "getuid") else "zhiyin-metrics-"
_BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def share() -> None:
    """Keep values in a folder shared with the other processes of the same parent."""
    if _FOLDER in os.environ:
        return
    root = Path(tempfile.gettempdir())
    for old in root.glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(old.name.removeprefix(_PREFIX))):
            shutil.rmtree(old, ignore_errors=True)
    folder = root / f"{_PREFIX}{os.getppid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[_FOLDER] = str(folder)


class _Metrics:
    """The measurements themselves, made at first use."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self.requests = Counter("zhiyin_requests", "Requests answered.", ["method", "route", "status"])
        self.seconds = Histogram(
            "zhiyin_request_seconds", "Time to answer.", ["method", "route"], buckets=_BUCKETS
        )
        self.streams = Gauge("zhiyin_event_streams", "Open event streams.", multiprocess_mode="livesum")
        self.slow_streams = Counter("zhiyin_event_streams_dropped", "Streams dropped because too slow.")


_made: _Metrics | None = None
_making = threading.Lock()


def _metrics() -> _Metrics:
    global _made  # noqa: PLW0603 - one set a process, made after share()
    if _made is None:
        # the first requests come on several threads, and a metric registers once
        with _making:
            _made = _made or _Metrics()
    return _made


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    made = _metrics()
    made.requests.labels(method, route, str(status)).inc()
    made.seconds.labels(method, route).observe(seconds)


@contextlib.contextmanager
def open_stream() -> Iterator[None]:
    """Counts an open event stream."""
    gauge = _metrics().streams
    gauge.inc()
    try:
        yield
    finally:
        gauge.dec()


def dropped_stream() -> None:
    _metrics().slow_streams.inc()


def exposition() -> bytes:
    """All measurements in Prometheus' text format: of all processes, and of the database."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess

    _metrics()
    database = CollectorRegistry()
    database.register(_Database())
    if folder := os.environ.get(_FOLDER):
        _forget_dead(Path(folder))
        processes = CollectorRegistry()
        multiprocess.MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    else:
        processes = REGISTRY
    return generate_latest(processes) + generate_latest(database)


def _forget_dead(folder: Path) -> None:
    """A process that is gone has no open streams; what it counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        if not psutil.pid_exists(int(file.stem.rsplit("_", 1)[1])):
            file.unlink(missing_ok=True)


class _Database:
    """What the database knows, read when asked."""

    def collect(self) -> Iterator[Any]:
        from django.db import connection
        from django.utils import timezone
        from prometheus_client.core import GaugeMetricFamily

        with connection.cursor() as cursor:
            cursor.execute("SELECT kind, state, jobs FROM jobs_count()")
            jobs = GaugeMetricFamily("zhiyin_jobs", "Jobs by kind and state.", labels=["kind", "state"])
            for kind, state, count in cursor.fetchall():
                jobs.add_metric([kind, state], count)
            yield jobs
            cursor.execute("SELECT pending, dead, extract(epoch FROM now() - oldest) FROM outbox_backlog()")
            pending, dead, age = cursor.fetchone()
            yield GaugeMetricFamily("zhiyin_outbox_pending", "Deliveries to be made.", value=pending)
            yield GaugeMetricFamily("zhiyin_outbox_dead", "Deliveries given up.", value=dead)
            lag = max(float(age or 0), 0.0)
            yield GaugeMetricFamily("zhiyin_outbox_lag_seconds", "How long the oldest is due.", value=lag)
            cursor.execute("SELECT seen_at FROM platform_worker ORDER BY seen_at DESC LIMIT 1")
            row = cursor.fetchone()
        silence = (timezone.now() - row[0]).total_seconds() if row else float("inf")
        yield GaugeMetricFamily(
            "zhiyin_worker_silence_seconds", "Since a worker was last seen.", value=silence
        )
