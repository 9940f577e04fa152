"""Fragments of text found through hashed n-grams in an integer array (core GIN index, no extension).

A document is a few lines of text. Its tokens are hashes of all character pairs (and single characters) of
Chinese runs, all triples of Latin and digit runs, and the first one and two characters of each line. A query
must match all its tokens; a LIKE on the text then removes hash collisions, so the answer is exact.
The tenant is part of each hash: another company's names do not lengthen the lists that are read.
"""

import re
import uuid
import zlib
from dataclasses import dataclass

from zhiyin.platform.pinyin import initials, name_key, normalise

_RUNS = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]+")


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask the index for: hashed tokens, and LIKE patterns that confirm."""

    tokens: list[int]
    patterns: list[str]


def document(*, names: list[str], keys: list[str]) -> str:
    """The text that a record is found by: names with pinyin and initials, and codes, numbers, addresses."""
    lines: dict[str, None] = {}
    for name in names:
        for line in (normalise(name), name_key(name).replace(" ", ""), initials(name)):
            lines[line] = None
    for key in keys:
        lines[normalise(key)] = None
    lines.pop("", None)
    return "\n" + "\n".join(lines)


def tokens(tenant_id: uuid.UUID, text: str) -> list[int]:
    """The hashed n-grams of a document's text, sorted, each once."""
    seed = zlib.crc32(tenant_id.bytes)
    grams: set[str] = set()
    for line in text.split("\n"):
        grams.update("^" + line[:size] for size in (1, 2) if len(line) >= size)
        for run in _RUNS.findall(line):
            grams.update(_grams(run))
            if not run.isascii():
                grams.update(run)
    return sorted(_hash(gram, seed) for gram in grams)


def query(tenant_id: uuid.UUID, text: str) -> Query | None:
    """A person's words as a query; ``None`` when there is nothing to look for."""
    seed = zlib.crc32(tenant_id.bytes)
    terms = normalise(text).split()
    grams = _grams_of(terms)
    if not grams and len(terms) > 1:
        terms = ["".join(terms)]  # syllables apart, such as "li an"
        grams = _grams_of(terms)
    patterns = [f"%{_escape(term)}%" for term in terms]
    if not grams and len(terms) == 1 and len(terms[0]) <= 2:
        grams, patterns = {"^" + terms[0]}, [f"%\n{_escape(terms[0])}%"]
    if not grams:
        return None
    return Query(sorted(_hash(gram, seed) for gram in grams), patterns)


def _grams_of(terms: list[str]) -> set[str]:
    return {gram for term in terms for run in _RUNS.findall(term) for gram in _grams(run)}


def _grams(run: str) -> set[str]:
    if run.isascii():
        return {run[start : start + 3] for start in range(len(run) - 2)}
    if len(run) == 1:
        return {run}
    return {run[start : start + 2] for start in range(len(run) - 1)}


def _hash(gram: str, seed: int) -> int:
    value = zlib.crc32(gram.encode(), seed)
    return value - (1 << 32) if value >= 1 << 31 else value


def _escape(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
