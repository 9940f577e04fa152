"""The worker process: jobs, what runs by the clock, the outbox and the audit log's seal.

It ends within three seconds of SIGTERM: running jobs are asked to stop at their next step and go back to the
queue; one that does not listen is left behind with the process, and taken up again, or marked failed, by the
next worker.
"""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app as queue_app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from zhiyin.platform import clock, outbox, relay
from zhiyin.platform.audit import log as audit
from zhiyin.platform.jobs import queue, resume
from zhiyin.platform.jobs.run import stopping
from zhiyin.platform.models import Worker

Result = TypeVar("Result")
log = structlog.get_logger("zhiyin.worker")
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
SWEEP_SECONDS = 60.0
SEAL_SECONDS = 1.0
GRACE_SECONDS = 2.0
LAST_SECONDS = 2.7
BACK_OFF = (0.2, 1.0, 3.0, 10.0)


def run(*, concurrency: int = 2) -> int:
    """Work until SIGTERM or SIGINT; the exit code. ``concurrency`` jobs run at once."""
    stopping.clear()
    return asyncio.run(_Worker(concurrency).run())


class _Worker:
    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self.row = Worker(host=socket.gethostname()[:200], pid=os.getpid(), started_at=timezone.now())
        self.stop = asyncio.Event()
        self.to_deliver: set[uuid.UUID] = set()
        self.to_seal: set[uuid.UUID] = set()
        self.news = asyncio.Event()
        # one thread each, so that each keeps its connection
        self.relay_thread = ThreadPoolExecutor(1, "outbox")
        self.chores_thread = ThreadPoolExecutor(1, "chores")

    async def run(self) -> int:
        self._watch_signals()
        log.info("worker.started", pid=self.row.pid, concurrency=self.concurrency)
        loops = [self._jobs, self._listen, self._deliver, self._seal, self._sweep, self._heartbeat]
        tasks = [asyncio.create_task(self._forever(loop)) for loop in loops]
        await self.stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._in(self.chores_thread, self._say_goodbye)
        log.info("worker.ended", pid=self.row.pid)
        return 0

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)

    def _end(self) -> None:
        if self.stop.is_set():
            return
        stopping.set()
        self.stop.set()
        # a thread cannot be ended from outside: what does not listen goes down with the process
        last = threading.Timer(LAST_SECONDS, os._exit, [0])
        last.daemon = True
        last.start()

    async def _forever(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop again when it fails, most often because the database is away."""
        failures = 0
        while not self.stop.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await loop()
            except (psycopg.Error, DatabaseError, InterfaceError, ConnectorException, OSError) as error:
                log.warning("worker.database_away", loop=loop.__name__, error=type(error).__name__)
            except Exception:
                log.exception("worker.loop_failed", loop=loop.__name__)
            if asyncio.get_running_loop().time() - started > 60:
                failures = 0
            await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
            failures += 1

    async def _jobs(self) -> None:
        # a second app beside Django's: what a job itself starts still goes through its own transaction
        worker_app: App = queue_app.with_connector(PsycopgConnector(kwargs=connector_params()))
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                queues=[queue.QUEUE, clock.QUEUE],
                concurrency=self.concurrency,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                delete_jobs="always",
            )

    async def _listen(self) -> None:
        params = connector_params()
        async with await psycopg.AsyncConnection.connect(**params, autocommit=True) as line:
            await line.execute(f"LISTEN {outbox.CHANNEL}")
            await self._find_work()
            async for notification in line.notifies():
                self._mark(uuid.UUID(notification.payload))

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._find_work()

    async def _find_work(self) -> None:
        def look() -> tuple[list[uuid.UUID], list[uuid.UUID]]:
            return relay.due_tenants(), audit.unsealed_tenants()

        due, unsealed = await self._in(self.chores_thread, look)
        self.to_deliver.update(due)
        self.to_seal.update(unsealed)
        self.news.set()

    def _mark(self, tenant_id: uuid.UUID) -> None:
        self.to_deliver.add(tenant_id)
        self.to_seal.add(tenant_id)
        self.news.set()

    async def _deliver(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            while self.to_deliver:
                tenant_id = self.to_deliver.pop()
                if await self._in(self.relay_thread, relay.deliver, tenant_id):
                    self.to_deliver.add(tenant_id)

    async def _seal(self) -> None:
        while True:
            await asyncio.sleep(SEAL_SECONDS)
            while self.to_seal:
                tenant_id = self.to_seal.pop()
                await self._in(self.chores_thread, _seal, tenant_id)

    async def _heartbeat(self) -> None:
        while True:
            await self._in(self.chores_thread, self._beat)
            await self._in(self.chores_thread, lambda: resume.sweep(stalled_seconds=STALLED_SECONDS))
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _beat(self) -> None:
        self.row.seen_at = timezone.now()
        self.row.save()

    def _say_goodbye(self) -> None:
        with contextlib.suppress(DatabaseError, InterfaceError):
            Worker.objects.filter(pk=self.row.pk).delete()
        connection.close()

    async def _in(
        self, thread: ThreadPoolExecutor, function: Callable[..., Result], *arguments: object
    ) -> Result:
        def call() -> Result:
            try:
                return function(*arguments)
            except (DatabaseError, InterfaceError):
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(thread, call)


def _seal(tenant_id: uuid.UUID) -> int:
    return audit.seal(tenant_id, now=timezone.now())
