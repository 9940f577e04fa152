"""By what an erased person is known again, without knowing the person: keyed hashes, in no dump but in the keys file.

So neither a restored backup nor a stolen one tells who it was, and an old backup does not bring back who may be
entered again.
"""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import transaction

from zhiyin.platform.crypto import kept
from zhiyin.platform.crypto.ring import current_tenant, ring, suppression_hash
from zhiyin.platform.keys import uuid7
from zhiyin.platform.models import Suppression

log = structlog.get_logger(__name__)


class Known(NamedTuple):
    """What somebody is known by: of which kind (``phone``, ``code``, …), and the key by which two writings are one."""

    kind: str
    key: str


def suppress(values: Iterable[Known], *, now: datetime.datetime) -> int:
    """Know these again from now on; how many were not known before."""
    hashes = _hashes(set(values))
    before = _found(hashes)
    new = [
        Suppression(id=uuid7(), hash=hashed, kind=value.kind, suppressed_at=now)
        for hashed, value in hashes.items()
        if hashed not in before
    ]
    Suppression.objects.bulk_create(new, ignore_conflicts=True)
    tenant = current_tenant()
    rows = [(b"X", kept.suppression_row(each.id, tenant, bytes(each.hash), each.kind, now)) for each in new]
    if rows:
        transaction.on_commit(lambda: _append(rows))
    return len(new)


def suppressed(values: Iterable[Known]) -> Mapping[Known, datetime.datetime]:
    """Those of some values that are suppressed, each with since when. Two statements, one where nothing ever was."""
    if not is_anybody_suppressed():
        return {}
    hashes = _hashes(set(values))
    return {hashes[hashed]: since for hashed, since in _found(hashes).items()}


def is_anybody_suppressed() -> bool:
    return Suppression.objects.exists()


def lift(value: Known) -> bool:
    """Know a value no more; whether it was known."""
    return bool(Suppression.objects.filter(hash__in=_hashes({value})).delete()[0])


def _hashes(values: Iterable[Known]) -> dict[bytes, Known]:
    keys = ring()
    return {
        suppression_hash(f"{value.kind}:{value.key}", within=keys): value for value in values if value.key
    }


def _found(hashes: Iterable[bytes]) -> dict[bytes, datetime.datetime]:
    rows = Suppression.objects.filter(hash__in=list(hashes)).values_list("hash", "suppressed_at")
    return {bytes(hashed): since for hashed, since in rows}


def _append(rows: list[tuple[bytes, bytes]]) -> None:
    """To the keys file too, if it is within reach; else the next backup does it."""
    path = kept.remembered(Path(settings.ZHIYIN_HOME))
    try:
        if path is not None:
            kept.append(path, rows)
    except OSError as error:
        log.warning("keys_file_out_of_reach", file=str(path), reason=error.strerror)
