"""Takes out of audit entries what they say about an erased person, and keeps the log's proofs.

An entry loses its ``changes``; its leaf stays, and with it every seal, checkpoint and proof. What was redacted is
listed in an entry of its own, each with its leaf and with the hash that it has now. So the log tells who redacted
what and when, and an entry altered in any other way, a redacted one too, is still found.
"""

import datetime
from collections.abc import Iterator, Sequence

from django.db import connection
from django.db.models import QuerySet

from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import log
from zhiyin.platform.audit.verify import REDACTED, REDACTION, entry_hash
from zhiyin.platform.events import EntriesRedacted
from zhiyin.platform.models import AuditEntry, AuditLeaf
from zhiyin.platform.record import record

assert EntriesRedacted.name == REDACTION
LISTED = 500


def redact(actor: Actor, entries: QuerySet[AuditEntry], *, now: datetime.datetime) -> int:
    """Redact the current tenant's entries among ``entries`` that are not yet; how many. In the current transaction.

    Everything committed is sealed before, for only a sealed entry has a leaf, and the lists after.
    """
    log.alone(actor.tenant_id)
    log.seal(actor.tenant_id, now=now)
    rows = AuditLeaf.objects.filter(entry__in=entries.exclude(changes=REDACTED)).select_related("entry")
    count = 0
    for some in _parts(list(rows.order_by("sequence"))):
        _redact(actor, some, now)
        count += len(some)
    if count:
        log.seal(actor.tenant_id, now=now)
    return count


def _parts(rows: Sequence[AuditLeaf]) -> Iterator[Sequence[AuditLeaf]]:
    for start in range(0, len(rows), LISTED):
        yield rows[start : start + LISTED]


def _redact(actor: Actor, leaves: Sequence[AuditLeaf], now: datetime.datetime) -> None:
    listed = {}
    for each in leaves:
        entry = log.as_dict(each.entry, actor.tenant_id) | {"changes": REDACTED}
        listed[str(each.sequence)] = [bytes(each.leaf).hex(), entry_hash(each.sequence, entry).hex()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT redact_entries(%s)", [[each.entry_id for each in leaves]])
    record(EntriesRedacted(len(leaves)), actor=actor, now=now, changes={"entries": [None, listed]})


def redaction_of(sequence: int) -> AuditLeaf | None:
    """The entry that lists a redacted one, with its place in the log."""
    rows = AuditLeaf.objects.filter(sequence__gt=sequence, entry__action=REDACTION).select_related("entry")
    return rows.filter(entry__changes__entries__1__has_key=str(sequence)).order_by("sequence").first()
