"""Files that hold the person among others: exports, lists to print, files that were imported."""

import datetime
import io
import zipfile

from zhiyin.customers.actions.erasure.person import Person
from zhiyin.platform import files
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import StoredFile

_LARGEST = 64 << 20  # bytes that are looked through; of a larger file one assumes that it names everybody
_ZIP = b"PK\x03\x04"
_OPAQUE = (b"%PDF", b"PAR1", b"\x1f\x8b")


def empty_files(person: Person, stored: list[StoredFile], now: datetime.datetime) -> int:
    """Empty those of some files that name the person, or that cannot be looked through; how many."""
    done = 0
    for each in stored:
        if each.expired_at is None and _names(each, person):
            files.expire(each, now=now)
            done += 1
    return done


def _names(stored: StoredFile, person: Person) -> bool:
    try:
        with files.open_stored(stored) as stream:
            content = stream.read(_LARGEST + 1)
    except NotFound:
        return False
    if len(content) > _LARGEST or content.startswith(_OPAQUE):
        return True
    text = _unzipped(content) if content.startswith(_ZIP) else _decoded(content)
    return bool(person.blotted(text) != text)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _unzipped(content: bytes) -> str:
    """The texts of an Excel file or of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(_decoded(archive.read(name)) for name in archive.namelist())
