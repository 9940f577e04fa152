"""Distinct purchase histories with their counts: the sufficient data of the purchase models."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DENSE_LIMIT = 1 << 23
SPARSE = 8
"""Places of a table for each key beyond which a hash table is quicker."""
EXACT = 1 << 53
"""Whole numbers up to here are exact in a float."""
PART = 1 << 11
"""Rows worked on at a time: temporaries then stay in the processor's cache, and products of the parts are
too small for BLAS to start threads for, which on a busy machine cost more than they bring."""
# Steps per unit of time that summaries are commonly counted in: whole units, days of a week,
# two decimals, days of a month and of a year.
GRIDS = (1.0, 7.0, 100.0, 365.2425 / 12, 365.2425)
OFF_GRID = 1e-6


@dataclass(frozen=True)
class Cells:
    """Distinct (x, t_x, T) and how many customers share each.

    Attributes
    ----------
    x : ndarray of int64, shape (cells,)
        Repeat purchases.
    t_x, T : ndarray of float64, shape (cells,)
        Time from the first to the last purchase, and to the end of the observation.
    count : ndarray of float64, shape (cells,)
        Customers in the cell.
    index : ndarray of int, shape (customers,)
        Cell of each customer.
    """

    x: Ints
    t_x: Floats
    T: Floats
    count: Floats
    index: NDArray[np.intp]

    @classmethod
    def of(cls, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> "Cells":
        """Count the distinct histories of customers.

        Parameters
        ----------
        x, t_x, T : array_like, shape (customers,)
            Repeat purchases, recency and age in one unit of time. Times on a common grid (days
            measured in weeks, say) are counted in one pass; others stay one cell per customer.

        Raises
        ------
        ValueError
            Unequal lengths, x negative or not whole, or not 0 <= t_x <= T.
        """
        x_, t_, T_ = np.asarray(x), np.asarray(t_x, np.float64), np.asarray(T, np.float64)
        check_histories(x_, t_, T_)
        x_ = x_.astype(np.int64, copy=False)
        if len(x_):
            for grid in GRIDS:
                counted = cls._on_grid(x_, t_, T_, grid)
                if counted is not None:
                    return counted
        return cls(x_, t_, T_, np.ones(len(x_)), np.arange(len(x_)))

    @classmethod
    def _on_grid(cls, x: Ints, t_x: Floats, T: Floats, grid: float) -> "Cells | None":
        """The cells of times that are whole steps of a grid, None where they are not."""
        youngest, oldest, longest = (round(float(time) * grid) for time in (T.min(), T.max(), t_x.max()))
        ages, recencies = oldest - youngest + 1, longest + 1
        size = ages * recencies * (int(x.max()) + 1)
        if size > EXACT:
            return None
        key = np.empty(len(x), np.int64)
        for part in parts(len(x), 4 * PART):
            age, recency = whole_steps(T[part], grid), whole_steps(t_x[part], grid)
            if age is None or recency is None:
                return None
            recency *= ages
            recency += age
            recency += float(ages * recencies) * x[part]
            recency -= youngest
            key[part] = recency
        distinct, count, index = count_keys(key, size)
        rest, age_steps = np.divmod(distinct, ages)
        number, steps = np.divmod(rest, recencies)
        return cls(number, steps / grid, (age_steps + youngest) / grid, count, index)

    @cached_property
    def pairs(self) -> "Cells":
        """Distinct (x, T) of the cells, with t_x = 0: all that matters once a customer is there at T."""
        return Cells.of(self.x, np.zeros(len(self.x)), self.T)

    @property
    def customers(self) -> int:
        return len(self.index)

    def sample(self, cells: int, seed: int = 0) -> "Cells":
        """A random part of the cells, for a first approximation of a fit."""
        chosen = np.random.default_rng(seed).choice(len(self.x), cells, replace=False)
        return Cells(
            self.x[chosen], self.t_x[chosen], self.T[chosen], self.count[chosen], np.zeros(0, np.intp)
        )


def check_histories(x: NDArray[np.generic], t_x: Floats, T: Floats) -> None:
    """Raise ValueError unless the three arrays can be purchase histories."""
    if not (x.ndim == t_x.ndim == T.ndim == 1 and len(x) == len(t_x) == len(T)):
        raise ValueError("x, t_x and T must be one-dimensional and of equal length")
    whole = np.issubdtype(x.dtype, np.integer)
    for part in parts(len(x), 4 * PART):
        number, recency, age = x[part], t_x[part], T[part]
        if not whole and not np.array_equal(number, np.rint(number.astype(np.float64))):
            raise ValueError("x must be whole numbers")
        if number.min() < 0 or not recency.min() >= 0 or not (recency <= age).all() or age.max() == np.inf:
            raise ValueError("need x >= 0 and finite 0 <= t_x <= T")


def parts(rows: int, size: int = PART) -> Iterator[slice]:
    """Slices of `size` rows."""
    return (slice(start, start + size) for start in range(0, rows, size))


def dot(one: Floats, two: Floats) -> float:
    """Inner product of long vectors, without BLAS and its threads."""
    return float(np.einsum("i,i->", one, two))


def whole_steps(times: Floats, grid: float) -> Floats | None:
    """Times in steps of a grid, or None when one of them lies beside it."""
    steps = times * grid
    whole = np.rint(steps)
    steps -= whole
    return whole if steps.max() < OFF_GRID and steps.min() > -OFF_GRID else None


def count_keys(key: Ints, size: int) -> tuple[Ints, Floats, NDArray[np.intp]]:
    """The distinct keys, the count of each, and the position of each row's key among them."""
    if size <= min(DENSE_LIMIT, SPARSE * len(key)):
        table = np.bincount(key, minlength=size)
        distinct = np.flatnonzero(table > 0)
        place = np.empty(size, np.intp)
        place[distinct] = np.arange(len(distinct))
        return distinct, table[distinct].astype(np.float64), place[key]
    found = pa.array(key).dictionary_encode()
    index = found.indices.to_numpy().astype(np.intp)
    return found.dictionary.to_numpy(), np.bincount(index).astype(np.float64), index
