"""Sealing contact points of customers who go into a pool, and opening those of who leave one."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from zhiyin.customers.actions.index import reindex_many
from zhiyin.customers.models import ContactPoint
from zhiyin.customers.sealing import closed, newest_tokens, opened
from zhiyin.platform.crypto.ring import ring

BATCH = 2000
_POOLED = Q(sealed=None, customer__pool__isnull=False)
_LEFT = Q(sealed__isnull=False, customer__pool=None)
_WRITE = """
UPDATE customers_contactpoint p SET value = new.value, value_key = new.key, parts = new.parts, sealed = new.sealed
FROM unnest(%(ids)s::uuid[], %(values)s::text[], %(keys)s::text[], %(parts)s::jsonb[], %(sealed)s::bytea[])
    AS new (id, value, key, parts, sealed)
WHERE p.id = new.id
"""


def settle_contacts(tenant_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]) -> int:
    """Seal the contact points of those of some customers who are in a pool, and open those of the others; how many.

    To be called by whatever puts customers into pools, takes them out, or writes contact points.
    """
    done = 0
    for some in _parts(list(customer_ids)):
        points = ContactPoint.objects.filter(customer__among=some)
        done += _seal(tenant_id, points.filter(_POOLED)) + _open(tenant_id, points.filter(_LEFT))
    return done


def settle_all_contacts(tenant_id: uuid.UUID) -> int:
    """As ``settle_contacts`` of all customers: for companies that had pools before there was sealing."""
    astray = ContactPoint.objects.filter(_POOLED).union(ContactPoint.objects.filter(_LEFT), all=True)
    return settle_contacts(tenant_id, sorted(set(astray.values_list("customer_id", flat=True))))


def open_contacts(tenant_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]) -> None:
    """Open what is to be written; whoever does so settles afterwards. One SQL statement where nothing is sealed."""
    points = ContactPoint.objects.filter(customer__among=customer_ids, sealed__isnull=False)
    _open(tenant_id, points, searched=False)


def seal_again(tenant_id: uuid.UUID) -> int:
    """Seal under the newest keys what was sealed under others; how many. It may be killed and begun again."""
    sealed = ContactPoint.objects.filter(sealed__isnull=False)
    if not sealed.exists():
        return 0
    older = sealed.exclude(value_key__startswith=newest_tokens(ring()))
    ids = sorted(set(older.values_list("customer_id", flat=True)))
    for some in _parts(ids):
        _seal(tenant_id, _opened(older.filter(customer__among=some)))
    return len(ids)


def _seal(tenant_id: uuid.UUID, points: Iterable[ContactPoint]) -> int:
    rows = list(points)
    if rows:
        keys = ring()
        _write([closed(keys, each) for each in rows])
        reindex_many(tenant_id, {each.customer_id for each in rows})
    return len(rows)


def _open(tenant_id: uuid.UUID, points: Iterable[ContactPoint], *, searched: bool = True) -> int:
    rows = _opened(points)
    if rows:
        _write(rows)
        if searched:
            reindex_many(tenant_id, {each.customer_id for each in rows})
    return len(rows)


def _opened(points: Iterable[ContactPoint]) -> list[ContactPoint]:
    """Those that can be read; others stay sealed."""
    rows = list(points)
    keys = ring() if rows else None
    return [each for each in rows if keys and opened(keys, each).sealed is None]


def _write(rows: Sequence[ContactPoint]) -> None:
    values: dict[str, Any] = {
        "ids": [each.pk for each in rows],
        "values": [each.value for each in rows],
        "keys": [each.value_key for each in rows],
        "parts": [json.dumps(each.parts, ensure_ascii=False) for each in rows],
        "sealed": [each.sealed for each in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def _parts(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    yield from (ids[begin : begin + BATCH] for begin in range(0, len(ids), BATCH))
