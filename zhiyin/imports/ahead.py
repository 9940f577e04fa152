"""Work in a thread beside this one: a few steps ahead of its use, or a few behind its making."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import duckdb

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


def pour(consume: Callable[[Iterator[T]], None], items: Iterator[T], steps: int = 3) -> None:
    """Make the items here while ``consume`` works on them in a thread; an error on either side ends both."""
    ready: queue.Queue[T | _End[T]] = queue.Queue(steps)
    failure: list[BaseException] = []
    done = threading.Event()

    def each() -> Iterator[T]:
        while not isinstance(item := ready.get(), _End):
            yield item

    def work() -> None:
        try:
            consume(each())
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    def put(item: T | _End[T]) -> None:
        while not done.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        for item in items:
            put(item)
            if done.is_set():
                break
    finally:
        put(_End())
        thread.join()
    if failure:
        raise failure[0]


class Task:
    """Work of DuckDB in a thread, on a connection of its own."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        self._con = con
        self._done: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=[work], daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        try:
            work(self._con)
        except BaseException as error:
            self._done.set_exception(error)
        else:
            self._done.set_result(None)

    def result(self) -> None:
        """Wait for the end; raises what the work raised."""
        self._done.result()

    def interrupt(self) -> None:
        """End it early, and return when it has ended."""
        while self._thread.is_alive():
            self._con.interrupt()
            self._thread.join(0.05)
