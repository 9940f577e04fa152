"""From PostgreSQL to Parquet: only the partitions that have changed since the last time."""

import contextlib
import datetime
import hashlib
import io
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
from django.db import connection, transaction

from zhiyin.analytics import models
from zhiyin.analytics.warehouse.registry import Dataset
from zhiyin.platform.tenancy import scope

PARTITION = "partition"
BLOCK = 4 << 20
TOKEN_FILE = "_exported"  # noqa: S105  # tells an export apart, no secret
Progress = Callable[[int], None]


def silent(_rows: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export did: partitions rewritten, rows in them."""

    partitions: int
    rows: int


def folder(home: Path, tenant_id: uuid.UUID, dataset: str) -> Path:
    return home / "warehouse" / f"tenant={tenant_id}" / f"dataset={dataset}"


@contextlib.contextmanager
def alone(tenant_id: uuid.UUID, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Only one process works on a tenant's warehouse; ``waiting`` is called while another does."""
    key = int.from_bytes(hashlib.blake2b(tenant_id.bytes, digest_size=8).digest(), "big", signed=True)
    while not _locking("pg_try_advisory_lock", key):
        waiting()
        time.sleep(0.3)
    try:
        yield
    finally:
        _locking("pg_advisory_unlock", key)


def _locking(function: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])
        return bool(cursor.fetchone()[0])


@contextlib.contextmanager
def snapshot(tenant_id: uuid.UUID) -> Iterator[None]:
    """A transaction of the tenant in which all statements see the same state.

    Inside a transaction already begun its own isolation holds.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with scope(tenant_id):
            yield


def export(
    dataset: Dataset,
    *,
    home: Path,
    tenant_id: uuid.UUID,
    time_zone: str,
    now: datetime.datetime,
    progress: Progress = silent,
) -> Exported:
    """Bring one dataset's files up to date, inside ``snapshot``; ``progress`` gets the rows so far.

    The files are complete when there is none yet, when the dataset's definition or the time zone is another,
    or when they are not those that the database knows (a restored backup, another machine). Otherwise only
    stale partitions are rewritten. The stale marks go with the transaction: what breaks off is done again.
    """
    place = folder(home, tenant_id, dataset.name)
    definition = _definition(dataset, time_zone)
    known = models.Dataset.objects.filter(name=dataset.name).first()
    token = place / TOKEN_FILE
    whole = known is None or known.watermark != f"{definition}:{token.read_text() if token.exists() else ''}"
    marks = models.StalePartition.objects.filter(dataset=dataset.name)
    seen = list(marks.values_list("id", "partition"))
    stale = {partition for _, partition in seen}
    if not whole and not stale:
        return Exported(0, 0)
    token.unlink(missing_ok=True)
    if whole:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    rows, written = _write(dataset, place, time_zone, None if whole else sorted(stale), progress)
    for empty in set() if whole else stale - written:
        shutil.rmtree(place / f"{PARTITION}={empty}", ignore_errors=True)
    models.StalePartition.objects.filter(pk__in=[key for key, _ in seen]).delete()
    mark = uuid.uuid4().hex
    models.Dataset.objects.update_or_create(
        name=dataset.name,
        defaults={"watermark": f"{definition}:{mark}", "rows": count(place), "exported_at": now},
    )
    transaction.on_commit(lambda: _keep(token, mark))
    return Exported(len(written), rows)


def _keep(token: Path, mark: str) -> None:
    token.write_text(mark)


def _definition(dataset: Dataset, time_zone: str) -> str:
    text = f"{dataset.select}|{dataset.partitions}|{dict(dataset.columns)}|{time_zone}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _write(
    dataset: Dataset, place: Path, time_zone: str, partitions: list[str] | None, progress: Progress
) -> tuple[int, set[str]]:
    """Stream the rows from COPY into Parquet; returns the rows and the partitions that have any."""
    condition = "true"
    bounds: list[Any] = []
    if partitions is not None:
        condition, bounds = dataset.partitions.condition(dataset.alias, partitions)
    select = dataset.select.replace("%(time_zone)s", "%s")
    zones = [time_zone] * dataset.select.count("%(time_zone)s")
    part = dataset.partitions.expression(dataset.alias)
    head, tail = re.split(r"\sFROM\s", select, maxsplit=1)
    statement = f"COPY ({head}, {part} FROM {tail} WHERE {condition}) TO STDOUT (FORMAT csv)"
    schema = arrow_schema(dataset).append(pa.field(PARTITION, pa.string()))
    with connection.cursor() as cursor:
        # Right after an import the statistics do not know its rows: a nested loop seems cheap and is quadratic.
        cursor.execute("SET LOCAL enable_nestloop = off")
    with connection.cursor() as cursor, cursor.copy(statement, [*zones, *bounds]) as copy:
        stream = io.BufferedReader(_Rows(copy), BLOCK)
        if not stream.peek(1):
            return 0, set()
        reader = pyarrow.csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pyarrow.csv.ReadOptions(column_names=schema.names, block_size=BLOCK),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        return _write_parquet(reader, place, schema, progress)


def _write_parquet(reader: Any, place: Path, schema: pa.Schema, progress: Progress) -> tuple[int, set[str]]:
    """Arrow reads and writes in threads of its own; this one is free to tell the progress and to stop it."""
    seen = _Seen()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(
            pyarrow.dataset.write_dataset,
            seen.through(reader),
            place,
            schema=schema,
            format="parquet",
            file_options=pyarrow.dataset.ParquetFileFormat().make_write_options(compression="zstd"),
            partitioning=pyarrow.dataset.partitioning(pa.schema([(PARTITION, pa.string())]), flavor="hive"),
            existing_data_behavior="delete_matching",
            max_partitions=8192,
            min_rows_per_group=50_000,
            max_rows_per_group=500_000,
        )
        try:
            while not wait([writing], timeout=0.3).done:
                progress(seen.rows)
        except BaseException:
            seen.stopped = True
            raise
    writing.result()
    return seen.rows, seen.partitions


class _StoppedError(Exception):
    """Ends the writing of files; who stopped it raises the reason."""


class _Seen:
    """Counts the batches that pass through, until it is stopped."""

    def __init__(self) -> None:
        self.rows = 0
        self.partitions: set[str] = set()
        self.stopped = False

    def through(self, batches: Any) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if self.stopped:
                raise _StoppedError
            self.rows += len(batch)
            self.partitions.update(batch.column(PARTITION).unique().to_pylist())
            yield batch


class _Rows(io.RawIOBase):
    """The rows of a COPY as a file to read."""

    def __init__(self, copy: Any) -> None:
        self._copy = copy
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = self._copy.read()
            if not block:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def arrow_schema(dataset: Dataset) -> pa.Schema:
    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in dataset.columns.items()])


def count(place: Path) -> int:
    """Rows in a dataset's files, from their footers."""
    files = pyarrow.dataset.dataset([str(path) for path in place.rglob("*.parquet")], format="parquet")
    return int(files.count_rows())
