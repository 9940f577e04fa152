"""Keys wrapped anew. Each step leaves everything readable, so it may be killed and begun again at any moment."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet

from zhiyin.platform.crypto.boxes import new_key
from zhiyin.platform.crypto.master import master_keys
from zhiyin.platform.crypto.ring import DATA, INDEX, Ring, add, place_of, ring, wrapping_version
from zhiyin.platform.crypto.subjects import Item, closed, opened, unwrapped, wrapped
from zhiyin.platform.models import MasterKey, SubjectKey, TenantKey

BATCH = 2000
_REWRAP = """
UPDATE platform_subjectkey k SET version = %(version)s, wrapped = new.wrapped
FROM unnest(%(ids)s::uuid[], %(old)s::int[], %(wrapped)s::bytea[]) AS new (id, version, wrapped)
WHERE k.subject_id = new.id AND k.version = new.version AND k.wrapped IS NOT NULL
"""


def rewrap_company() -> int:
    """A company's keys under the master key's current version; gives how many were under another."""
    version = wrapping_version()
    MasterKey.objects.bulk_create([MasterKey(version=version)], ignore_conflicts=True)
    rows = list(TenantKey.objects.exclude(master=version))
    for each in rows:
        key = master_keys().unwrap(each.master, bytes(each.wrapped), place_of(each))
        new = master_keys().wrap(key, place_of(each))
        TenantKey.objects.filter(pk=each.pk, master=each.master).update(master=version, wrapped=new)
    return len(rows)


def begin() -> int:
    """New keys for a company, and their version; nought where the last rotation is to be finished first."""
    keys = ring()
    if _under_older(keys.newest(DATA)).exists() or len(keys.versions(INDEX)) > 1:
        return 0
    for purpose in (DATA, INDEX):
        add(purpose, keys.newest(purpose) + 1)
    return keys.newest(DATA) + 1


def _under_older(version: int) -> QuerySet[SubjectKey]:
    return SubjectKey.objects.filter(version__lt=version).exclude(wrapped=None)


def rewrap_some(batch: int = BATCH) -> int:
    """Some subjects' keys under the company's newest; nought when there are no more.

    Only what is still as it was read is replaced: who is erased meanwhile stays so.
    """
    keys = ring()
    version = keys.newest(DATA)
    rows = list(_under_older(version).order_by("version", "pk")[:batch])
    found = unwrapped(keys, rows)
    _replace(rows, {each.pk: wrapped(keys, each.pk, found[each.pk], version) for each in rows}, version)
    return len(rows)


def _replace(rows: Sequence[SubjectKey], new: Mapping[uuid.UUID, bytes], version: int) -> None:
    values: dict[str, Any] = {
        "version": version,
        "ids": [each.pk for each in rows],
        "old": [each.version for each in rows],
        "wrapped": [new[each.pk] for each in rows],
    }
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_REWRAP, values)


@dataclass(frozen=True)
class Renewal:
    """Subjects that have new keys in place of the old, in this transaction."""

    keys: Ring
    old: Mapping[uuid.UUID, bytes] = field(repr=False)
    new: Mapping[uuid.UUID, bytes] = field(repr=False)

    def again(self, item: Item) -> bytes:
        """A value that was encrypted under the old key, under the new one. Raises ``Unreadable``."""
        text = opened(self.keys, self.old[item.subject_id], item)
        return closed(self.keys, self.new[item.subject_id], item._replace(value=text))


def renew(after: uuid.UUID | None, most: int) -> Renewal:
    """Give the next subjects new keys. All that is encrypted for them is lost unless it is encrypted ``again`` now."""
    keys = ring()
    living = SubjectKey.objects.exclude(wrapped=None).order_by("pk").select_for_update(no_key=True)
    rows = list((living.filter(pk__gt=after) if after else living)[:most])
    old, new = unwrapped(keys, rows), {each.pk: new_key() for each in rows}
    version = keys.newest(DATA)
    _replace(rows, {key: wrapped(keys, key, each, version) for key, each in new.items()}, version)
    return Renewal(keys, old, new)


def finish() -> None:
    """Nothing is found by an older index any more. Older keys that wrapped stay: secrets are sealed under them."""
    newest = TenantKey.objects.filter(purpose=INDEX).aggregate(Max("version"))["version__max"]
    TenantKey.objects.filter(purpose=INDEX, version__lt=newest).delete()
