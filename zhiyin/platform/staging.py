"""Arrow tables into temporary tables of the transaction, from which set-based SQL goes on.

PostgreSQL refuses COPY into a table under row-level security; a temporary table is the way round.
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 50_000


def stage(name: str, columns: Mapping[str, str], rows: "pa.Table") -> None:
    """Make the temporary table ``name`` with ``columns`` (name to SQL type) and fill it with ``rows``.

    The table goes with the transaction. ``rows`` has the columns in the same order; nulls become NULL.
    """
    from pyarrow import csv

    quoted = connection.ops.quote_name
    types = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        cursor.execute(f"CREATE TEMP TABLE {quoted(name)} ({types}) ON COMMIT DROP")
        with cursor.copy(f"COPY {quoted(name)} FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, len(rows), ROWS):
                buffer = io.BytesIO()
                part = rows.slice(start, ROWS)
                csv.write_csv(part, buffer, csv.WriteOptions(include_header=False))
                copy.write(buffer.getvalue())
        cursor.execute(f"ANALYZE {quoted(name)}")
