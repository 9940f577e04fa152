"""Time tasks in one process and print seconds, results and peak memory as JSON.

Processor seconds are told beside those of the clock: on a machine that others use they are the fairer ones.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any


class Timing:
    """Seconds per task (the median of its runs) and whatever a task tells."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.facts: dict[str, Any] = {}

    def task(self, name: str, work: Callable[[], Any], runs: int = 3) -> Any:
        times, busy, result = [], [], None
        for _ in range(runs):
            start, started = time.perf_counter(), time.process_time()
            result = work()
            times.append(time.perf_counter() - start)
            busy.append(time.process_time() - started)
        self.seconds[name] = statistics.median(times)
        self.processor[name] = statistics.median(busy)
        return result

    def report(self) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            json.dumps(
                {
                    "seconds": self.seconds,
                    "processor": self.processor,
                    "peak_mb": peak,
                    "facts": self.facts,
                }
            )
        )
