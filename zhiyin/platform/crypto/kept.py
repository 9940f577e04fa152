r"""The keys file, which holds what no dump holds: wrapped keys, and of whom the key was destroyed.

There is one, always the newest; nothing keeps older ones. A line a key, with tabs, as PostgreSQL's COPY writes
them::

    T  id       company  purpose  version  master key  \x… wrapped
    S  subject  company  version  \x… wrapped, or \N   \N, or when it was destroyed
    X  id       company  \x… hash by which an erased person is known again  kind  when

A destroyed key is overwritten where it stands, with noughts. The last line is ``E`` and the number of lines before
it; what was appended since stands behind, and ends with an ``E`` of its own.
"""

import datetime
import mmap
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

NAME = "zhiyin.keys"
_NOTE = "keys_file"
TENANT_COLUMNS = "id, tenant_id, purpose, version, master, wrapped"
SUBJECT_COLUMNS = "subject_id, tenant_id, version, wrapped, destroyed_at"
SUPPRESSION_COLUMNS = "id, tenant_id, hash, kind, suppressed_at"
_NOTHING = rb"\N"
_WRAPPED, _DESTROYED = 3, 4
_KINDS = (b"T", b"S", b"X")


class KeysFileError(Exception):
    """The keys file cannot be read or written; the message says why."""


@dataclass
class Keys:
    """Rows as COPY writes them: of companies by company, purpose and version; of subjects by subject; of what is
    suppressed by company and hash.
    """

    tenants: dict[tuple[bytes, ...], bytes] = field(default_factory=dict)
    subjects: dict[bytes, bytes] = field(default_factory=dict)
    suppressions: dict[tuple[bytes, ...], bytes] = field(default_factory=dict)

    def add(self, other: "Keys") -> None:
        """Those of ``other`` count, but what was destroyed in either is destroyed."""
        self.tenants |= other.tenants
        self.suppressions |= other.suppressions
        for subject, row in other.subjects.items():
            before = self.subjects.get(subject)
            if before is None or is_destroyed(row) or not is_destroyed(before):
                self.subjects[subject] = row

    def take(self, kind: bytes, row: bytes) -> None:
        parts = row.split(b"\t")
        if kind == b"T":
            self.tenants[tuple(parts[1:4])] = row
        elif kind == b"X":
            self.suppressions[tuple(parts[1:3])] = row
        else:
            self.subjects[parts[0]] = row

    def living(self) -> set[bytes]:
        return {subject for subject, row in self.subjects.items() if not is_destroyed(row)}

    def masters(self) -> set[str]:
        """The versions of the master key that unwrap these."""
        return {row.split(b"\t")[4].decode() for row in self.tenants.values()}


def is_destroyed(row: bytes) -> bool:
    return row.split(b"\t")[_DESTROYED] != _NOTHING


def read(path: Path) -> Keys:
    """What the file holds. Raises ``KeysFileError`` for one that is no keys file or whose end is missing."""
    keys, count, whole = Keys(), 0, False
    pending: list[tuple[bytes, bytes]] = []
    try:
        with path.open("rb") as lines:
            for line in lines:
                kind, _tab, row = line.rstrip(b"\n").partition(b"\t")
                if kind == b"E" and int(row) == count:
                    for each, found in pending:
                        keys.take(each, _seen(found) if each == b"S" else found)
                    whole, pending = True, []
                elif kind not in _KINDS:
                    break
                else:
                    pending.append((kind, row))
                    count += 1
    except (OSError, ValueError, IndexError) as error:
        raise KeysFileError(f"{path} cannot be read: {error}") from error
    if not whole:
        raise KeysFileError(f"{path} is no keys file of zhiyin, or a part of it is missing.")
    return keys


def _seen(row: bytes) -> bytes:
    """A row whose key was overwritten where it stood is one without a key."""
    parts = row.split(b"\t")
    if parts[_DESTROYED] == _NOTHING and not parts[_WRAPPED].strip(rb"\x0"):
        parts[2], parts[_WRAPPED], parts[_DESTROYED] = b"0", _NOTHING, b"1970-01-01 00:00:00+00"
    return b"\t".join(parts)


def write(path: Path, rows: Iterable[tuple[bytes, bytes]]) -> int:
    """Put a new file in the place of the old one, which is overwritten; gives the number of keys."""
    draft = path.with_name(path.name + ".partial")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    count = 0
    with draft.open("wb") as stream:
        for kind, row in rows:
            stream.write(kind + b"\t" + row + b"\n")
            count += 1
        stream.write(b"E\t%d\n" % count)
        stream.flush()
        os.fsync(stream.fileno())
    if not path.exists():
        draft.replace(path)
        return count
    with path.open("r+b") as former:
        draft.replace(path)
        _blot(former)
    return count


def _blot(stream: IO[bytes]) -> None:
    left = os.fstat(stream.fileno()).st_size
    while left > 0:
        left -= stream.write(bytes(min(left, 1 << 20)))
    stream.flush()
    os.fsync(stream.fileno())


def append(path: Path, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Add rows; should that be cut short, the file is read as it was before. Raises ``KeysFileError``, ``OSError``."""
    with path.open("r+b") as stream:
        count, end = 0, 0
        for line in stream:
            if line[:1] == b"E" and line.endswith(b"\n"):
                count, end = int(line[2:]), stream.tell()
        stream.seek(end)
        stream.truncate()
        stream.write(b"".join(kind + b"\t" + row + b"\n" for kind, row in rows))
        stream.write(b"E\t%d\n" % (count + len(rows)))
        stream.flush()
        os.fsync(stream.fileno())


def destroyed_row(subject: uuid.UUID, tenant: uuid.UUID, now: datetime.datetime) -> bytes:
    """What stands for a subject that had no line when its key was destroyed."""
    return f"{subject}\t{tenant}\t0\t\\N\t{now.isoformat()}".encode()


def suppression_row(
    key: uuid.UUID, tenant: uuid.UUID, hashed: bytes, kind: str, now: datetime.datetime
) -> bytes:
    return f"{key}\t{tenant}\t\\x{hashed.hex()}\t{kind}\t{now.isoformat()}".encode()


def blot_out(path: Path, subjects: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Overwrite the keys of these subjects where they stand; gives those that have no line."""
    unknown = []
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as content:
        for subject in subjects:
            begin = content.find(b"S\t" + str(subject).encode() + b"\t")
            if begin >= 0:
                end = content.find(b"\n", begin)
                _blot_line(content, begin, end)
            else:
                unknown.append(subject)
        content.flush()
        os.fsync(stream.fileno())
    return unknown


def _blot_line(content: mmap.mmap, begin: int, end: int) -> None:
    place = content.find(rb"\x", begin, end)
    if place >= 0:
        stop = content.find(b"\t", place, end)
        content[place + 2 : stop] = b"0" * (stop - place - 2)


def remember(home: Path, path: Path) -> None:
    """Note where the keys file is, so that a destroyed key is overwritten there too."""
    (home / _NOTE).write_text(str(path))


def remembered(home: Path) -> Path | None:
    note = home / _NOTE
    return Path(note.read_text().strip()) if note.exists() else None


def rows_of(keys: Keys) -> Iterator[tuple[bytes, bytes]]:
    yield from ((b"T", row) for row in keys.tenants.values())
    yield from ((b"S", row) for row in keys.subjects.values())
    yield from ((b"X", row) for row in keys.suppressions.values())
