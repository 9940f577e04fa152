"""Find records of one person or company in a file, or in two."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from zhiyin.analytics.methods.linkage.blocking import block
from zhiyin.analytics.methods.linkage.comparing import BITS, Comparison, comparisons
from zhiyin.analytics.methods.linkage.mixture import Mixture, fit
from zhiyin.analytics.methods.linkage.scoring import compare, patterns, score
from zhiyin.analytics.methods.linkage.workspace import Sizes, count, draw_pairs, load


@dataclass(frozen=True)
class Duplicates:
    """Pairs that are probably the same, the likeliest first.

    ``pairs`` has ``left`` and ``right`` (row numbers in the first and, of a link, the second file), ``weight`` (log
    odds of being the same), ``probability`` and ``pattern``; the first ``accepted`` of them reach the precision asked
    for. ``compared`` counts the pairs that shared a key; ``cut`` names the keys that too many rows shared.
    """

    pairs: pa.Table
    accepted: int
    expected_precision: float
    compared: int
    comparisons: Sequence[Comparison]
    mixture: Mixture
    cut: Sequence[str]

    @property
    def threshold(self) -> float:
        """The least probability that was accepted; 1 if nothing was."""
        return float(self.pairs["probability"][self.accepted - 1].as_py()) if self.accepted else 1.0

    def evidence(self, pattern: int) -> dict[str, tuple[str, str]]:
        """Of each field that could be compared: how it agrees, as a code and in words."""
        told = {}
        for place, comparison in enumerate(self.comparisons):
            value = (pattern >> place * BITS & (1 << BITS) - 1) - 1
            if value >= 0:
                level = comparison.level(value)
                told[comparison.field] = (level.code, level.words)
        return told


def find_duplicates(
    left: pa.Table,
    right: pa.Table | None = None,
    *,
    roles: Mapping[str, Sequence[str]],
    right_roles: Mapping[str, Sequence[str]] | None = None,
    precision: float = 0.99,
    one_to_one: bool = False,
    region: str = "CN",
    memory_mb: int = 2000,
    threads: int | None = None,
    seed: int = 1,
) -> Duplicates:
    """Pairs of rows that are one person or company.

    Parameters
    ----------
    left, right
        A row per record. Without ``right`` pairs are sought within ``left``; else between the two.
    roles, right_roles
        Which columns mean what (see `records.ROLES`); those of ``right`` if they are others.
    precision
        Share of the accepted pairs that shall be true, by the model's own probabilities. None is accepted
        that is less likely than not.
    one_to_one
        Of two files: a row has one partner at most, as where neither file has duplicates of its own.
    region
        ISO 3166 code of the country whose telephone numbers are written without their country code.
    memory_mb, threads
        Limits of DuckDB; what does not fit goes to a temporary file.
    seed
        Of the random pairs. The same input gives the same answer.

    Returns
    -------
    Duplicates

    Raises
    ------
    ValueError
        No usable columns, fewer than two rows, or nothing in the columns that could be compared.

    Notes
    -----
    Splink and DuckDB compare the pairs that share a key; `mixture.fit` learns from these and from random
    pairs how telling each agreement is; a pair's probability follows by Bayes' rule, rare values weighing
    more than common ones.

    I. P. Fellegi and A. B. Sunter (1969), A theory for record linkage, JASA 64, 1183-1210. R. Linacre, S. Lindsay,
    T. Manassis, Z. Slade, T. Hepworth, R. Kennedy and A. Bond (2022), Splink: free software for probabilistic
    record linkage at scale, International Journal of Population Data Science 7(3).
    """
    sizes = Sizes(left.num_rows, None if right is None else right.num_rows)
    if sizes.pairs == 0:
        raise ValueError(
            "A file without rows has no pairs."
            if sizes.linked
            else "There are fewer than two rows: nothing to compare."
        )
    files = [(left, roles)] if right is None else [(left, roles), (right, right_roles or roles)]
    with tempfile.TemporaryDirectory(prefix="zhiyin-duplicates-") as folder:
        connection = duckdb.connect(str(Path(folder, "work.duckdb")))
        try:
            connection.execute(f"SET memory_limit = '{memory_mb}MB'; SET preserve_insertion_order = false")
            if threads:
                connection.execute(f"SET threads = {threads}")
            columns = load(connection, files, region=region)
            compared = [one for one in comparisons(columns) if _is_filled(connection, one)]
            if not compared:
                raise ValueError("The columns hold nothing that could be compared.")
            cut = block(connection, columns, linked=sizes.linked)
            draw_pairs(connection, sizes, seed=seed)
            compare(connection, compared, {"random_pairs": "random_compared", "pairs": "compared"})
            mixture = _learn(connection, compared, sizes)
            pairs = score(connection, "compared", compared, mixture)
            amount = count(connection, "compared")
        finally:
            connection.close()
    if right is not None:
        place = pairs.column_names.index("right")
        pairs = pairs.set_column(place, "right", pa.array(np.asarray(pairs["right"]) - sizes.left))
        pairs = pairs.filter(_first_of_each(pairs)) if one_to_one else pairs
    probability = np.asarray(pairs["probability"])
    running = np.cumsum(probability) / np.arange(1, len(probability) + 1)
    accepted = int(((running >= precision) & (probability >= 0.5)).sum())
    expected = float(running[accepted - 1]) if accepted else 1.0
    return Duplicates(pairs, accepted, expected, amount, compared, mixture, cut)


def _is_filled(connection: duckdb.DuckDBPyConnection, comparison: Comparison) -> bool:
    filled = " AND ".join(f"{column} IS NOT NULL" for column in comparison.columns)
    return count(connection, f"records WHERE {filled}") > 1


def _learn(connection: duckdb.DuckDBPyConnection, compared: Sequence[Comparison], sizes: Sizes) -> Mixture:
    return fit(
        patterns(connection, "compared", len(compared)),
        patterns(connection, "random_compared", len(compared)),
        [len(one.levels) + 1 for one in compared],
        kinds=[one.kind for one in compared],
        pairs=sizes.pairs,
        records=sizes.records,
    )


def _first_of_each(pairs: pa.Table) -> pa.Array:
    """Pairs, the likeliest first, of which neither row has come before."""
    lefts: set[int] = set()
    rights: set[int] = set()
    keep = []
    for one, other in zip(pairs["left"].to_pylist(), pairs["right"].to_pylist(), strict=True):
        free = one not in lefts and other not in rights
        keep.append(free)
        if free:
            lefts.add(one)
            rights.add(other)
    return pa.array(keep, pa.bool_())
