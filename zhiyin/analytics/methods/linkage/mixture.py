"""Fellegi and Sunter's model of comparison patterns as a mixture of three, fitted by expectation and maximisation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SAME, RELATED, STRANGERS = range(3)
_ROUNDS, _ENOUGH = 500, 1e-7


@dataclass(frozen=True)
class Patterns:
    """Distinct comparison patterns and how many pairs have each.

    ``codes`` are their numbers; ``values`` is (patterns, fields): -1 nothing to compare, 0 no agreement, more is stronger.
    """

    codes: Codes
    values: NDArray[np.int8]
    counts: Floats

    @classmethod
    def of(cls, codes: Codes, counts: NDArray[np.int64], fields: int, bits: int) -> "Patterns":
        """From numbers that hold ``bits`` bits for each field, that of the first field lowest."""
        shifts = np.arange(fields) * bits
        values = ((codes[:, None] >> shifts) & ((1 << bits) - 1)) - 1
        return cls(codes, values.astype(np.int8), counts.astype(float))


@dataclass(frozen=True)
class Mixture:
    """Shares of pairs, (3,), and for each field the probabilities of its levels, (3, levels).

    The rows are pairs of one person, of two people who share what relatives, neighbours and colleagues share, and
    of strangers.
    """

    shares: Floats
    levels: list[Floats]
    rounds: int

    def logarithms(self, patterns: Patterns, *, skip: list[int | None] | None = None) -> Floats:
        """Log of share times probability, (patterns, 3).

        ``skip`` names for each field a level whose probability among strangers is left out, and among relatives
        too where it is the same: the pair's own value says it better.
        """
        total = np.tile(np.log(self.shares), (len(patterns.values), 1))
        for field, table in enumerate(self.levels):
            logs = np.log(table)
            if skip is not None and (level := skip[field]) is not None:
                if table[RELATED, level] == table[STRANGERS, level]:
                    logs[RELATED, level] = 0.0
                logs[STRANGERS, level] = 0.0
            known = np.vstack([np.zeros(3), logs.T])
            total += known[patterns.values[:, field] + 1]
        return total


def fit(
    blocked: Patterns,
    random: Patterns,
    levels: list[int],
    *,
    personal: list[bool],
    pairs: float,
    records: int,
) -> Mixture:
    """Estimate the mixture from patterns without knowing which pairs are the same person.

    Parameters
    ----------
    blocked
        Pairs that share a blocking key. All others count as strangers.
    random
        Pairs drawn without regard to keys, from which strangers are learnt.
    levels
        How many levels each field has, "no agreement" included.
    personal
        Fields that tell relatives apart: two relatives agree in them as strangers do.
    pairs
        All pairs there are.
    records
        All records, for the share at the start: one pair of the same in ten records.

    Notes
    -----
    Prior knowledge is that agreement in a field is at the start nine times likelier than not for the same person,
    and which fields are personal. All else is estimated from the data at hand. Half a pair is added to every level,
    so that what was not seen is not impossible. Strangers are learnt anew in each round from random pairs, less
    those that are probably the same: where many duplicates are, these too are drawn.

    I. P. Fellegi and A. B. Sunter (1969), A theory for record linkage, JASA 64. R. Linacre et al. (2022), Splink:
    free software for probabilistic record linkage at scale, IJPDS 7(3). For three classes: W. E. Winkler (1993),
    Improved decision rules in the Fellegi-Sunter model of record linkage, ASA.
    """
    strangers = [_shares(random, random.counts, field, size) for field, size in enumerate(levels)]
    same = [np.append(np.full(1, 0.1), np.full(size - 1, 0.9 / (size - 1))) for size in levels]
    same = [_leaning(table) for table in same]
    tables = [np.vstack([m, u if p else m, u]) for m, u, p in zip(same, strangers, personal, strict=True)]
    start = min(0.1 * records / pairs, 0.1)
    related = start if any(personal) and not all(personal) else 0.0
    found = Mixture(_normal(np.array([start, related, 1 - start - related])), tables, 0)
    for turn in range(1, _ROUNDS + 1):
        weights = blocked.counts[:, None] * _posterior(found.logarithms(blocked))
        apart = random.counts * _posterior(found.logarithms(random))[:, STRANGERS]
        fresh = []
        for field, size in enumerate(levels):
            u = _shares(random, apart, field, size)
            m = _shares(blocked, weights[:, SAME], field, size)
            h = u if personal[field] else _shares(blocked, weights[:, RELATED], field, size)
            fresh.append(np.vstack([m, h, u]))
        counted = weights.sum(axis=0)[:STRANGERS] / pairs
        shares = np.append(counted, 1 - counted.sum())
        change = max(
            np.abs(new[SAME] - old[SAME]).max() for new, old in zip(fresh, found.levels, strict=True)
        )
        moved = abs(shares[SAME] - found.shares[SAME]) / found.shares[SAME]
        found = Mixture(_normal(shares), fresh, turn)
        if max(change, moved) < _ENOUGH:
            break
    return found


def _leaning(table: Floats) -> Floats:
    """The strongest level is the likeliest: twice the one below it."""
    weights = np.append(0.0, 2.0 ** np.arange(len(table) - 1))
    return np.append(table[0], (1 - table[0]) * weights[1:] / weights.sum())


def _shares(patterns: Patterns, weights: Floats, field: int, size: int) -> Floats:
    values = patterns.values[:, field]
    known = values >= 0
    counts = np.bincount(values[known], weights[known], size) + 0.5
    return np.asarray(counts / counts.sum())


def _posterior(logs: Floats) -> Floats:
    scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def _normal(shares: Floats) -> Floats:
    safe = np.maximum(shares, 1e-300)
    return np.asarray(safe / safe.sum())
