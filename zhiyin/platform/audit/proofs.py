"""Proofs that an entry is in a tenant's log, and that the log only grew, from stored nodes of its tree.

Of the inner nodes every eighth level is kept: one row for 256 entries, one for 65,536 and so on. What lies
between is hashed anew from at most 256 neighbours, so a proof over ten million entries reads at most six
short ranges of rows by their index. The tiles of C2SP's tlog-tiles are cut the same way.
"""

from collections.abc import Callable

from django.db.models import F

from zhiyin.platform.audit.verify import node_hash
from zhiyin.platform.models import AuditLeaf, AuditNode

STEP = 8
WIDTH = 1 << STEP
Node = Callable[[int, int], bytes]


class Damaged(Exception):
    """Part of the tree is not there; the check of the log says where."""


class Stored:
    """The perfect subtrees of the current tenant's log by level and place, read as they are asked for."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        kept = level // STEP * STEP
        count = 1 << level - kept
        block, begin = divmod(index * count, WIDTH)
        if (kept, block) not in self._blocks:
            self._blocks[kept, block] = _read(kept, block * WIDTH)
        hashes = self._blocks[kept, block][begin : begin + count]
        if len(hashes) != count:
            raise Damaged
        while len(hashes) > 1:
            hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]


def _read(level: int, first: int) -> list[bytes]:
    """The stored hashes of a block, as far as there are any without a gap. One statement."""
    if level:
        nodes = AuditNode.objects.filter(level=level, index__gte=first, index__lt=first + WIDTH)
        rows = list(nodes.order_by("index").values_list("index", "hash"))
    else:
        leaves = AuditLeaf.objects.filter(sequence__gt=first, sequence__lte=first + WIDTH)
        rows = list(leaves.order_by("sequence").values_list(F("sequence") - 1, "leaf"))
    return [bytes(found) for at, (place, found) in enumerate(rows, start=first) if place == at]


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The path from leaf ``index``, counted from 0, to the root over ``size`` leaves. RFC 9162, 2.1.3.1."""
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _half(end - begin)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin = middle
    return path[::-1]


def consistency(old_size: int, size: int, node: Node) -> list[bytes]:
    """The path that shows ``size`` leaves to begin with the first ``old_size``. RFC 9162, 2.1.4.1."""
    if not 0 < old_size < size:
        return []
    path: list[bytes] = []
    begin, end, whole = 0, size, True
    while old_size != end:
        middle = begin + _half(end - begin)
        if old_size <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin, whole = middle, False
    if not whole:
        path.append(_subtree(begin, end, node))
    return path[::-1]


def _half(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _subtree(begin: int, end: int, node: Node) -> bytes:
    count = end - begin
    if count & count - 1 == 0:
        level = count.bit_length() - 1
        return node(level, begin >> level)
    middle = begin + _half(count)
    return node_hash(_subtree(begin, middle, node), _subtree(middle, end, node))
