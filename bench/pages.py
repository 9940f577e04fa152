"""Pages at a million customers and ten million events, signed in, under row-level security and permissions.

    python -m bench.pages [--seconds 8] [--requests 200] [--only load] [--cold]

Makes the tenant of ``bench.scale`` where it is missing; needs ``wrk`` (Debian: ``apt install wrk``). Prints the
time of list, search and record pages at one connection, the same page 10,000 pages on, the same rows by hand-written
SQL without security, pages a second with the processor time of each side, and the memory of the idle product.
Web server and its options are the product's own.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.scale import EMAIL, GIVEN, HOME, SURNAMES, TENANT, build, settings
from zhiyin.platform.postgres.cluster import Cluster

PARTS = ("pages", "sql", "load", "memory")


def sign_in(email: str = EMAIL) -> str:
    """A session of the administrator, or of another; its cookie."""
    from django.conf import settings as django_settings
    from django.db import connections
    from django.test import Client

    from zhiyin.accounts import access
    from zhiyin.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[psutil.Process]:
    """A server, once it answers."""
    process = psutil.Popen(command)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def serving(workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """The product's web processes."""
    from zhiyin.config import servers
    from zhiyin.config.environment import environment

    port = free_port()
    env = environment().model_copy(update={"web_workers": workers})
    with running(servers.web(env, "127.0.0.1", port).command, port) as process:
        yield port, process


class Browser:
    """One connection with a session; it keeps the cookie of forms, as browsers do."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie, "Accept-Language": "zh-CN"}
        self.connection.request("GET", "/jobs/", headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        for header in answer.headers.get_all("Set-Cookie", []):
            self.headers["Cookie"] += "; " + header.split(";")[0]

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


def forget(folder: Path) -> None:
    """Let the system drop from its memory what it has read of these files."""
    os.sync()
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def latencies(browser: Browser, con: psycopg.Connection, requests: int, only: str, cold: bool) -> None:
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
        "search, given name": lambda: f"/customers/?q={dice.choice(GIVEN)}{dice.choice(GIVEN)}",
        "search, one character": lambda: f"/customers/?q={dice.choice(SURNAMES)}",
        "search, pinyin": lambda: f"/customers/?q={dice.choice(['wangwei', 'zhangna', 'lifang', 'chenjie'])}",
        "search, initials": lambda: f"/customers/?q={dice.choice(['wxm', 'lzh', 'zgq', 'cjy'])}",
        "search, end of a number": lambda: f"/customers/?q={dice.randrange(10**5, 10**6)}",
        "command palette": lambda: f"/search/?q={name()}",
    }
    kinds |= {f"filter, {name}": _filter(nodes) for name, nodes in FILTERS.items()}
    kinds["filter, its form"] = lambda: "/customers/filters/?status=loyal"
    kinds["search, number of an order"] = lambda: f"/customers/?q={dice.randrange(10**5, 3 * 10**6)}"
    _measure(browser, kinds, requests, only, cold)


def sellers(browser: Browser, requests: int, only: str, cold: bool) -> None:
    """The same for somebody who sees his own customers alone, one in thirty."""
    dice = random.Random(7)
    kinds: dict[str, Callable[[], str]] = {
        "seller, list": lambda: "/customers/",
        "seller, search, name": lambda: f"/customers/?q={dice.choice(SURNAMES)}{dice.choice(GIVEN)}",
        "seller, search, pinyin": lambda: (
            f"/customers/?q={dice.choice(['wangwei', 'zhangna', 'lifang', 'chenjie'])}"
        ),
        "seller, search, initials": lambda: f"/customers/?q={dice.choice(['wxm', 'lzh', 'zgq', 'cjy'])}",
        "seller, search, end of a number": lambda: f"/customers/?q={dice.randrange(10**5, 10**6)}",
        "seller, search, one character": lambda: f"/customers/?q={dice.choice(SURNAMES)}",
        "seller, command palette": lambda: f"/search/?q={dice.choice(SURNAMES)}{dice.choice(GIVEN)}",
        "seller, filter, status": _filter([_asked("status", "in", ["loyal"])]),
    }
    _measure(browser, kinds, requests, only, cold)


def _asked(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _span(number: int, unit: str) -> dict[str, Any]:
    return {"number": number, "unit": unit}


_LOYAL = _asked("status", "in", ["loyal"])
FILTERS: dict[str, list[Any]] = {
    "status and last purchase": [_LOYAL, _asked("last", "older", _span(6, "month"))],
    "status or value": [{"match": "any", "of": [_LOYAL, _asked("value", "at_least", 5000)]}],
    "neither lost nor from the web": [
        {"match": "none", "of": [_asked("status", "in", ["lost"]), _asked("source", "in", ["web"])]}
    ],
    "three groups deep": [
        _asked("kind", "in", ["person"]),
        {
            "match": "any",
            "of": [
                _LOYAL,
                {"match": "all", "of": [_asked("spend", "at_least", 3000), _asked("alive", "at_least", 0.5)]},
            ],
        },
    ],
    "created in a week": [_asked("created", "between", ["2024-03-04", "2024-03-10"])],
    "value at the top": [_asked("value", "at_least", 50_000)],
    "RFM group": [_asked("group", "in", ["lost"])],
    "last order, live": [_asked("ordered_on", "older", _span(1, "year"))],
    "order number": [_asked("order_number", "in", ["123456"])],
    "part of a name": [_asked("name", "contains", "王伟")],
    "end of a phone": [_asked("phone", "in", ["13912345678"])],
    "relation": [_asked("relation", "has", {})],
    "words and status": [_asked("words", "find", "wxm"), _LOYAL],
    "city": [_asked("city", "in", ["上海"])],
    "bounded: part of a city that is none": [_asked("city", "contains", "无")],
}


def _filter(nodes: list[Any]) -> Callable[[], str]:
    from urllib.parse import quote

    text = quote(json.dumps({"of": nodes}, ensure_ascii=False))
    return lambda: f"/customers/?filter={text}"


def _measure(
    browser: Browser, kinds: dict[str, Callable[[], str]], requests: int, only: str, cold: bool
) -> None:
    for kind, path in kinds.items():
        if only not in kind:
            continue
        for _ in range(5):
            browser.get(_quoted(path()))
        if cold:
            forget(HOME / "postgres")
        report(kind, [browser.get(_quoted(path())) for _ in range(requests)])


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?=&-_%")


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


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that these processes have used."""
    spent = 0.0
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += sum(each.cpu_times()[:2])
    return spent


def wrk(port: int, cookie: str, path: str, seconds: float, connections: int) -> tuple[int, float, float]:
    """Answers, answers a second, and seconds of processor time that asking took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-H", f"Cookie: {cookie}"]
    text = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    number, rate = re.search(r"(\d+) requests in", text), re.search(r"Requests/sec:\s+([\d.]+)", text)
    if "Non-2xx" in text or not number or not rate:
        raise SystemExit(text)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(number[1]), float(rate[1]), spent


def throughput(cookie: str, seconds: float, connections: int) -> None:
    """Pages a second of two web processes, and what each side of the two cores did for a page."""
    with serving(workers=2) as (port, server):
        cookie = Browser(port, cookie).headers["Cookie"]
        print(f"web processes, before a request: {memory(family(server)):.0f} MB")
        # every worker compiles templates and plans statements at its first requests
        wrk(port, cookie, "/customers/", seconds, connections)
        print("| pages | a second | ms web | ms database | ms wrk |\n|---|---|---|---|---|")
        for name, path in {"list": "/customers/", "record": f"/customers/{_some_customer()}/"}.items():
            before = cpu(family(server)), cpu(_backends())
            pages, rate, asking = wrk(port, cookie, path, seconds, connections)
            spent = cpu(family(server)) - before[0], cpu(_backends()) - before[1], asking
            costs = " | ".join(f"{1000 * each / pages:.2f}" for each in spent)
            print(f"| {name} | {rate:.0f} | {costs} |", flush=True)
        print(f"web processes, after load: {memory(family(server)):.0f} MB")


def memory(processes: list[psutil.Process]) -> float:
    """Megabytes that belong to these processes alone, shared ones counted once (proportional set size)."""
    return sum(each.memory_full_info().pss for each in processes) / (1 << 20)


def idle() -> None:
    """Memory of ``zhiyin serve`` with its own PostgreSQL on the same tenant, half a minute after its start."""
    for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_OWNER_DATABASE_URL"):
        os.environ.pop(name)
    port = free_port()
    with running([sys.executable, "-m", "zhiyin", "serve", "--port", str(port)], port) as server:
        time.sleep(30)
        ours, database = memory(family(server)), memory([_postmaster(), *_backends()])
        print(f"idle product: {ours + database:.0f} MB, {database:.0f} of them PostgreSQL")


def _postmaster() -> psutil.Process:
    pid = next((HOME / "postgres").rglob("postmaster.pid")).read_text().split("\n")[0]
    return psutil.Process(int(pid))


def _backends() -> list[psutil.Process]:
    """The database's processes."""
    return _postmaster().children()


def _some_customer() -> uuid.UUID:
    from zhiyin.customers.models import Customer
    from zhiyin.platform.tenancy import scope

    with scope(TENANT):
        found: uuid.UUID = Customer.objects.order_by("name_key", "id").values_list("pk", flat=True)[100:101][
            0
        ]
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--kind", default="", help="only pages whose name has this, such as search")
    parser.add_argument(
        "--cold",
        action="store_true",
        help="the system has read nothing of the database before each kind of page",
    )
    options = parser.parse_args()
    parts = options.only or PARTS
    if "load" in parts and not shutil.which("wrk"):
        raise SystemExit("wrk is missing, which asks for pages a second: apt install wrk")
    print(f"load average at the beginning: {os.getloadavg()[0]:.1f}")
    with Cluster(HOME / "postgres", durable=False) as cluster:
        settings(cluster)
        os.environ["ZHIYIN_LOG_LEVEL"] = "WARNING"
        build(cluster, 1_000_000)
        cookie = sign_in()
        with psycopg.connect(cluster.superuser_url("zhiyin"), autocommit=True) as superuser:
            if "pages" in parts:
                with serving(workers=1) as (port, _server):
                    print("| page | p50 ms | p95 ms | worst ms |\n|---|---|---|---|")
                    latencies(Browser(port, cookie), superuser, options.requests, options.kind, options.cold)
                    seller = Browser(port, sign_in("m3@scale.example"))
                    sellers(seller, options.requests, options.kind, options.cold)
            if "sql" in parts:
                by_hand(superuser, options.requests)
        if "load" in parts:
            throughput(cookie, options.seconds, options.connections)
    if "memory" in parts:
        idle()
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
