"""Server-sent events: who gets what, many clients, a cut connection, a slow client, the end."""

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from zhiyin.platform import jobs, realtime
from zhiyin.platform.actors import Actor
from zhiyin.platform.realtime import asgi, hub
from zhiyin.platform.realtime.asgi import Events
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.usefixtures("committed")
TENANT, OTHER = uuid.uuid4(), uuid.uuid4()
PEOPLE = {
    "lin": Actor(tenant_id=TENANT, member_id=uuid.uuid4(), name="林岚"),
    "chen": Actor(tenant_id=TENANT, member_id=uuid.uuid4(), name="陈晨"),
    "stranger": Actor(tenant_id=OTHER, member_id=uuid.uuid4(), name="林岚"),
}


class Stream:
    """A browser's side of one stream."""

    def __init__(self, app: Events, who: str, topics: str) -> None:
        self.status = 0
        self.messages: list[dict[str, Any]] = []
        self.pings = 0
        self.block: asyncio.Event | None = None
        self.ended = False
        headers = [(b"cookie", f"zhiyin_session={who}".encode())]
        self._scope = {"type": "http", "method": "GET", "path": "/events/", "headers": headers}
        self._scope["query_string"] = f"topics={topics}".encode()
        self._left = asyncio.Event()
        self.task = asyncio.create_task(app(self._scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if self.block:
            await self.block.wait()
        for part in message["body"].decode().split("\n\n"):
            if part.startswith("data: "):
                self.messages.append(json.loads(part.removeprefix("data: ")))
            elif part.startswith(":"):
                self.pings += 1
        self.ended = not message.get("more_body", False)

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, 5)

    def news(self) -> list[dict[str, Any]]:
        return [message["data"] for message in self.messages if message["data"] != {"reload": True}]

    def reloads(self) -> int:
        return len(self.messages) - len(self.news())


@asynccontextmanager
async def application() -> AsyncIterator[Events]:
    app = Events(PEOPLE.get, cookie="zhiyin_session", database=connector_params())
    try:
        yield app
    finally:
        await app.hub.close()
        both = threading.Barrier(2)
        for done in [app._threads.submit(lambda: (both.wait(), connections.close_all())) for _ in range(2)]:
            done.result()
        app._threads.shutdown()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def tell(topic: str, data: dict[str, Any], tenant: uuid.UUID = TENANT) -> None:
    def send() -> None:
        with scope(tenant):
            realtime.notify(tenant, topic, data)
        connections.close_all()

    await asyncio.to_thread(send)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())


def test_news_reaches_the_members_of_its_tenant_and_nobody_else() -> None:
    async def scene() -> None:
        async with application() as app:
            lin, chen = Stream(app, "lin", "tenant"), Stream(app, "chen", "tenant")
            stranger = Stream(app, "stranger", "tenant")
            await until(lambda: lin.reloads() and chen.reloads() and stranger.reloads())
            await tell("tenant", {"title": "你好"})
            await until(lambda: lin.news() and chen.news())
            await tell("tenant", {"title": "other"}, OTHER)
            await until(stranger.news)
            assert lin.news() == chen.news() == [{"title": "你好"}]
            assert stranger.news() == [{"title": "other"}]
            for stream in (lin, chen, stranger):
                await stream.leave()
            assert not app.hub.clients

    run(scene)


@jobs.handler("tests.nothing_to_do")
def nothing(run: jobs.JobRun) -> None: ...


def test_a_topic_needs_the_right_to_what_it_tells_of() -> None:
    with scope(TENANT):
        job = jobs.start(
            actor=PEOPLE["lin"], kind="tests.nothing_to_do", title="…", now=timezone.now(), foreground=True
        )

    async def scene() -> None:
        async with application() as app:
            lin, nobody = Stream(app, "lin", f"job:{job.id}"), Stream(app, "", "tenant")
            chen, stranger = Stream(app, "chen", f"job:{job.id}"), Stream(app, "stranger", f"job:{job.id}")
            odd = Stream(app, "lin", "job:x,nonsense,member:1,%F0,")
            other_member = Stream(app, "lin", f"member:{PEOPLE['chen'].member_id}")
            await until(lambda: all(s.status for s in (lin, nobody, chen, stranger, odd, other_member)))
            statuses = [s.status for s in (lin, nobody, chen, stranger, odd, other_member)]
            assert statuses == [200, 401, 404, 404, 404, 404]
            await asyncio.to_thread(lambda: (jobs.run_now(job), connections.close_all()))
            await until(lambda: "succeeded" in [data.get("state") for data in lin.news()])
            await lin.leave()

    run(scene)


def test_two_hundred_clients_and_a_cut_connection() -> None:
    async def scene() -> None:
        async with application() as app:
            streams = [Stream(app, "lin" if n % 2 else "chen", "tenant") for n in range(200)]
            await until(lambda: all(stream.reloads() for stream in streams), 30)
            await tell("tenant", {"number": 1})
            await until(lambda: all(stream.news() == [{"number": 1}] for stream in streams))
            assert await asyncio.to_thread(listeners) == 1
            await asyncio.to_thread(cut)
            await until(lambda: all(stream.reloads() == 2 for stream in streams))
            await tell("tenant", {"number": 2})
            await until(lambda: all(stream.news() == [{"number": 1}, {"number": 2}] for stream in streams))
            for stream in streams:
                await stream.leave()
            assert not app.hub.clients
            assert not app.hub._by_key

    run(scene)


def listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN zhiyin_realtime'")
        count = cursor.fetchone()[0]
    connections.close_all()
    return int(count)


def cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN zhiyin_realtime'"
        )
        assert cursor.rowcount == 1
    connections.close_all()


def test_a_slow_client_is_told_to_reload_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "QUEUE_SIZE", 5)

    async def scene() -> None:
        async with application() as app:
            slow, quick = Stream(app, "lin", "tenant"), Stream(app, "chen", "tenant")
            await until(lambda: slow.reloads() and quick.reloads())
            slow.block = asyncio.Event()
            for number in range(20):
                await tell("tenant", {"number": number})
            await until(lambda: len(quick.news()) == 20)
            assert app.hub.dropped == 1
            assert len(app.hub.clients) == 1
            slow.block.set()
            await asyncio.wait_for(slow.task, 5)
            assert slow.ended
            assert slow.messages[-1]["data"] == {"reload": True}
            assert len(slow.news()) < 3
            await quick.leave()

    run(scene)


def test_a_client_that_takes_nothing_any_more_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "SEND_SECONDS", 0.1)

    async def scene() -> None:
        async with application() as app:
            stuck = Stream(app, "lin", "tenant")
            await until(stuck.reloads)
            stuck.block = asyncio.Event()
            await tell("tenant", {"number": 1})
            await asyncio.wait_for(stuck.task, 5)
            assert not app.hub.clients

    run(scene)


def test_a_quiet_stream_is_kept_alive_and_ends_when_the_session_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "PING_SECONDS", 0.05)
    people = dict(PEOPLE)
    monkeypatch.setitem(globals(), "PEOPLE", people)

    async def scene() -> None:
        async with application() as app:
            lin = Stream(app, "lin", "tenant")
            await until(lambda: lin.pings > 5)
            del people["lin"]
            await asyncio.wait_for(lin.task, 5)
            assert lin.ended

    run(scene)


@pytest.mark.parametrize("after", ["lin without all jobs", "stranger"])
def test_a_stream_ends_when_a_topic_or_the_company_is_lost(
    after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What remains must not keep alive what was withdrawn: the page comes again and is told what it may watch."""
    monkeypatch.setattr(asgi, "PING_SECONDS", 0.05)
    people = dict(PEOPLE)
    monkeypatch.setitem(globals(), "PEOPLE", people)
    people["lin without all jobs"] = PEOPLE["lin"]
    people["lin"] = replace(PEOPLE["lin"], permissions=frozenset({"jobs.view_all"}))
    with scope(TENANT):
        job = jobs.start(
            actor=PEOPLE["chen"], kind="tests.nothing_to_do", title="…", now=timezone.now(), foreground=True
        )

    async def scene() -> None:
        async with application() as app:
            topics = "tenant" if after == "stranger" else f"tenant,job:{job.id}"
            lin = Stream(app, "lin", topics)
            await until(lambda: lin.pings > 5)
            assert not lin.ended
            people["lin"] = people[after]
            await asyncio.wait_for(lin.task, 5)
            assert lin.ended

    run(scene)


def test_all_streams_end_when_the_hub_closes() -> None:
    async def scene() -> None:
        async with application() as app:
            streams = [Stream(app, "lin", "tenant") for _ in range(20)]
            await until(lambda: all(stream.reloads() for stream in streams))
            await app.hub.close()
            await asyncio.wait_for(asyncio.gather(*(stream.task for stream in streams)), 2)
            assert all(stream.ended for stream in streams)

    run(scene)


def test_news_too_long_for_the_database_becomes_a_request_to_reload() -> None:
    heard: list[str] = []
    listener = connections.create_connection("default")
    with listener.cursor() as cursor:
        cursor.execute("LISTEN zhiyin_realtime")
    with scope(TENANT):
        realtime.notify(TENANT, "tenant", {"text": "字" * 3000})
    heard = [notice.payload for notice in listener.connection.notifies(timeout=5, stop_after=1)]
    listener.close()
    assert json.loads(heard[0])["data"] == {"reload": True}


def test_news_of_a_transaction_that_fails_is_never_told() -> None:
    async def scene() -> None:
        async with application() as app:
            lin = Stream(app, "lin", "tenant")
            await until(lin.reloads)

            def fail() -> None:
                with pytest.raises(RuntimeError), scope(TENANT):
                    realtime.notify(TENANT, "tenant", {"number": 1})
                    raise RuntimeError
                connections.close_all()

            await asyncio.to_thread(fail)
            await tell("tenant", {"number": 2})
            await until(lin.news)
            assert lin.news() == [{"number": 2}]
            await lin.leave()

    run(scene)
