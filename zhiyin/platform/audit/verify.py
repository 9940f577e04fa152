"""Checks what an audit log gives out, offline: this file alone, without a database and without zhiyin.

    python verify.py FILE [--checkpoint FILE]... [--key KEY]

FILE is an export of the log, or a proof about one of its entries or about its growth. A checkpoint is what
was handed out earlier: the log must still hold all that it held then. KEY is the verifier key that the
installation shows; with it, signatures are checked too, for which ``cryptography`` must be installed.

Every entry that was altered, removed, added or moved is named. An entry about a person who was erased lost what it
said; it keeps its place and its hash, and a later entry lists it with the hash that it has since. A log that was computed anew as a whole is
consistent in itself: it is found by a checkpoint, or a root, that was noted elsewhere before.

Spelling: an entry's leaf is SHA-256(0x00, JSON), an inner node SHA-256(0x01, left, right), as RFC 6962 and
RFC 9162 have it. A checkpoint is a C2SP tlog-checkpoint, signed as a C2SP signed note with Ed25519.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
# what an entry about an erased person says, and the action of the entry that lists such entries
REDACTED = {"redacted": [None, True]}
REDACTION = "platform.entries_redacted"
CHAIN_START = bytes(32)
EMPTY = hashlib.sha256(b"").digest()
ED25519 = b"\x01"
BARE_KEY = 44  # characters of 32 bytes
MOST_MISSING = 10_000_000

TEXTS = {
    "malformed": "line {line} is not a line of an audit export: {detail}",
    "altered": "entry {sequence} was altered",
    "foreign": "entry {sequence} belongs to another tenant",
    "unlinked": "entry {sequence} does not follow from the entries before it",
    "moved": "entry {sequence} was moved",
    "twice": "entry {sequence} is there twice",
    "missing": "entry {sequence} is missing",
    "cut": "entry {sequence} is missing at the end",
    "seal": "the seal over {detail} entries does not match them",
    "headless": "the file is empty or has no first line of type log",
    "root": "the root in the first line does not match the entries",
    "noted": "the log never had the root {detail}: it was rewritten since that was noted",
    "checkpoint": "the log is not what the checkpoint over {detail} entries says: it was rewritten since",
    "shorter": "the log is shorter than the {detail} entries of a checkpoint: its end was removed",
    "tenant": "a checkpoint is about another log: {detail}",
    "signature": "a checkpoint is not signed with this key: {detail}",
    "unreadable": "a checkpoint cannot be read: {detail}",
    "proof": "the proof does not hold: {detail}",
    "node": "a stored node of the tree does not match the entries: {detail}",
    "kept_seal": "the stored seal over {detail} entries does not match them",
    "kept_checkpoint": "the stored checkpoint over {detail} entries was altered or removed",
    "unsealed": "{detail} entries stand beside the log: put in without a seal, or their seal was removed",
}


# spelling and hashes


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks, so that equal entries have equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def entry_hash(sequence: int, entry: dict[str, Any]) -> bytes:
    """The leaf hash of an entry at its place in the log, counted from 1."""
    return leaf_hash(canonical({"sequence": sequence, "entry": entry}).encode())


def chain_hash(before: bytes, leaf: bytes) -> bytes:
    """The link from all entries before to this one."""
    return hashlib.sha256(b"\x02" + before + leaf).digest()


class Tree:
    """A Merkle tree of which only the peaks are kept: the roots of the perfect subtrees, the largest first."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf by its hash. Gives the subtrees that it completes, by level: the leaf itself first."""
        done = [leaf]
        for _ in range((~self.size & self.size + 1).bit_length() - 1):
            done.append(node_hash(self.peaks.pop(), done[-1]))
        self.peaks.append(done[-1])
        self.size += 1
        return done

    def root(self) -> bytes:
        """The hash over all leaves; that of the empty string for an empty tree."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


# proofs


class Refused(Exception):
    """A proof or a checkpoint does not hold; the message says why."""


def inclusion_root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root over ``size`` leaves that a path from leaf ``index``, counted from 0, leads to.

    RFC 9162, 2.1.3.2. Raises ``Refused`` for a path that no tree of this size has.
    """
    if not 0 <= index < size:
        raise Refused("there is no such entry in a log of this size")
    root, last = leaf, size - 1
    for other in path:
        if last == 0:
            raise Refused("the path is too long")
        if index & 1 or index == last:
            root = node_hash(other, root)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = node_hash(root, other)
        index, last = index >> 1, last >> 1
    if last:
        raise Refused("the path is too short")
    return root


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """That the first ``old_size`` of ``size`` leaves are what they were. RFC 9162, 2.1.4.2.

    Raises ``Refused``.
    """
    if not 0 <= old_size <= size:
        raise Refused("a log does not grow shorter")
    if old_size in (0, size):
        if path or old_root != (EMPTY if old_size == 0 else root):
            raise Refused("the roots do not agree")
        return
    rest = list(path)
    if old_size & (old_size - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        raise Refused("the path is too short")
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = rest[0]
    for other in rest[1:]:
        if last == 0:
            raise Refused("the path is too long")
        if here & 1 or here == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, other)
        here, last = here >> 1, last >> 1
    if last or old != old_root or new != root:
        raise Refused("the roots do not agree")


# checkpoints


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement of the log's ``size`` and ``root``; ``origin`` names the log, ``time`` is in UTC."""

    origin: str
    size: int
    root: bytes
    time: str
    text: str
    signatures: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def read(cls, note: str) -> "Checkpoint":
        """Parse a signed note. Raises ``Refused``. Says nothing about its signatures."""
        text, found, signed = note.rpartition("\n\n")
        lines = (text + "\n").split("\n")[:-1]
        try:
            if not found or len(lines) < 3 or not lines[1].isascii() or lines[1] != str(int(lines[1])):
                raise Refused("it is not a signed checkpoint")
            root = base64.b64decode(lines[2], validate=True)
            signatures = tuple(_signature(line) for line in signed.removesuffix("\n").split("\n"))
        except (ValueError, binascii.Error) as error:
            raise Refused("it is not a signed checkpoint") from error
        if len(root) != hashlib.sha256().digest_size or int(lines[1]) < 0:
            raise Refused("it is not a signed checkpoint")
        extra = [line.removeprefix("time ") for line in lines[3:] if line.startswith("time ")]
        return cls(lines[0], int(lines[1]), root, extra[0] if extra else "", text + "\n", signatures)

    def check_signature(self, key: str) -> None:
        """That the installation of this verifier key signed it. Raises ``Refused``."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        public = public_key(key)
        name, key_id = self.origin, note_key_id(self.origin, public)
        found = [data[4:] for signer, data in self.signatures if (signer, data[:4]) == (name, key_id)]
        if not found:
            raise Refused("nobody signed it with this key")
        for signature in found:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, self.text.encode())
            except InvalidSignature as error:
                raise Refused("its signature is wrong") from error


def checkpoint_text(origin: str, size: int, root: bytes, time: str) -> str:
    """What is signed. Checkpoints have no room for the time but an extension line."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\ntime {time}\n"


def origin_of(tenant: str) -> str:
    """The name of a tenant's log."""
    return f"zhiyin/audit/{tenant}"


def note_key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def public_key(key: str) -> bytes:
    """The 32 bytes of a key: as shown, or a note verifier key (``name+id+key``). Raises ``Refused``."""
    try:
        # the name holds no plus sign, the key may
        data = base64.b64decode(key.split("+", 2)[-1] if len(key) > BARE_KEY else key, validate=True)
    except binascii.Error as error:
        raise Refused("this is not a key") from error
    data = data[1:] if len(data) == 33 and data[:1] == ED25519 else data
    if len(data) != 32:
        raise Refused("this is not a key")
    return data


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, data = line.split(" ")
    if dash != "—" or not name:
        raise ValueError(line)
    return name, base64.b64decode(data, validate=True)


# what is checked, and what is said of it


@dataclass(frozen=True)
class Problem:
    """What is wrong: its kind, the line of the file, the entry where it is one entry."""

    kind: str
    line: int = 0
    sequence: int | None = None
    detail: str = ""

    @property
    def text(self) -> str:
        return TEXTS[self.kind].format(line=self.line, sequence=self.sequence, detail=self.detail)


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

    @property
    def first_bad(self) -> int | None:
        """The lowest number of an entry that something is wrong with."""
        return min((each.sequence for each in self.problems if each.sequence is not None), default=None)

    def add(self, kind: str, line: int = 0, sequence: int | None = None, detail: str = "") -> None:
        self.problems.append(Problem(kind, line, sequence, detail))


def verify(
    lines: Iterable[str], *, noted_roots: Iterable[str] = (), checkpoints: Iterable[str] = (), key: str = ""
) -> Report:
    """Check the lines of an export or of a proof.

    The log must once have had each of ``noted_roots`` (hexadecimal) and be what each of ``checkpoints``
    (signed notes) says; with ``key`` their signatures must be that installation's.
    """
    report = Report()
    known = _read_checkpoints(report, checkpoints, key)
    rows = iter(lines)
    first = next(rows, None)
    proof = _as_proof(first)
    if proof:
        _check_proof(report, proof, known, key)
    else:
        _Log(report, {root.lower() for root in noted_roots}, known).run(_chained(first, rows))
    return report


def _chained(first: str | None, rest: Iterable[str]) -> Iterable[str]:
    if first is not None:
        yield first
        yield from rest


def _read_checkpoints(report: Report, notes: Iterable[str], key: str) -> list[Checkpoint]:
    known = []
    for note in notes:
        try:
            point = Checkpoint.read(note)
        except Refused as error:
            report.add("unreadable", detail=str(error))
            continue
        known.append(point)
        _check_signature(report, point, key)
    return known


def _check_signature(report: Report, point: Checkpoint, key: str) -> None:
    if key:
        try:
            point.check_signature(key)
        except Refused as error:
            report.add("signature", detail=str(error))


class _Malformed(Exception):
    pass


class _Log:
    """Reads an export line by line, and knows at each what must come."""

    def __init__(self, report: Report, noted: set[str], checkpoints: list[Checkpoint]) -> None:
        self.report = report
        self.noted = noted
        self.checkpoints: dict[int, list[Checkpoint]] = {}
        for point in checkpoints:
            self.checkpoints.setdefault(point.size, []).append(point)
        self.tree = Tree()
        self.chain: bytes | None = CHAIN_START
        self.expected = 1
        self.missing: dict[int, int] = {}
        self.head: dict[str, Any] = {}
        self.broken = False
        self.line = 0
        # by number: leaf, present hash, line; and leaf, present hash, number of the entry that lists them
        self.redacted: dict[int, tuple[str, str, int]] = {}
        self.listed: dict[int, tuple[str, str, int]] = {}

    def run(self, lines: Iterable[str]) -> None:
        for self.line, text in enumerate(lines, start=1):
            try:
                self._line(_parse(text.removesuffix("\n")))
            except (_Malformed, KeyError, TypeError, ValueError) as error:
                self._problem("malformed", self.expected if self.line > 1 else None, detail=str(error))
        self._finish()

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
        leaf = entry_hash(sequence, row["entry"])
        if leaf.hex() != row["leaf"] and row["leaf"] == entry_hash(self.expected, row["entry"]).hex():
            sequence = self.expected  # only its number was altered
        self._place(sequence)
        if leaf.hex() != row["leaf"] and row["entry"].get("changes") == REDACTED:
            self.redacted[sequence] = (row["leaf"], leaf.hex(), self.line)
            leaf = bytes.fromhex(row["leaf"])
        if leaf.hex() != row["leaf"]:
            self._problem("altered", sequence)
        elif row["entry"].get("tenant") != self.report.tenant:
            self._problem("foreign", sequence)
        elif self.chain is not None and chain_hash(self.chain, leaf).hex() != row["chain"]:
            self._problem("unlinked", sequence)
        elif row["entry"].get("action") == REDACTION:
            self.listed |= {
                int(number): (was, now, sequence)
                for number, (was, now) in row["entry"]["changes"]["entries"][1].items()
            }
        self.chain = bytes.fromhex(row["chain"])
        self.tree.append(leaf)
        self._note()

    def _place(self, sequence: int) -> None:
        if sequence == self.expected:
            self.expected += 1
        elif sequence > self.expected:
            self.missing |= dict.fromkeys(range(self.expected, sequence), self.line)
            self.expected = sequence + 1
            self.broken, self.chain = True, None
        else:
            moved = self.missing.pop(sequence, None) is not None
            self._problem("moved" if moved else "twice", sequence)
            self.chain = None

    def _seal(self, row: dict[str, Any]) -> None:
        _only(row, "type", "size", "root")
        if not self.broken and (row["size"], row["root"]) != (self.tree.size, self.tree.root().hex()):
            self._problem("seal", detail=str(row["size"]))

    def _finish(self) -> None:
        for sequence, (was, now, line) in self.redacted.items():
            *hashes, listing = self.listed.get(sequence, ("", "", 0))
            if hashes != [was, now] or listing <= sequence:
                self._problem("altered", sequence, line)
        for sequence, line in sorted(self.missing.items()):
            self._problem("missing", sequence, line)
        size = self.head.get("size", 0)
        for sequence in range(self.expected, min(size, self.expected + MOST_MISSING) + 1):
            self._problem("cut", sequence)
        if not self.head:
            self._problem("headless")
        elif not self.broken and (size, self.head["root"]) != (self.tree.size, self.tree.root().hex()):
            self._problem("root")
        if not self.tree.size:
            self._note()
        for root in sorted(self.noted - set(self.report.roots_found)):
            self._problem("noted", detail=root)
        for point in (each for points in self.checkpoints.values() for each in points):
            self._compare(point)
        self.report.size, self.report.root = self.tree.size, self.tree.root().hex()

    def _note(self) -> None:
        if self.noted or self.tree.size in self.checkpoints:
            root = self.tree.root()
            if root.hex() in self.noted:
                self.report.roots_found.setdefault(root.hex(), self.tree.size)
            if any(point.root != root for point in self.checkpoints.get(self.tree.size, ())):
                self._problem("checkpoint", detail=str(self.tree.size))

    def _compare(self, point: Checkpoint) -> None:
        if self.head and point.origin != origin_of(self.report.tenant):
            self._problem("tenant", detail=point.origin)
        elif point.size > self.tree.size:
            self._problem("shorter", detail=str(point.size))

    def _problem(
        self, kind: str, sequence: int | None = None, line: int | None = None, detail: str = ""
    ) -> None:
        self.broken = True
        self.report.add(kind, line or self.line, sequence, detail)


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


# proofs in files


def _as_proof(text: str | None) -> dict[str, Any] | None:
    try:
        row = json.loads(text or "")
    except ValueError:
        return None
    return row if isinstance(row, dict) and row.get("type") in ("inclusion", "consistency") else None


def _check_proof(report: Report, proof: dict[str, Any], known: list[Checkpoint], key: str) -> None:
    """A proof holds against a checkpoint of its size: one that was given, or the signed one it brings along."""
    try:
        report.tenant, report.size, report.root = proof["tenant"], proof["size"], proof["root"]
        path = [bytes.fromhex(each) for each in proof["path"]]
        root = bytes.fromhex(proof["root"])
        heads = {proof["size"]: root}
        if proof["type"] == "inclusion":
            leaf = entry_hash(proof["sequence"], proof["entry"])
            if proof["entry"]["tenant"] != proof["tenant"]:
                raise Refused("the entry belongs to another tenant")
            if redaction := proof.get("redaction"):
                leaf = _leaf_before(proof, leaf, redaction)
            if inclusion_root(leaf, proof["sequence"] - 1, proof["size"], path) != root:
                raise Refused("the entry is not in the log of this root")
        else:
            heads[proof["old_size"]] = old_root = bytes.fromhex(proof["old_root"])
            check_consistency(proof["old_size"], old_root, proof["size"], root, path)
        notes = [note for note in (proof.get("old_checkpoint"), proof.get("checkpoint")) if note]
        brought = _read_checkpoints(report, notes, key)
        _same_heads(heads, origin_of(proof["tenant"]), [*known, *brought])
        if key and not brought and not known:
            raise Refused("it brings no signed checkpoint, and none was given")
    except Refused as error:
        report.add("proof", 1, proof.get("sequence"), str(error))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        report.add("proof", 1, None, f"it is not a proof ({error})")


def _leaf_before(proof: dict[str, Any], found: bytes, redaction: dict[str, Any]) -> bytes:
    """The leaf of a redacted entry, by the entry of the same log that lists it. Raises ``Refused``."""
    number, entry = redaction["sequence"], redaction["entry"]
    path = [bytes.fromhex(each) for each in redaction["path"]]
    if inclusion_root(entry_hash(number, entry), number - 1, proof["size"], path) != bytes.fromhex(
        proof["root"]
    ):
        raise Refused("the entry that lists it as redacted is not in the log of this root")
    was, now = entry["changes"]["entries"][1].get(str(proof["sequence"]), ("", ""))
    redacted = proof["entry"]["changes"] == REDACTED and now == found.hex() and number > proof["sequence"]
    if entry["action"] != REDACTION or entry["tenant"] != proof["tenant"] or not redacted:
        raise Refused("the entry was altered, not redacted")
    return bytes.fromhex(was)


def _same_heads(heads: dict[int, bytes], origin: str, points: list[Checkpoint]) -> None:
    for point in points:
        if point.origin != origin:
            raise Refused(f"a checkpoint is about another log, {point.origin}")
        if point.size not in heads:
            raise Refused(f"it is not about the checkpoint over {point.size} entries")
        if heads[point.size] != point.root:
            raise Refused(f"its root is not that of the checkpoint over {point.size} entries")


def told(report: Report) -> str:
    """A report for people: ``ok`` with the root, or what is wrong, the first bad entry before all."""
    if report.ok:
        return f"ok: {report.size} entries, root {report.root}"
    first = report.first_bad
    lines = [] if first is None else [f"first bad entry: {first}"]
    return "\n".join([*lines, *(f"line {each.line}: {each.text}" for each in report.problems)])


def main() -> int:
    """Status 0 when all is well, 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Check an exported audit log, or a proof about it, offline.")
    parser.add_argument("file", type=Path, help="an export of the log, or a proof")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="kept from earlier")
    parser.add_argument("--root", action="append", default=[], help="a root that was noted earlier")
    parser.add_argument("--key", default="", help="the installation's verifier key")
    asked = parser.parse_args()
    notes = [each.read_text("utf-8", "replace") for each in asked.checkpoint]
    with asked.file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        report = verify(lines, noted_roots=asked.root, checkpoints=notes, key=asked.key)
    sys.stdout.write(told(report) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
