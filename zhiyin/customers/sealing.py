"""Contact points of customers in a pool, which lie encrypted until somebody claims these.

``value`` is stars then, ``value_key`` what equal ones are found by, and of ``parts`` only what a territory is made
of is left; ``sealed`` holds what they are. So whatever reads contact points without asking here tells nothing.
"""

import copy
import json
from collections.abc import Callable, Iterable

from zhiyin.customers.models import ContactPoint
from zhiyin.platform import crypto
from zhiyin.platform.crypto.ring import INDEX, Ring, ring

_STARS = "***"
_TERRITORY = ("country", "province", "city", "district", "township")
_MARK = "~"


def in_clear(points: Iterable[ContactPoint]) -> list[ContactPoint]:
    """Contact points to be read, not written, for who reaches their customers: as if none were sealed.

    One SQL statement, none where none is. What cannot be read stays as it is.
    """
    rows = list(points)
    if not any(each.sealed for each in rows):
        return rows
    keys = ring()
    return [opened(keys, copy.copy(each)) if each.sealed else each for each in rows]


def closed(keys: Ring, point: ContactPoint) -> ContactPoint:
    """The same contact point, sealed."""
    known = {"value": point.value, "value_key": point.value_key, "parts": point.parts}
    point.sealed = crypto.seal(_name(point), json.dumps(known, ensure_ascii=False), within=keys)
    point.value, point.value_key = _STARS, _token(keys, keys.newest(INDEX), point.kind, point.value_key)
    point.parts = {name: part for name, part in point.parts.items() if name in _TERRITORY}
    return point


def opened(keys: Ring, point: ContactPoint) -> ContactPoint:
    """The same contact point, open; unless another key sealed it."""
    try:
        known = json.loads(crypto.unseal(_name(point), bytes(point.sealed or b""), within=keys))
    except crypto.Unreadable:
        return point
    point.value, point.value_key, point.parts = known["value"], known["value_key"], known["parts"]
    point.sealed = None
    return point


def keys_of(kind: str, key: str) -> list[str]:
    """Every ``value_key`` that a contact point with this key may have. Two SQL statements at most."""
    return [form for _kind, form in every_key([(kind, key)])]


def every_key(points: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By kind and each ``value_key`` that one may have, the key of contact points, of which kind and key are given.

    Two SQL statements at most.
    """
    wanted = dict.fromkeys(points)
    found = {each: each[1] for each in wanted}
    if wanted and is_anything_sealed():
        keys = ring()
        for kind, key in wanted:
            found |= {(kind, _token(keys, version, kind, key)): key for version in keys.versions(INDEX)}
    return found


def token_of(kind: str) -> Callable[[str], str]:
    """What makes of a key what a sealed contact point with it has instead. One SQL statement."""
    keys = ring()
    return lambda key: _token(keys, keys.newest(INDEX), kind, key)


def newest_tokens(keys: Ring) -> str:
    """What tokens under the newest keys begin with."""
    return f"{_MARK}{keys.newest(INDEX)}{_MARK}"


def is_anything_sealed() -> bool:
    return ContactPoint.objects.filter(sealed__isnull=False).exists()


def _name(point: ContactPoint) -> str:
    return f"contact {point.pk}"


def _token(keys: Ring, version: int, kind: str, key: str) -> str:
    # in hexadecimal digits, of which no two writings are taken for one
    blinded = crypto.ring.blinded(keys, version, f"contact {kind}", key.encode().hex())
    return f"{_MARK}{version}{_MARK}{blinded.hex()}"
