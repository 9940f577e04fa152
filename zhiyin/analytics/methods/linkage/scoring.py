"""Compare pairs with Splink, and weigh what was found."""

import logging
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from zhiyin.analytics.methods.linkage.comparing import BITS, Comparison
from zhiyin.analytics.methods.linkage.mixture import (
    NEIGHBOURS,
    RELATED,
    SAME,
    SHARED,
    STRANGERS,
    Mixture,
    Patterns,
)
from zhiyin.analytics.methods.linkage.workspace import count

_SLICE = 2_000_000
_WORTH_KEEPING = 0.01


def compare(
    connection: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], tables: dict[str, str]
) -> None:
    """Of each table of pairs make another with pattern and rarity; the first is dropped.

    ``personal``, ``contact`` and ``place`` are the logarithms to base 2 of how rare the values are on which both
    records agree, in fields of that kind.
    """
    from splink import DuckDBAPI, Linker, SettingsCreator

    interface = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[one.to_splink() for one in comparisons],
        blocking_rules_to_generate_predictions=[],
        unique_id_column_name="row",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
    linker = Linker(interface.register("records"), settings, log_level=logging.ERROR, validate_settings=False)
    rarities = [_rarity(comparisons, kind) for kind in SHARED]
    chosen = ", ".join(["row_l", "row_r", _pattern(comparisons), *rarities])
    columns = ", ".join(f"{kind} FLOAT" for kind in SHARED)
    for source, target in tables.items():
        connection.execute(f"CREATE TABLE {target} (l BIGINT, r BIGINT, pattern BIGINT, {columns})")
        for start in range(0, count(connection, source), _SLICE):
            connection.execute(
                f"CREATE OR REPLACE TABLE slice AS SELECT join_key_l, join_key_r, '0' AS match_key FROM {source}"
                f" WHERE rowid >= {start} AND rowid < {start + _SLICE}"
            )
            linker.table_management.register_blocked_pairs_for_predict(interface.register("slice"))
            predicted = linker.inference.predict(warning_mode="never")
            connection.execute(f"INSERT INTO {target} SELECT {chosen} FROM {predicted.physical_name}")
            predicted.drop_table_from_database_and_remove_from_cache()
        connection.execute(f"DROP TABLE {source}")


def _pattern(comparisons: Sequence[Comparison]) -> str:
    return " + ".join(
        f'((-"mw_{one.field}")::BIGINT << {place * BITS})' for place, one in enumerate(comparisons)
    )


def _rarity(comparisons: Sequence[Comparison], kind: str) -> str:
    fields = [one.field for one in comparisons if one.rarity_values and one.kind == kind]
    return " + ".join(f'"mw_tf_adj_{field}"' for field in fields) or "0"


def patterns(connection: duckdb.DuckDBPyConnection, table: str, fields: int) -> Patterns:
    """The distinct patterns of a table that `compare` made, in the order of their numbers."""
    found = connection.execute(
        f"SELECT pattern, count(*) AS pairs FROM {table} GROUP BY pattern ORDER BY pattern"
    ).fetchnumpy()
    return Patterns.of(np.asarray(found["pattern"], np.int64), np.asarray(found["pairs"]), fields, BITS)


def score(
    connection: duckdb.DuckDBPyConnection, table: str, comparisons: Sequence[Comparison], mixture: Mixture
) -> pa.Table:
    """Pairs that are worth looking at, the likeliest first: left, right (rows of ``records``), weight, probability,
    pattern.

    Where both have the same value, its own rarity takes the place of what is usual for the field.
    """
    found = patterns(connection, table, len(comparisons))
    logs = mixture.logarithms(found, skip=[one.rarity_values for one in comparisons])
    known: dict[str, Any] = {"pattern": found.codes}
    classes = {"related": RELATED, "neighbours": NEIGHBOURS, "strangers": STRANGERS}
    known |= {name: logs[:, one] - logs[:, SAME] for name, one in classes.items()}
    connection.register("logs", pa.table(known))
    pairs = connection.sql(
        'SELECT l AS "left", r AS "right",'
        " -ln(exp(related - p) + exp(neighbours - p - c) + exp(strangers - p - c - o)) AS weight,"
        " 1 / (1 + exp(-weight)) AS probability, pattern"
        f" FROM (SELECT *, personal * ln(2) AS p, contact * ln(2) AS c, place * ln(2) AS o FROM {table} JOIN logs USING (pattern))"
        f" WHERE probability >= {_WORTH_KEEPING}"
    ).to_arrow_table()
    # sorted here: DuckDB may hand sorted rows over in the order in which its threads finish
    return pairs.sort_by([("weight", "descending"), ("left", "ascending"), ("right", "ascending")])
