"""A company's keys, made when first needed and wrapped by the master key.

``DATA`` wraps subjects' keys and seals secrets; ``INDEX`` makes blind indexes; ``SUPPRESSION`` makes hashes that
outlive what they were made of, and so never changes. Of each the newest version is used, and older ones are
read until nothing is under them any more.
"""

import functools
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from zhiyin.platform.crypto import boxes
from zhiyin.platform.crypto.errors import MasterKeyMissing, Unreadable
from zhiyin.platform.crypto.master import master_keys
from zhiyin.platform.models import MasterKey, TenantKey

DATA, INDEX, SUPPRESSION = "data", "index", "suppression"
PURPOSES = (DATA, INDEX, SUPPRESSION)
_VERSION = 4
_BLIND = 16
_LOCK = 0x7A68796B6579  # "zhykey"


@dataclass(frozen=True)
class Ring:
    """The keys of one company by purpose and version."""

    tenant_id: uuid.UUID
    keys: Mapping[tuple[str, int], bytes] = field(repr=False)

    def newest(self, purpose: str) -> int:
        return max(version for each, version in self.keys if each == purpose)

    def versions(self, purpose: str) -> list[int]:
        """Newest first."""
        return sorted((version for each, version in self.keys if each == purpose), reverse=True)

    def key(self, purpose: str, version: int) -> bytes:
        """Raises ``Unreadable`` for a version that was forgotten."""
        try:
            return self.keys[purpose, version]
        except KeyError:
            raise Unreadable from None

    def place(self, *parts: str | bytes) -> bytes:
        return boxes.place(self.tenant_id.bytes, *parts)


def ring() -> Ring:
    """The keys of the transaction's company; made if there are none. Raises ``CryptoError``."""
    rows = list(TenantKey.objects.all())
    if len({each.purpose for each in rows}) < len(PURPOSES):
        make_missing()
        rows = list(TenantKey.objects.all())
    keys = {
        (each.purpose, each.version): _unwrapped(each.master, bytes(each.wrapped), place_of(each))
        for each in rows
    }
    return Ring(rows[0].tenant_id, keys)


def place_of(key: TenantKey) -> bytes:
    return boxes.place("company key", key.tenant_id.bytes, key.purpose, str(key.version))


@functools.lru_cache(maxsize=4096)
def _unwrapped(master: str, wrapped: bytes, place: bytes) -> bytes:
    """A KMS may be far away; what is wrapped says itself when it is another key."""
    return master_keys().unwrap(master, wrapped, place)


def make_missing() -> None:
    """Several may be at it: the first row of a kind stays."""
    for purpose in PURPOSES:
        if not TenantKey.objects.filter(purpose=purpose).exists():
            add(purpose, 1)


def add(purpose: str, version: int) -> None:
    """A new key for a purpose, unless there is that version already."""
    key = TenantKey(tenant_id=current_tenant(), purpose=purpose, version=version, master=wrapping_version())
    key.wrapped = master_keys().wrap(boxes.new_key(), place_of(key))
    TenantKey.objects.bulk_create([key], ignore_conflicts=True)


def current_tenant() -> uuid.UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_tenant()")
        found: uuid.UUID = cursor.fetchone()[0]
    return found


def wrapping_version() -> str:
    """The master key's current version; the first is made only for a database that knows none.

    A second machine without the key must not begin one of its own. Raises ``MasterKeyMissing``.
    """
    held = master_keys()
    known = list(MasterKey.objects.values_list("version", flat=True))
    if known and held.current() in known:
        return held.current()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    known = list(MasterKey.objects.order_by("made_at").values_list("version", flat=True))
    if known and not any(held.has(each) for each in known):
        raise MasterKeyMissing(known[-1])
    version = held.current() or held.make("")
    MasterKey.objects.bulk_create([MasterKey(version=version)], ignore_conflicts=True)
    return version


def blind(field: str, value: str) -> bytes:
    """What equal values of a field have in common, 16 bytes: for an index that tells nobody the value."""
    return blinds(field, value)[0]


def blinds(field: str, value: str, *, within: Ring | None = None) -> list[bytes]:
    """``blind`` under each version of the key, newest first: what to look for while keys are being rotated."""
    keys = within or ring()
    return [blinded(keys, version, field, value) for version in keys.versions(INDEX)]


def blinded(keys: Ring, version: int, field: str, value: str) -> bytes:
    message = keys.place("blind", field, boxes.normal(value))
    return hmac.new(keys.key(INDEX, version), message, hashlib.sha256).digest()[:_BLIND]


def suppression_hash(value: str, *, within: Ring | None = None) -> bytes:
    """What is kept of a value so that it is known again after it was erased, 32 bytes; never rotated."""
    keys = within or ring()
    message = keys.place("suppression", boxes.normal(value))
    return hmac.new(keys.key(SUPPRESSION, 1), message, hashlib.sha256).digest()


def seal(name: str, value: str, *, within: Ring | None = None) -> bytes:
    """A secret of the company, such as a password for another server, under a name it opens by."""
    keys = within or ring()
    version = keys.newest(DATA)
    key = boxes.derived(keys.key(DATA, version), "seal")
    return version.to_bytes(_VERSION, "big") + boxes.close(key, value.encode(), keys.place("seal", name))


def unseal(name: str, sealed: bytes, *, within: Ring | None = None) -> str:
    """What was sealed under this name. Raises ``Unreadable``."""
    keys = within or ring()
    sealed = bytes(sealed)
    key = boxes.derived(keys.key(DATA, int.from_bytes(sealed[:_VERSION], "big")), "seal")
    return boxes.open_(key, sealed[_VERSION:], keys.place("seal", name)).decode()
