"""Rows as Arrow tables, and their quick way into the database."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection


def load(name: str, rows: pa.Table) -> int:
    """COPY rows into a table whose columns bear the same names; returns the rows written.

    PostgreSQL refuses COPY into a table under row-level security, so the rows go through a temporary one.
    """
    columns = ", ".join(f'"{column}"' for column in rows.column_names)
    text = io.BytesIO()
    pyarrow.csv.write_csv(rows, text, pyarrow.csv.WriteOptions(include_header=False))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE demo_stage ON COMMIT DROP AS SELECT {columns} FROM {name} LIMIT 0"  # noqa: S608
        )
        with cursor.copy(f"COPY demo_stage ({columns}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getbuffer())
        cursor.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM demo_stage")  # noqa: S608
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE demo_stage")
    return written


def table(**columns: Any) -> pa.Table:
    """Columns of one length as a table; a single value is repeated."""
    length = next(len(values) for values in columns.values() if not single(values))
    return pa.table({name: filled(values, length) for name, values in columns.items()})


def single(values: Any) -> bool:
    return values is None or isinstance(values, str | int)


def filled(values: Any, length: int) -> Any:
    if values is None:
        return pa.nulls(length, pa.string())
    return pa.repeat(values, length) if single(values) else values


def changed(rows: pa.Table, **columns: Any) -> pa.Table:
    """The rows with columns added or replaced."""
    return table(**dict(zip(rows.column_names, rows.columns, strict=True)) | columns)


def numbers(rows: pa.Table, column: str) -> np.ndarray:
    """A column as a NumPy array."""
    found: np.ndarray = rows[column].to_numpy()
    return found


def instant(milliseconds: np.ndarray) -> pa.Array:
    """Milliseconds since 1970 as times with zone."""
    return pa.array(milliseconds).cast(pa.timestamp("ms", "UTC"))
