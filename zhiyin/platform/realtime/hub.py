"""One listening connection for a whole process, and the open streams that it feeds."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from zhiyin.platform import metrics
from zhiyin.platform.realtime.publish import CHANNEL

log = structlog.get_logger("zhiyin.realtime")
QUEUE_SIZE = 100
BACK_OFF = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
Key = tuple[str, str]
Connect = Callable[[], Awaitable[AsyncConnection[Any]]]


def keys(tenant: str, topics: Iterable[str]) -> list[Key]:
    return [(tenant, topic) for topic in topics]


class Client:
    """One open stream. ``closing`` is set when it is to end after what its queue still holds."""

    def __init__(self, tenant: str, topics: Iterable[str]) -> None:
        self.keys = keys(tenant, topics)
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_SIZE)

    def put(self, message: str) -> bool:
        """False when the client is too slow: it has then been told to load anew, and to come again."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.empty()
            self.reload()
            self.close()
            return False
        return True

    def reload(self) -> None:
        """Tell the page that news may have been lost on each of its topics."""
        for _tenant, topic in self.keys:
            with contextlib.suppress(asyncio.QueueFull):
                self.queue.put_nowait(message(topic, {"reload": True}))

    def close(self) -> None:
        """End the stream, dropping what does not fit."""
        if self.queue.full():
            self.empty()
        self.queue.put_nowait(None)

    def empty(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Hub:
    """Carries notifications to the clients that watch their topic."""

    def __init__(self, connect: Connect) -> None:
        self.connect = connect
        self.clients: set[Client] = set()
        self.listening = asyncio.Event()
        self.dropped = 0
        self._by_key: dict[Key, set[Client]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, tenant: str, topics: Iterable[str]) -> Client:
        client = Client(tenant, topics)
        self.clients.add(client)
        for key in client.keys:
            self._by_key[key].add(client)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return client

    def unsubscribe(self, client: Client) -> None:
        self.clients.discard(client)
        for key in client.keys:
            self._by_key[key].discard(client)
            if not self._by_key[key]:
                del self._by_key[key]

    async def close(self) -> None:
        """End all streams and the listening connection."""
        for client in self.clients:
            client.close()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async with await self.connect() as line:
                    await line.execute(f"LISTEN {CHANNEL}")
                    self.listening.set()
                    if failures:
                        self._all_reload()
                    failures = 0
                    async for notification in line.notifies():
                        self._spread(notification.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("realtime.database_away", error=type(error).__name__)
            self.listening.clear()
            await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
            failures += 1

    def _spread(self, payload: str) -> None:
        notice = json.loads(payload)
        clients = self._by_key.get((notice["tenant"], notice["topic"]))
        if not clients:
            return
        text = message(notice["topic"], notice["data"])
        for client in list(clients):
            if not client.put(text):
                self.dropped += 1
                metrics.dropped_stream()
                self.unsubscribe(client)

    def _all_reload(self) -> None:
        for client in list(self.clients):
            client.reload()


def message(topic: str, data: dict[str, Any]) -> str:
    """One server-sent event."""
    text = json.dumps({"topic": topic, "data": data}, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n"
