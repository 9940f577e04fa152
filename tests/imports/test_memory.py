"""What a large file takes in memory while it is read and prepared, beside the libraries themselves."""

import os
import subprocess
import sys

import duckdb

READ, PREPARED = 150, 175
"""MB, of which DuckDB may take 96 and 128."""

PREPARE = """
import datetime, re, sys
from pathlib import Path
import django
django.setup()
from zhiyin.commerce.importers.orders import Orders
from zhiyin.imports.binary import encode
from zhiyin.imports.reading import Options, open_file
from zhiyin.imports.workspace import Frame, Workspace

frame = Frame("UTC", "CNY", datetime.datetime(2026, 11, 22, tzinfo=datetime.timezone.utc))
fields = "order_number ordered_at customer_code customer_name product_code product_name quantity unit_price"

def resident(kind):
    return int(re.search(kind + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) >> 10

def prepare(path):
    kind = Orders()
    with Workspace(kind, {name: name for name in fields.split()}, frame, on_disk=True) as work:
        work.load(open_file(Path(path), Options()))
        read = resident("VmHWM")
        work.decide()
        work.type_rows()
        counts = kind.prepare(work).counts
        work.wait()
        con = work.con.cursor()
        for batch in con.sql("SELECT ono, digest, quantity, unit_price FROM digested").to_arrow_reader(32_768):
            encode(batch)
    return counts["lines"], read

prepare(sys.argv[1])
before = resident("VmRSS")
lines, read = prepare(sys.argv[2])
print(lines, read - before, resident("VmHWM") - before)
"""


def test_a_large_file_is_prepared_in_little_memory(tmp_path):
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    for path, lines in ((small, 1_000), (large, 1_500_000)):
        duckdb.sql(
            "COPY (SELECT printf('SO%09d', n // 6) AS order_number,"
            " TIMESTAMP '2024-01-01' + to_minutes(n // 6) AS ordered_at,"
            " printf('C%06d', n // 6 * 7919 % 100000) AS customer_code,"
            " printf('名称%06d', n // 6 * 7919 % 100000) AS customer_name,"
            " printf('P%05d', n * 31 % 5000) AS product_code,"
            " printf('Product, number %d', n * 31 % 5000) AS product_name,"
            " n % 29 + 1 AS quantity, printf('%.2f', n * 17 % 9973 / 100 + 1) AS unit_price"
            f" FROM range({lines}) AS t(n)) TO '{path}' (HEADER)"
        )
    assert large.stat().st_size > 110e6
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, small, large],
        env=os.environ
        | {
            "ZHIYIN_HOME": str(tmp_path),
            "ZHIYIN_DATABASE_URL": "postgresql://nobody@localhost/nothing",
            "ZHIYIN_OWNER_DATABASE_URL": "postgresql://nobody@localhost/nothing",
            "DJANGO_SETTINGS_MODULE": "zhiyin.config.settings",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines, read, prepared = map(int, done.stdout.split()[-3:])
    assert lines == 1_500_000
    assert read < READ
    assert prepared < PREPARED
