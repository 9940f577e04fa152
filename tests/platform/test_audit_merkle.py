"""The tree of RFC 6962 against its definition and published values."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.platform.audit.verify import EMPTY, Tree, leaf_hash, node_hash

# The reference implementation's own vectors (certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH exactly as section 2.1 writes it, by recursion."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def grown(leaves: list[bytes]) -> Tree:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree


@pytest.mark.parametrize("size", ROOTS)
def test_published_roots(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size]


def test_the_empty_tree() -> None:
    assert Tree().root() == EMPTY == defined_root([])


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_grown_tree_is_the_defined_one(leaves: list[bytes]) -> None:
    assert grown(leaves).root() == defined_root(leaves)


@given(st.lists(st.binary(max_size=8), max_size=40), st.lists(st.binary(max_size=8), max_size=40))
def test_a_tree_grows_on_from_its_peaks(first: list[bytes], second: list[bytes]) -> None:
    kept = grown(first)
    tree = Tree(kept.size, kept.peaks)
    for leaf in second:
        tree.append(leaf_hash(leaf))
    assert tree.root() == defined_root(first + second)


def test_wrong_peaks_are_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Tree(3, [b"x" * 32])
