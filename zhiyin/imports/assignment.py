"""The best way to give each row a column of its own; SciPy's takes half a second to load, and 40 MB."""

from __future__ import annotations

import math
from collections.abc import Sequence


def assign(weights: Sequence[Sequence[float]]) -> dict[int, int]:
    """Columns by row, so that the sum of their weights is the largest; a row without a weight above 0 has none.

    ``weights`` has a row for each row and is as wide as there are columns. Shortest augmenting paths, as in
    R. Jonker and A. Volgenant (1987), Computing 38, 325-340.
    """
    rows = len(weights)
    wide = len(weights[0]) if rows else 0
    # places count from 1, 0 is where a path begins; those beyond the columns stand for none
    places = wide + rows
    row_price, place_price = [0.0] * rows, [0.0] * (places + 1)
    taken: list[int | None] = [None] * (places + 1)
    for row in range(rows):
        taken[0], at = row, 0
        came, least, seen = [0] * (places + 1), [math.inf] * (places + 1), [False] * (places + 1)
        while (owner := taken[at]) is not None:
            seen[at] = True
            for place in range(1, places + 1):
                weight = max(weights[owner][place - 1], 0.0) if place <= wide else 0.0
                cost = -weight - row_price[owner] - place_price[place]
                if not seen[place] and cost < least[place]:
                    least[place], came[place] = cost, at
            following = min((p for p in range(1, places + 1) if not seen[p]), key=least.__getitem__)
            step = least[following]
            for place in range(places + 1):
                if seen[place]:
                    row_price[taken[place] or 0] += step
                    place_price[place] -= step
                else:
                    least[place] -= step
            at = following
        while at:
            taken[at] = taken[came[at]]
            at = came[at]
    return {
        row: place - 1
        for place, row in enumerate(taken[1 : wide + 1], 1)
        if row is not None and weights[row][place - 1] > 0
    }
