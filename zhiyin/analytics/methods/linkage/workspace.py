"""The records of one run in DuckDB, and the pairs that are drawn from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from zhiyin.analytics.methods.linkage.records import prepare

_RANDOM_PAIRS = 400_000
_FEW = 3
"""Rows that may share a number or address which still tells who one is."""

Roles = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Sizes:
    """Rows of the file, or of both."""

    left: int
    right: int | None = None

    @property
    def linked(self) -> bool:
        return self.right is not None

    @property
    def records(self) -> int:
        return self.left + (self.right or 0)

    @property
    def pairs(self) -> float:
        return float(self.left) * (self.left - 1) / 2 if self.right is None else float(self.left) * self.right


def load(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[pa.Table, Roles]], *, region: str
) -> set[str]:
    """Make the table ``records``: what both files have, rows of the second after those of the first; its columns."""
    prepared = [prepare(table, roles, region=region) for table, roles in files]
    columns = set.intersection(*(set(table.column_names) for table in prepared))
    if columns == {"row"}:
        raise ValueError("The columns hold nothing that could be compared.")
    listed = ", ".join(sorted(columns - {"row"}))
    sources, start = [], 0
    for side, table in enumerate(prepared):
        connection.register(f"file_{side}", table)
        sources.append(f"SELECT row + {start} AS row, {listed}, {side}::UTINYINT AS side FROM file_{side}")
        start += table.num_rows
    connection.execute(f"CREATE TABLE plain AS {' UNION ALL '.join(sources)}")
    several = sorted({"phone", "email"} & columns)
    for column in several:
        connection.execute(
            f"CREATE TABLE {column}_values AS SELECT row, list(value ORDER BY value) AS {column}_few FROM"
            f" (SELECT value, row, count(*) OVER (PARTITION BY value) AS held FROM"
            f" (SELECT row, unnest({column}) AS value FROM plain)) WHERE held <= {_FEW} GROUP BY row"
        )
    few = "".join(f", {column}_few, {column}[1] AS {column}_1" for column in several)
    joins = "".join(f" LEFT JOIN {column}_values USING (row)" for column in several)
    connection.execute(f"CREATE TABLE records AS SELECT plain.*{few} FROM plain{joins} ORDER BY row")
    connection.execute("DROP TABLE plain")
    for column in several:
        connection.execute(f"DROP TABLE {column}_values")
    for side in range(len(prepared)):
        connection.unregister(f"file_{side}")
    return columns


def draw_pairs(connection: duckdb.DuckDBPyConnection, sizes: Sizes, *, seed: int) -> None:
    """Make the table ``random_pairs``: all pairs where these are few, else some drawn evenly."""
    if sizes.pairs > _RANDOM_PAIRS:
        generator = np.random.default_rng(seed)
        one = generator.integers(0, sizes.left, _RANDOM_PAIRS)
        other = generator.integers(0, sizes.right or sizes.left, _RANDOM_PAIRS)
    elif sizes.right is None:
        one, other = np.triu_indices(sizes.left, 1)
    else:
        one, other = (part.ravel() for part in np.indices((sizes.left, sizes.right)))
    other = other + (sizes.left if sizes.linked else 0)
    keep = one != other
    drawn = pa.table({"join_key_l": one[keep].astype(np.int64), "join_key_r": other[keep].astype(np.int64)})
    connection.register("drawn", drawn)
    connection.execute("CREATE TABLE random_pairs AS SELECT DISTINCT * FROM drawn")
    connection.unregister("drawn")


def count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    """Rows of a table, or of what follows FROM."""
    return int(connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])
