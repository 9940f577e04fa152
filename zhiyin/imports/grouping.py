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
    joins = "".join(
        f" LEFT JOIN (SELECT {ROW}, {value} AS {name} FROM {source}) AS of_{name} ON of_{name}.{ROW} = {name}_row"
        for name, value in values.items()
    )
    exclude = f" EXCLUDE ({', '.join(f'{name}_row' for name in values)})" if values else ""
    chosen = "".join(f", of_{name}.{name}" for name in values)
    con.execute(f"CREATE TABLE grouped AS {inner}")  # a table, whose size the plan of the joins knows
    con.execute(f"CREATE TABLE {table} AS SELECT g.*{exclude}{chosen} FROM grouped AS g{joins}")
    con.execute(f"DROP TABLE grouped; DELETE FROM {table} WHERE {key.rpartition(' AS ')[2]} IS NULL")
