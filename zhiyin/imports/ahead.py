"""Work done in a thread a few steps ahead of its use."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _End(Generic[T]):
    error: BaseException | None = None


@contextmanager
def ahead(items: Iterator[T], steps: int = 3) -> Iterator[Iterator[T]]:
    """The same items, made by a thread that runs at most ``steps`` ahead; its errors arrive in their place."""
    ready: queue.Queue[T | _End[T]] = queue.Queue(steps)
    stop = threading.Event()

    def put(item: T | _End[T]) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def work() -> None:
        end: _End[T] = _End()
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
        except BaseException as error:
            end = _End(error)
        finally:
            if isinstance(items, Generator):
                items.close()
        put(end)

    def each() -> Iterator[T]:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error:
            raise item.error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield each()
    finally:
        stop.set()
        thread.join()
