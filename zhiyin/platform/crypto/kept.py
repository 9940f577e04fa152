r"""The keys file, which holds what no dump holds: wrapped keys, and of whom the key was destroyed.

There is one, always the newest; nothing keeps older ones. A line a key, with tabs, as PostgreSQL's COPY writes
them::

    T  id       company  purpose  version  master key  \x… wrapped
    S  subject  company  version  \x… wrapped, or \N   \N, or when it was destroyed

A destroyed key is overwritten where it stands, with noughts. The last line is ``E`` and the number of lines.
"""

import mmap
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

NAME = "zhiyin.keys"
_NOTE = "keys_file"
TENANT_COLUMNS = "id, tenant_id, purpose, version, master, wrapped"
SUBJECT_COLUMNS = "subject_id, tenant_id, version, wrapped, destroyed_at"
_NOTHING = rb"\N"
_WRAPPED, _DESTROYED = 3, 4


class KeysFileError(Exception):
    """The keys file cannot be read or written; the message says why."""


@dataclass
class Keys:
    """Rows as COPY writes them: of companies by company, purpose and version; of subjects by subject."""

    tenants: dict[tuple[bytes, ...], bytes] = field(default_factory=dict)
    subjects: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, other: "Keys") -> None:
        """Those of ``other`` count, but what was destroyed in either is destroyed."""
        self.tenants |= other.tenants
        for subject, row in other.subjects.items():
            before = self.subjects.get(subject)
            if before is None or is_destroyed(row) or not is_destroyed(before):
                self.subjects[subject] = row

    def take(self, kind: bytes, row: bytes) -> None:
        parts = row.split(b"\t")
        if kind == b"T":
            self.tenants[tuple(parts[1:4])] = row
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
    keys, count = Keys(), 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                kind, _tab, row = line.rstrip(b"\n").partition(b"\t")
                if kind == b"E":
                    if int(row) != count:
                        break
                    return keys
                if kind not in (b"T", b"S"):
                    break
                keys.take(kind, _seen(row) if kind == b"S" else row)
                count += 1
    except (OSError, ValueError, IndexError) as error:
        raise KeysFileError(f"{path} cannot be read: {error}") from error
    raise KeysFileError(f"{path} is no keys file of zhiyin, or a part of it is missing.")


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


def blot_out(path: Path, subjects: Iterable[uuid.UUID]) -> int:
    """Overwrite the keys of these subjects where they stand; gives how many there were."""
    done = 0
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as content:
        for subject in subjects:
            begin = content.find(b"S\t" + str(subject).encode() + b"\t")
            if begin >= 0:
                end = content.find(b"\n", begin)
                done += _blot_line(content, begin, end)
        content.flush()
        os.fsync(stream.fileno())
    return done


def _blot_line(content: mmap.mmap, begin: int, end: int) -> int:
    place = content.find(rb"\x", begin, end)
    if place < 0:
        return 0
    stop = content.find(b"\t", place, end)
    content[place + 2 : stop] = b"0" * (stop - place - 2)
    return 1


def remember(home: Path, path: Path) -> None:
    """Note where the keys file is, so that a destroyed key is overwritten there too."""
    (home / _NOTE).write_text(str(path))


def remembered(home: Path) -> Path | None:
    note = home / _NOTE
    return Path(note.read_text().strip()) if note.exists() else None


def rows_of(keys: Keys) -> Iterator[tuple[bytes, bytes]]:
    yield from ((b"T", row) for row in keys.tenants.values())
    yield from ((b"S", row) for row in keys.subjects.values())
