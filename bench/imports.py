"""Half a million order lines into the embedded database: ours beside a bare COPY and Django's ``bulk_create``.

    python -m bench.imports [--rounds 3] [--file FILE] [--no-bulk]

Each round runs all of them, one after the other, on the same file: a bare ``COPY`` of the CSV into a table with the
file's own columns and no index; and our whole import (reading, recognising values, customers, products, orders, lines,
timeline, search documents, audit, in one transaction under row-level security). ``bulk_create`` makes orders, products
and lines only. Memory is the peak of the importing process. Beside the seconds stand those of the processor, of this
process and of the whole server, which other work on the machine lengthens less.
"""

import argparse
import contextlib
import os
import resource
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psutil
import psycopg

from tests.shared import shared_data
from zhiyin.platform.postgres.cluster import Cluster

COLUMNS = (
    "invoice text, stock_code text, description text, quantity int, at timestamp, price numeric, customer text,"
    " country text"
)


@contextlib.contextmanager
def database() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="zhiyin-bench-") as home:
        cluster = Cluster(Path(home) / "postgres").start()
        os.environ |= {
            "ZHIYIN_HOME": home,
            "ZHIYIN_DATABASE_URL": cluster.application_url("zhiyin"),
            "ZHIYIN_OWNER_DATABASE_URL": cluster.owner_url("zhiyin"),
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
            "ZHIYIN_LOG_LEVEL": "ERROR",
        }
        try:
            yield cluster
        finally:
            cluster.destroy()


def processor(cluster: Cluster) -> float:
    """Seconds of processor time so far, of this process and of the server with all its processes."""
    number = int((cluster.places.pgdata / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(number)
    time.sleep(0.3)  # until a connection just closed is counted with its parent
    own, main = time.process_time(), sum(server.cpu_times()[:4])
    return own + main + sum(sum(child.cpu_times()[:2]) for child in server.children())


def bare_copy(url: str, csv: Path) -> float:
    """Seconds of a COPY into a table without index, key or policy."""
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({COLUMNS}); CHECKPOINT")
        began = time.perf_counter()
        with csv.open("rb") as file, con.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := file.read(1 << 18):
                copy.write(chunk)
        return time.perf_counter() - began


def ours(file: Path) -> float:
    """Seconds of our import, from the stored file to the committed result, in a company of its own."""
    from django.utils import timezone

    from zhiyin.accounts.models import Tenant
    from zhiyin.imports import actions
    from zhiyin.platform import jobs
    from zhiyin.platform.actors import Actor
    from zhiyin.platform.tenancy import scope

    tenant = Tenant.objects.create(code=f"bench-{uuid.uuid4().hex[:8]}", name="bench", currency="GBP")
    actor = Actor.system(tenant.id)
    with scope(tenant.id), file.open("rb") as stream:
        batch = actions.upload_file(
            actor=actor, stream=stream, name=file.name, kind="orders", now=timezone.now()
        )
        job = actions.start(
            actor=actor, import_id=batch.id, step="apply", now=timezone.now(), foreground=True
        )
    began = time.perf_counter()
    job = jobs.run_now(job)
    seconds = time.perf_counter() - began
    assert job.state == "succeeded", job.error
    return seconds


def bulk_create(csv: Path) -> float:
    """Seconds of ``bulk_create`` of the order lines alone, their orders and products known."""
    from django.utils import timezone

    from zhiyin.accounts.models import Tenant
    from zhiyin.commerce.models import Order, OrderLine, Product
    from zhiyin.platform.tenancy import scope

    tenant = Tenant.objects.create(code=f"bulk-{uuid.uuid4().hex[:8]}", name="bulk", currency="GBP")
    rows = duckdb.sql(f"SELECT InvoiceNo, StockCode, Quantity, UnitPrice FROM '{csv}'").fetchall()
    with scope(tenant.id):
        began = time.perf_counter()
        now = timezone.now()
        orders = {n: Order(number=n, ordered_at=now, currency="GBP", tenant_id=tenant.id) for n, *_ in rows}
        products = {c: Product(code=c, currency="GBP", tenant_id=tenant.id) for _, c, *_ in rows}
        Order.objects.bulk_create(orders.values(), batch_size=5_000)
        Product.objects.bulk_create(products.values(), batch_size=5_000)
        for start in range(0, len(rows), 50_000):
            OrderLine.objects.bulk_create(
                (
                    OrderLine(
                        order=orders[number], product=products[code], position=start + n, quantity=quantity,
                        unit_price=price, amount=quantity * price, tenant_id=tenant.id,
                    )
                    for n, (number, code, quantity, price) in enumerate(rows[start : start + 50_000])
                ),
                batch_size=5_000,
            )  # fmt: skip
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--no-bulk", action="store_true")
    options = parser.parse_args()
    with database() as cluster:
        import django

        django.setup()
        from zhiyin.platform.schema import migrate

        migrate()
        parquet = options.file or shared_data("online_retail.parquet")
        csv = Path(os.environ["ZHIYIN_HOME"]) / "sales.csv"
        duckdb.sql(f"COPY (FROM '{parquet}') TO '{csv}' (HEADER)")
        lines = duckdb.sql(f"SELECT count(*) FROM '{parquet}'").fetchall()[0][0]
        superuser = cluster.superuser_url("zhiyin")
        runs: dict[str, Callable[[], float]] = {
            "bare COPY": lambda: bare_copy(superuser, csv),
            "zhiyin, Parquet": lambda: ours(parquet),
            "zhiyin, CSV": lambda: ours(csv),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        work: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                before = processor(cluster)
                times[name].append(run())
                work[name].append(processor(cluster) - before)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if not options.no_bulk:
            before = processor(cluster)
            times["bulk_create"] = [bulk_create(csv)]
            work["bulk_create"] = [processor(cluster) - before]
        base, base_work = (statistics.median(of["bare COPY"]) for of in (times, work))
        print(f"{'':<18}{'seconds':>9}{'lines/s':>10}{'x COPY':>8}{'processor':>11}{'x COPY':>8}")
        for name, seconds in times.items():
            middle, used = statistics.median(seconds), statistics.median(work[name])
            print(
                f"{name:<18}{middle:>9.2f}{lines / middle:>10,.0f}{middle / base:>8.1f}"
                f"{used:>11.2f}{used / base_work:>8.1f}"
            )
        print(f"load average: {os.getloadavg()[0]:.1f}")
        print(f"peak memory of the importing process: {memory:.0f} MB")


if __name__ == "__main__":
    main()
