"""Puts frames of rows into tables quickly."""

import polars as pl
from django.db import connection


def load(table: str, frame: pl.DataFrame) -> int:
    """COPY a frame into a table whose columns bear the same names; returns the rows written.

    PostgreSQL refuses COPY into a table under row-level security, so the rows go through a temporary one.
    """
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE demo_stage ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0"  # noqa: S608
        )
        with cursor.copy(f"COPY demo_stage ({columns}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(frame.write_csv(include_header=False).encode())
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM demo_stage")  # noqa: S608
        rows = int(cursor.rowcount)
        cursor.execute("DROP TABLE demo_stage")
    return rows


def instant(column: str) -> pl.Expr:
    """Milliseconds since 1970 as PostgreSQL reads a time with zone."""
    return (
        pl.from_epoch(column, time_unit="ms")
        .dt.replace_time_zone("UTC")
        .dt.strftime("%Y-%m-%d %H:%M:%S.%3f+00")
    )
