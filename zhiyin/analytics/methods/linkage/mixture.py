"""Fellegi and Sunter's model of comparison patterns as a mixture of four, fitted by expectation and maximisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SAME, RELATED, NEIGHBOURS, STRANGERS = range(4)
CLASSES = 4
SHARED: Mapping[str, int] = {"personal": SAME, "contact": RELATED, "place": NEIGHBOURS}
"""The kinds of field, and the last class whose pairs agree in them more than strangers do: relatives and colleagues
share telephone, surname and place, neighbours the place."""

_NEIGHBOURS_AT_FIRST = 0.01
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
    """Shares of pairs, (4,), and for each field the probabilities of its levels, (4, levels).

    The rows are pairs of one person, of two who share what relatives and colleagues share, of two who share a
    place, and of strangers.
    """

    shares: Floats
    levels: list[Floats]
    kinds: Sequence[str]
    rounds: int

    def logarithms(self, patterns: Patterns, *, skip: Sequence[Sequence[int]] | None = None) -> Floats:
        """Log of share times probability, (patterns, 4).

        ``skip`` names for each field levels whose probability is left out where it is that of strangers: the
        pair's own value says it better.
        """
        total = np.tile(np.log(self.shares), (len(patterns.values), 1))
        for field, table in enumerate(self.levels):
            logs = np.log(table)
            if skip is not None:
                logs[SHARED[self.kinds[field]] + 1 :, list(skip[field])] = 0.0
            known = np.vstack([np.zeros(CLASSES), logs.T])
            total += known[patterns.values[:, field] + 1]
        return total


def fit(
    blocked: Patterns,
    random: Patterns,
    levels: Sequence[int],
    *,
    kinds: Sequence[str],
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
    kinds
        Of each field "personal", "contact" or "place" (see `SHARED`).
    pairs
        All pairs there are.
    records
        All records, for the shares at the start: of ten records one is in a pair of each class.

    Notes
    -----
    Prior knowledge is: which kind each field is; that relatives agree in what they share as a person agrees with
    himself, and otherwise as strangers do; and, only to begin with, that agreement is nine times likelier than not.
    The rest is estimated from the data at hand: one person and relatives from the blocked pairs, neighbours and
    strangers from the random ones, less those that are probably one person, since where many duplicates are these
    too are drawn. Half a pair is added to every level, so that what was not seen is not impossible.

    Without classes of their own, relatives with one telephone and neighbours would count as one person, since the
    model takes agreements to be independent within a class.

    I. P. Fellegi and A. B. Sunter (1969), A theory for record linkage, JASA 64, 1183-1210; more than two classes
    as W. E. Winkler (1993), Improved decision rules in the Fellegi-Sunter model of record linkage, ASA.
    """
    found = _start(random, levels, kinds, min(0.1 * records / pairs, 0.1))
    for turn in range(1, _ROUNDS + 1):
        near = blocked.counts[:, None] * _posterior(found.logarithms(blocked))
        far = random.counts[:, None] * _posterior(found.logarithms(random))
        tables = [
            _table(
                kind,
                *(_shares(*weighed, field, size) for weighed in _weighed(blocked, near, random, far, kind)),
            )
            for field, (size, kind) in enumerate(zip(levels, kinds, strict=True))
        ]
        first = near.sum(axis=0)[[SAME, RELATED]] / pairs
        neighbours = far[:, NEIGHBOURS].sum() / random.counts.sum()
        shares = _normal(np.array([*first, neighbours, 1 - first.sum() - neighbours]))
        change = max(
            np.abs(new[SAME] - old[SAME]).max() for new, old in zip(tables, found.levels, strict=True)
        )
        moved = abs(shares[SAME] / found.shares[SAME] - 1)
        found = Mixture(shares, tables, kinds, turn)
        if max(change, moved) < _ENOUGH:
            break
    return found


def _start(random: Patterns, levels: Sequence[int], kinds: Sequence[str], share: float) -> Mixture:
    """A class that no field tells from the one before it is left out."""
    tables = []
    for field, (size, kind) in enumerate(zip(levels, kinds, strict=True)):
        own, strangers = _leaning(size), _shares(random, random.counts, field, size)
        tables.append(np.vstack([own if one <= SHARED[kind] else strangers for one in range(CLASSES)]))
    related = share if "personal" in kinds and set(kinds) != {"personal"} else 0.0
    neighbours = _NEIGHBOURS_AT_FIRST if "place" in kinds and set(kinds) != {"place"} else 0.0
    shares = np.array([share, related, neighbours, 1 - share - related - neighbours])
    return Mixture(_normal(shares), tables, kinds, 0)


def _weighed(
    blocked: Patterns, near: Floats, random: Patterns, far: Floats, kind: str
) -> list[tuple[Patterns, Floats]]:
    """The pairs that one person, neighbours and strangers are learnt from, weighed by how likely they are of it."""
    same = near[:, SAME] if kind == "personal" else near[:, SAME] + near[:, RELATED]
    strangers = far[:, STRANGERS] if kind == "place" else far[:, STRANGERS] + far[:, NEIGHBOURS]
    return [(blocked, same), (random, far[:, NEIGHBOURS]), (random, strangers)]


def _table(kind: str, same: Floats, neighbours: Floats, strangers: Floats) -> Floats:
    related = strangers if kind == "personal" else same
    return np.vstack([same, related, neighbours if kind == "place" else strangers, strangers])


def _leaning(size: int) -> Floats:
    """Where to start: a tenth does not agree; of the rest each level is twice as likely as the one below."""
    agree = 2.0 ** np.arange(size - 1)
    return np.append(0.1, 0.9 * agree / agree.sum())


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
