"""Pages at a million customers and ten million events, signed in, under row-level security and permissions.

    python -m bench.pages [--seconds 8] [--requests 200]

Needs the tenant of ``bench.scale``. Prints server time of list, search and record pages at one connection, the same
page 10,000 pages on, the same rows by hand-written SQL without security, pages a second at eight connections, memory.
"""

import argparse
import contextlib
import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import psutil
import psycopg

from bench.scale import EMAIL, GIVEN, HOME, SURNAMES, TENANT, settings
from zhiyin.platform.postgres.cluster import Cluster

WEB = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning",
    "zhiyin.config.wsgi:application",
]  # fmt: skip


def sign_in() -> str:
    """A session of the administrator; its cookie."""
    import django

    django.setup()
    from django.conf import settings as django_settings
    from django.db import connections
    from django.test import Client

    from zhiyin.accounts import access
    from zhiyin.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=EMAIL))
    session = client.session
    session[access.TENANT_KEY] = str(TENANT)
    session.save()
    connections.close_all()
    return f"{django_settings.SESSION_COOKIE_NAME}={session.session_key}"


def position(con: psycopg.Connection, page: int) -> str:
    """The token that leads to a page of the list sorted by name."""
    from zhiyin.platform.paging import position_token

    row = con.execute(
        "SELECT name_key, id FROM customers_customer WHERE tenant_id = %s ORDER BY name_key, id OFFSET %s LIMIT 1",
        [TENANT, 50 * (page - 1) - 1],
    ).fetchone()
    assert row
    return position_token(row)


@contextlib.contextmanager
def serving(workers: int, threads: int) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen([*WEB, *options, "--blocking-threads", str(threads)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


class Browser:
    """One connection with a session."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie, "Accept-Language": "zh-CN"}

    def get(self, path: str) -> float:
        """Milliseconds until the whole answer is here."""
        started = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        spent = 1000 * (time.perf_counter() - started)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
        return spent


def report(name: str, times: list[float]) -> None:
    cuts = statistics.quantiles(times, n=20)
    print(f"| {name} | {statistics.median(times):.1f} | {cuts[18]:.1f} | {max(times):.1f} |", flush=True)


def latencies(browser: Browser, con: psycopg.Connection, requests: int) -> None:
    dice = random.Random(7)
    ids = [
        row[0]
        for row in con.execute(
            "SELECT id FROM customers_customer WHERE tenant_id = %s ORDER BY hashtextextended(code, 5) LIMIT 500",
            [TENANT],
        ).fetchall()
    ]
    (busy,) = con.execute(
        "SELECT customer_id FROM commerce_order WHERE tenant_id = %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
        [TENANT],
    ).fetchone()  # type: ignore[misc]
    deep = position(con, 10_000)

    def name() -> str:
        return dice.choice(SURNAMES) + dice.choice(GIVEN)

    kinds: dict[str, Callable[[], str]] = {
        "list, page 1": lambda: "/customers/",
        "list, page 10,000": lambda: f"/customers/?after={deep}",
        "list by value": lambda: "/customers/?sort=-value",
        "list by spend": lambda: "/customers/?sort=-spend",
        "list of one status": lambda: "/customers/?status=loyal",
        "list of orders": lambda: "/orders/",
        "record": lambda: f"/customers/{dice.choice(ids)}/",
        "record of the busiest": lambda: f"/customers/{busy}/",
        "search, name fragment": lambda: f"/customers/?q={name()}",
        "search, one character": lambda: f"/customers/?q={dice.choice(SURNAMES)}",
        "search, pinyin": lambda: f"/customers/?q={dice.choice(['wangwei', 'zhangna', 'lifang', 'chenjie'])}",
        "search, initials": lambda: f"/customers/?q={dice.choice(['wxm', 'lzh', 'zgq', 'cjy'])}",
        "search, end of a number": lambda: f"/customers/?q={dice.randrange(10**5, 10**6)}",
        "command palette": lambda: f"/search/?q={name()}",
    }
    print("| page | p50 ms | p95 ms | worst ms |\n|---|---|---|---|")
    for kind, path in kinds.items():
        for _ in range(5):
            browser.get(_quoted(path()))
        report(kind, [browser.get(_quoted(path())) for _ in range(requests)])


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?=&-_")


def by_hand(con: psycopg.Connection, requests: int) -> None:
    """What the database alone needs for the same rows, as a role that no policy holds back."""
    from zhiyin.platform import search

    found = search.query(TENANT, "王伟")
    assert found
    columns = "c.id, c.code, c.name, c.status, m.name, v.orders, v.spend, v.last_at, v.value, v.alive"
    joins = (
        "customers_customer c LEFT JOIN analytics_customervalue v ON v.customer_id = c.id"
        " LEFT JOIN accounts_member m ON m.id = c.owner_id"
    )
    statements = {
        "SQL by hand: list": (
            f"SELECT {columns} FROM {joins} WHERE c.tenant_id = %s ORDER BY c.name_key, c.id LIMIT 51", [TENANT],
        ),
        "SQL by hand: OFFSET 500,000": (
            f"SELECT {columns} FROM {joins} WHERE c.tenant_id = %s ORDER BY c.name_key, c.id OFFSET 500000 LIMIT 51",
            [TENANT],
        ),
        "SQL by hand: LIKE": (
            f"SELECT {columns} FROM {joins} WHERE c.tenant_id = %s AND c.name LIKE %s ORDER BY c.name_key, c.id LIMIT 51",
            [TENANT, "%王伟%"],
        ),
        "SQL by hand: tokens": (
            f"SELECT {columns} FROM {joins} JOIN customers_customersearch s ON s.customer_id = c.id"
            " WHERE s.tokens @> %s::int[] AND s.text LIKE ALL (%s) ORDER BY c.name_key, c.id LIMIT 51",
            [found.tokens, found.patterns],
        ),
    }  # fmt: skip
    for name, (sql, params) in statements.items():
        times = []
        for _ in range(max(10, requests // 10)):
            started = time.perf_counter()
            con.execute(sql, params).fetchall()  # type: ignore[call-overload]
            times.append(1000 * (time.perf_counter() - started))
        report(name, times)


def cpu(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that these processes have used."""
    spent = 0.0
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += sum(each.cpu_times()[:2])
    return spent


def throughput(port: int, cookie: str, path: str, seconds: float, clients: int = 8) -> float:
    """Answers a second over several connections, asked from a process of its own."""
    command = [
        sys.executable,
        "-m",
        "bench.pages",
        "--load",
        str(port),
        cookie,
        path,
        str(seconds),
        str(clients),
    ]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def load(port: int, cookie: str, path: str, seconds: float, clients: int) -> float:
    counts = [0] * clients
    end = time.perf_counter() + seconds

    def ask(place: int) -> None:
        browser = Browser(port, cookie)
        while time.perf_counter() < end:
            browser.get(path)
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def memory(processes: list[psutil.Process]) -> float:
    """Megabytes that belong to these processes alone, shared ones counted once (proportional set size)."""
    return sum(each.memory_full_info().pss for each in processes) / (1 << 20)


def main() -> None:
    if sys.argv[1:2] == ["--load"]:
        address, cookie, path, seconds, clients = sys.argv[2:]
        print(load(int(address), cookie, path, float(seconds), int(clients)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        os.environ["ZHIYIN_LOG_LEVEL"] = "WARNING"
        cookie = sign_in()
        superuser = psycopg.connect(cluster.superuser_url("zhiyin"))
        with serving(workers=1, threads=2) as (port, _server):
            latencies(Browser(port, cookie), superuser, options.requests)
        by_hand(superuser, options.requests)
        superuser.close()
        with serving(workers=2, threads=2) as (port, server):
            web = memory([server, *server.children(recursive=True)])
            # every worker compiles templates and translations at its first request
            throughput(port, cookie, "/customers/", options.seconds)
            for name, path in {"list": "/customers/", "record": f"/customers/{_some_customer()}/"}.items():
                before = cpu(server.children(recursive=True)), cpu(_backends())
                rate = throughput(port, cookie, path, options.seconds)
                spent = cpu(server.children(recursive=True)) - before[0], cpu(_backends()) - before[1]
                web_ms, sql_ms = (1000 * each / (rate * options.seconds) for each in spent)
                print(
                    f"{name} pages a second, 8 connections, 2 workers: {rate:.0f};"
                    f" processor time a page: {web_ms:.1f} ms web, {sql_ms:.1f} ms database",
                    flush=True,
                )
            after = memory([server, *server.children(recursive=True)])
            print(f"web processes: {web:.0f} MB at first, {after:.0f} MB after load")


def _backends() -> list[psutil.Process]:
    """The database's processes that serve connections."""
    pid = int((HOME / "postgres").rglob("postmaster.pid").__next__().read_text().split("\n")[0])
    return psutil.Process(pid).children()


def _some_customer() -> uuid.UUID:
    from zhiyin.customers.models import Customer
    from zhiyin.platform.tenancy import scope

    with scope(TENANT):
        found: uuid.UUID = Customer.objects.order_by("name_key", "id").values_list("pk", flat=True)[100:101][
            0
        ]
        return found


if __name__ == "__main__":
    main()
