"""The warehouse as Ibis tables on DuckDB, within a limit of memory."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis

from zhiyin.analytics.warehouse.export import arrow_schema, folder
from zhiyin.analytics.warehouse.registry import Dataset


@contextlib.contextmanager
def connect(*, memory: str = "1GB") -> Iterator[Any]:
    """An Ibis backend on DuckDB that spills to disk beyond ``memory``."""
    with tempfile.TemporaryDirectory(prefix="zhiyin-duckdb-") as spill:
        backend = ibis.duckdb.connect(memory_limit=memory, temp_directory=spill)
        try:
            yield backend
        finally:
            backend.disconnect()


def table(backend: Any, dataset: Dataset, *, home: Path, tenant_id: uuid.UUID) -> Any:
    """A dataset of one tenant as an Ibis table; empty when nothing was exported."""
    place = folder(home, tenant_id, dataset.name)
    if not any(place.rglob("*.parquet")):
        return backend.create_table(
            f"empty_{dataset.name}", schema=ibis.Schema.from_pyarrow(arrow_schema(dataset)), temp=True
        )
    return backend.read_parquet(str(place / "*" / "*.parquet"), table_name=dataset.name)
