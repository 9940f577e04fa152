"""A key of its own for each subject, made with its first value, and what is encrypted under it."""

import datetime
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction

from zhiyin.platform.crypto import boxes, kept
from zhiyin.platform.crypto.errors import Erased, Unreadable
from zhiyin.platform.crypto.ring import DATA, Ring, current_tenant, ring
from zhiyin.platform.models import SubjectKey

log = structlog.get_logger(__name__)
# another transaction may have been first: its key counts
_MAKE = """
INSERT INTO platform_subjectkey (subject_id, version, wrapped)
SELECT each.id, %(version)s, each.wrapped FROM unnest(%(ids)s::uuid[], %(wrapped)s::bytea[]) AS each (id, wrapped)
ON CONFLICT DO NOTHING
"""
Forget = Callable[[uuid.UUID], object]
_forgetting: list[Forget] = []
_FORMAT = b"\x01"


class Item(NamedTuple):
    """A value of a subject's field: plain text to encrypt, or what was encrypted."""

    subject_id: uuid.UUID
    field: str
    value: str | bytes


def encrypt(subject_id: uuid.UUID, field: str, value: str) -> bytes:
    """A value under the subject's own key, to be read as this field of this subject only. Raises ``Erased``."""
    return encrypt_many([Item(subject_id, field, value)])[0]


def decrypt(subject_id: uuid.UUID, field: str, encrypted: bytes) -> str:
    """The value. Raises ``Erased``, and ``Unreadable`` for what was not written here."""
    value = decrypt_many([Item(subject_id, field, encrypted)])[0]
    if value is None:
        raise Erased
    return value


def encrypt_many(items: Sequence[Item], *, within: Ring | None = None) -> list[bytes]:
    """As ``encrypt``, in four statements however many; the subjects stay locked against a change of keys."""
    keys = within or ring()
    subjects = {each.subject_id for each in items}
    _make_missing(keys, subjects)
    found = unwrapped(keys, _locked(subjects))
    if len(found) < len(subjects):
        raise Erased
    return [closed(keys, found[each.subject_id], each) for each in items]


def decrypt_many(items: Sequence[Item], *, within: Ring | None = None) -> list[str | None]:
    """As ``decrypt``, in two statements however many; ``None`` for what was erased."""
    if not items:
        return []
    keys = within or ring()
    subjects = {each.subject_id for each in items}
    found = unwrapped(keys, SubjectKey.objects.filter(pk__in=subjects))
    return [
        opened(keys, found[each.subject_id], each) if each.subject_id in found else None for each in items
    ]


def closed(keys: Ring, key: bytes, item: Item) -> bytes:
    assert isinstance(item.value, str)
    return _FORMAT + boxes.close(key, item.value.encode(), _place(keys, item))


def opened(keys: Ring, key: bytes, item: Item) -> str:
    content = bytes(item.value) if not isinstance(item.value, str) else b""
    if content[:1] != _FORMAT:
        raise Unreadable
    return boxes.open_(key, content[1:], _place(keys, item)).decode()


def _place(keys: Ring, item: Item) -> bytes:
    return keys.place("value", item.subject_id.bytes, item.field)


def wrapped(keys: Ring, subject_id: uuid.UUID, key: bytes, version: int) -> bytes:
    wrapping = boxes.derived(keys.key(DATA, version), "wrap")
    return boxes.close(wrapping, key, keys.place("subject", subject_id.bytes))


def unwrapped(keys: Ring, rows: Iterable[SubjectKey]) -> dict[uuid.UUID, bytes]:
    """The keys of those subjects that still have one."""
    wrapping: dict[int, bytes] = {}
    found = {}
    for each in rows:
        if each.wrapped is None:
            continue
        if each.version not in wrapping:
            wrapping[each.version] = boxes.derived(keys.key(DATA, each.version), "wrap")
        place = keys.place("subject", each.pk.bytes)
        found[each.pk] = boxes.open_(wrapping[each.version], bytes(each.wrapped), place)
    return found


def _make_missing(keys: Ring, subjects: Collection[uuid.UUID]) -> None:
    known = set(SubjectKey.objects.filter(pk__in=subjects).values_list("pk", flat=True))
    version = keys.newest(DATA)
    new = sorted(set(subjects) - known)
    rows = [wrapped(keys, each, boxes.new_key(), version) for each in new]
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, {"ids": new, "version": version, "wrapped": rows})


def _locked(subjects: Collection[uuid.UUID]) -> Iterable[SubjectKey]:
    return SubjectKey.objects.select_for_update(no_key=True).filter(pk__in=subjects).order_by("pk")


def destroy(subject_id: uuid.UUID, *, now: datetime.datetime) -> None:
    """Make all that is encrypted for a subject unreadable for ever; it never has a key again.

    A row without a key stays, so that neither a late write nor an old backup brings one back.
    """
    gone = SubjectKey(subject_id=subject_id, version=0, wrapped=None, destroyed_at=now)
    SubjectKey.objects.bulk_create(
        [gone],
        update_conflicts=True,
        unique_fields=["subject_id"],
        update_fields=["version", "wrapped", "destroyed_at"],
    )
    for forget in _forgetting:
        forget(subject_id)
    row = kept.destroyed_row(subject_id, current_tenant(), now)
    transaction.on_commit(lambda: _blot_out(subject_id, row))


def when_destroyed(forget: Forget) -> None:
    """Have ``forget`` remove what a subject could still be found by, in the transaction that destroys its key."""
    _forgetting.append(forget)


def _blot_out(subject_id: uuid.UUID, row: bytes) -> None:
    """In the keys file too, if it is within reach; else the next backup does it, and `zhiyin doctor` says so."""
    path = kept.remembered(Path(settings.ZHIYIN_HOME))
    try:
        if path is not None and kept.blot_out(path, [subject_id]):
            kept.append(path, [(b"S", row)])
    except OSError as error:
        log.warning("keys_file_out_of_reach", file=str(path), reason=error.strerror)


def destroyed(among: Collection[uuid.UUID] | None = None) -> set[uuid.UUID]:
    """The subjects whose key was destroyed, also those of whom an old backup brought rows back."""
    rows = SubjectKey.objects.filter(wrapped=None)
    if among is not None:
        rows = rows.filter(pk__in=among)
    return set(rows.values_list("pk", flat=True))
