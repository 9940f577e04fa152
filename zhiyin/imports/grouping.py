"""The first value of a column in each group of rows, in ways that DuckDB can do beyond its memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zhiyin.imports.reading import ROW

if TYPE_CHECKING:
    import duckdb


def group(
    con: duckdb.DuckDBPyConnection,
    table: str,
    key: str,
    values: Mapping[str, str],
    *,
    source: str = "typed",
    sums: str = "",
) -> None:
    """Make ``table``: for each ``key`` (expression with its name) of ``source``, its first row and values.

    ``values`` are expressions over a row by name; of each the first that is not null counts. Grouped are the
    numbers of their rows, and not the texts, which would have to stay in memory. ``sums`` are further aggregates
    of fixed size. Rows without a key are left out.
    """
    rows = "".join(
        f", min({ROW}) FILTER ({value} IS NOT NULL) AS {name}_row" for name, value in values.items()
    )
    inner = f"SELECT {key}, min({ROW}) AS first_row{rows}{sums and ', '}{sums} FROM {source} GROUP BY 1"
    con.execute(f"CREATE TABLE {table} AS {inner}")
    for name, value in values.items():  # one join after the other: each has the memory for itself
        con.execute(
            f"CREATE TABLE grouped AS SELECT g.* EXCLUDE ({name}_row), t.{name} FROM {table} AS g"
            f" LEFT JOIN (SELECT {ROW}, {value} AS {name} FROM {source}) AS t ON t.{ROW} = g.{name}_row"
        )
        con.execute(f"DROP TABLE {table}; ALTER TABLE grouped RENAME TO {table}")
    con.execute(f"DELETE FROM {table} WHERE {key.rpartition(' AS ')[2]} IS NULL")
