"""``GET /events/?topics=job:<id>,tenant``: a stream of server-sent events for a signed-in browser."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, TypeVar

import structlog
from django.db import close_old_connections, reset_queries
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from zhiyin.platform import metrics
from zhiyin.platform.actors import Actor
from zhiyin.platform.realtime.hub import Client, Hub, keys
from zhiyin.platform.realtime.topics import allowed

log = structlog.get_logger("zhiyin.realtime")
PING_SECONDS = 15.0
PINGS_BETWEEN_CHECKS = 4
SEND_SECONDS = 20.0
MOST_CLIENTS = 2_000
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
# From a session cookie's value to the person it stands for; runs in a thread, with the database.
Authenticate = Callable[[str], Actor | None]
Result = TypeVar("Result")


class Events:
    """The ASGI application; one instance a process."""

    PATH = "/events/"

    def __init__(self, authenticate: Authenticate, *, cookie: str, database: dict[str, Any]) -> None:
        self._authenticate = authenticate
        self._cookie = cookie
        self._threads = ThreadPoolExecutor(2, "events")
        self.hub = Hub(lambda: AsyncConnection.connect(**database, autocommit=True))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal:
            await refusal(scope, receive, send)
            return
        session = request.cookies.get(self._cookie, "")
        wanted = request.query_params.get("topics", "").split(",")
        actor, topics = await self._in_thread(self._admit, session, wanted)
        if actor is None or not topics:
            status = 401 if actor is None else 404
            await PlainTextResponse("", status_code=status)(scope, receive, send)
            return
        client = self.hub.subscribe(str(actor.tenant_id), topics)
        try:
            with metrics.open_stream():
                await self._stream(client, session, wanted, receive, send)
        finally:
            self.hub.unsubscribe(client)

    def _refusal(self, request: Request) -> PlainTextResponse | None:
        if request.method != "GET":
            return PlainTextResponse("", status_code=405, headers={"Allow": "GET"})
        if len(self.hub.clients) >= MOST_CLIENTS:
            return PlainTextResponse("", status_code=503, headers={"Retry-After": "30"})
        return None

    async def _stream(
        self, client: Client, session: str, wanted: list[str], receive: Receive, send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        # what happened between the page's rendering and now
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.hub.listening.wait(), PING_SECONDS)
        client.reload()
        gone = asyncio.create_task(_disconnected(receive))
        feeding = asyncio.create_task(self._feed(client, session, wanted, send))
        try:
            await asyncio.wait({gone, feeding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            feeding.cancel()
            await asyncio.gather(gone, feeding, return_exceptions=True)

    async def _feed(self, client: Client, session: str, wanted: list[str], send: Send) -> None:
        pings = 0
        while True:
            try:
                text = await asyncio.wait_for(client.queue.get(), PING_SECONDS)
            except TimeoutError:
                text, pings = ": ping\n\n", pings + 1
                if pings % PINGS_BETWEEN_CHECKS == 0 and not await self._still(client, session, wanted):
                    text = None
            body = (text or "").encode()
            more = {"type": "http.response.body", "body": body, "more_body": text is not None}
            await asyncio.wait_for(send(more), SEND_SECONDS)
            if text is None:
                return

    async def _still(self, client: Client, session: str, wanted: list[str]) -> bool:
        """Whether the session may still watch all that the stream carries, in the same company."""
        actor, topics = await self._in_thread(self._admit, session, wanted)
        return actor is not None and client.keys == keys(str(actor.tenant_id), topics)

    def _admit(self, session: str, wanted: list[str]) -> tuple[Actor | None, list[str]]:
        actor = self._authenticate(session) if session else None
        return actor, allowed(actor, wanted) if actor else []

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        def call() -> Result:
            close_old_connections()
            try:
                return function(*arguments)
            finally:
                reset_queries()

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def end_in_time(hub: Hub, seconds: float) -> None:
    """Make SIGTERM end the streams at once, and the process after ``seconds`` whatever it still does.

    To be called in the server's event loop. Servers wait for open requests before they tell an application
    that they end, and a thread that waits for the rest of a request cannot be ended from outside.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(lambda: loop.create_task(hub.close()))
        last = threading.Timer(seconds, os._exit, [0])
        last.daemon = True
        last.start()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, end)
