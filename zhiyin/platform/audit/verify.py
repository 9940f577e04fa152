"""Checks an exported audit log, offline: needs nothing but the file and Python's own library.

Every entry that was altered, removed, added or moved is named. A log that was computed anew as a whole is
consistent in itself; it is found by comparing it with a root that was noted earlier.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from zhiyin.platform.audit.entries import CHAIN_START, canonical, chain_hash, entry_hash
from zhiyin.platform.audit.merkle import Tree

FORMAT = 1
MOST_MISSING = 10_000_000


@dataclass(frozen=True)
class Problem:
    """What is wrong, at which line of the file, and with which entry where it is one entry."""

    line: int
    text: str
    sequence: int | None = None


@dataclass
class Report:
    """``size`` entries were read, ``root`` is theirs; ``roots_found`` gives the size at each noted root."""

    tenant: str = ""
    size: int = 0
    root: str = ""
    roots_found: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(lines: Iterable[str], *, noted_roots: Iterable[str] = ()) -> Report:
    """Check the lines of an export, and that the log once had each of ``noted_roots`` (hexadecimal)."""
    return _Check({root.lower() for root in noted_roots}).run(lines)


class _Malformed(Exception):
    pass


class _Check:
    def __init__(self, noted: set[str]) -> None:
        self.report = Report()
        self.noted = noted
        self.tree = Tree()
        self.chain: bytes | None = CHAIN_START
        self.expected = 1
        self.missing: dict[int, int] = {}
        self.head: dict[str, Any] = {}
        self.broken = False
        self.line = 0

    def run(self, lines: Iterable[str]) -> Report:
        for self.line, text in enumerate(lines, start=1):
            try:
                self._line(_parse(text.removesuffix("\n")))
            except (_Malformed, KeyError, TypeError, ValueError) as error:
                self._problem(f"line {self.line} is not a line of an audit export: {error}", self._guess())
        self._finish()
        return self.report

    def _guess(self) -> int | None:
        return self.expected if self.line > 1 else None

    def _line(self, row: dict[str, Any]) -> None:
        kind = row["type"]
        if (kind == "log") != (self.line == 1):
            raise _Malformed("a log begins with its one line of type log")
        if kind == "log":
            self._head(row)
        elif kind == "entry":
            self._entry(row)
        elif kind == "seal":
            self._seal(row)
        else:
            raise _Malformed(f"unknown type {kind!r}")

    def _head(self, row: dict[str, Any]) -> None:
        if row["format"] != FORMAT:
            raise _Malformed(f"format {row['format']!r} is not known")
        _only(row, "type", "format", "tenant", "size", "root")
        bytes.fromhex(row["root"])
        self.head = row
        self.report.tenant = row["tenant"]

    def _entry(self, row: dict[str, Any]) -> None:
        _only(row, "type", "sequence", "entry", "leaf", "chain")
        sequence = row["sequence"]
        if type(sequence) is not int or not 1 <= sequence < self.expected + MOST_MISSING:
            raise _Malformed("its number cannot be")
        if not isinstance(row["entry"], dict):
            raise _Malformed("its entry is not an object")
        self._place(sequence)
        leaf = entry_hash(sequence, row["entry"])
        if leaf.hex() != row["leaf"]:
            self._problem(f"entry {sequence} was altered", sequence)
        elif row["entry"].get("tenant") != self.report.tenant:
            self._problem(f"entry {sequence} belongs to another tenant", sequence)
        elif self.chain is not None and chain_hash(self.chain, leaf).hex() != row["chain"]:
            self._problem(f"entry {sequence} does not follow from the entries before it", sequence)
        self.chain = bytes.fromhex(row["chain"])
        self.tree.append(leaf)
        self._note(self.tree.root().hex())

    def _place(self, sequence: int) -> None:
        if sequence == self.expected:
            self.expected += 1
        elif sequence > self.expected:
            self.missing |= dict.fromkeys(range(self.expected, sequence), self.line)
            self.expected = sequence + 1
            self.broken, self.chain = True, None
        else:
            moved = self.missing.pop(sequence, None) is not None
            text = f"entry {sequence} was moved" if moved else f"entry {sequence} is there twice"
            self._problem(text, sequence)
            self.chain = None

    def _seal(self, row: dict[str, Any]) -> None:
        _only(row, "type", "size", "root")
        if not self.broken and (row["size"], row["root"]) != (self.tree.size, self.tree.root().hex()):
            self._problem(f"the seal over {row['size']} entries does not match them")

    def _finish(self) -> None:
        for sequence, line in sorted(self.missing.items()):
            self._problem(f"entry {sequence} is missing", sequence, line)
        size = self.head.get("size", 0)
        for sequence in range(self.expected, min(size, self.expected + MOST_MISSING) + 1):
            self._problem(f"entry {sequence} is missing at the end", sequence)
        if not self.head:
            self._problem("the file is empty or has no first line of type log")
        elif not self.broken and (size, self.head["root"]) != (self.tree.size, self.tree.root().hex()):
            self._problem("the root in the first line does not match the entries")
        self._note(Tree().root().hex() if not self.tree.size else "")
        for root in sorted(self.noted - set(self.report.roots_found)):
            self._problem(f"the log never had the root {root}: it was rewritten since that was noted")
        self.report.size, self.report.root = self.tree.size, self.tree.root().hex()

    def _note(self, root: str) -> None:
        if root in self.noted:
            self.report.roots_found.setdefault(root, self.tree.size)

    def _problem(self, text: str, sequence: int | None = None, line: int | None = None) -> None:
        self.broken = True
        self.report.problems.append(Problem(line or self.line, text, sequence))


def _parse(text: str) -> dict[str, Any]:
    row = json.loads(text)
    if not isinstance(row, dict):
        raise _Malformed("it is not a JSON object")
    if canonical(row) != text:
        raise _Malformed("it is not spelled as an export spells it")
    return row


def _only(row: dict[str, Any], *keys: str) -> None:
    if set(row) != set(keys):
        raise _Malformed(f"it should have {', '.join(keys)}")
