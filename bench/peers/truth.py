"""Precision and recall of pairs against the columns ``who`` and ``side``."""

from collections import Counter
from collections.abc import Iterable
from typing import Any


def measured(table: Any, pairs: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """Pairs are places in the table; where there are two sides only pairs between them count."""
    who, side = table["who"].to_pylist(), table["side"].to_pylist()
    found = {tuple(sorted(pair)) for pair in pairs}
    hits = sum(who[one] == who[other] for one, other in found)
    counts = Counter(who)
    if any(side):
        first = Counter(one for one, of in zip(who, side, strict=True) if of == 0)
        true = sum(count * (counts[one] - count) for one, count in first.items())
    else:
        true = sum(count * (count - 1) // 2 for count in counts.values())
    return {"pairs": len(found), "precision": hits / max(len(found), 1), "recall": hits / true}
