"""Gives audit entries their place in their tenant's log, and seals the log.

What the seal proves, and what not: an entry is committed with its change, unsealed, and gets its number and
its hashes from the worker within about a second. From then on any change to it is found. In the window
between commit and seal, and for as long as no worker runs, only the database's rights guard an entry:
nobody, the owner role included, can update or delete it without first dropping a trigger, except for taking
out its ``changes`` (``redaction``), but somebody with the power to do that leaves no trace. The numbers give the order of sealing, not that of commits, which
differ within the window. Whoever can rewrite the whole database can compute a whole new log as well: that
is found only by comparing it with a signed checkpoint (``checkpoints``) that was handed out before.
"""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any, TextIO

from django.db import connection
from django.utils import timezone

from zhiyin.platform.audit.proofs import STEP
from zhiyin.platform.audit.verify import CHAIN_START, FORMAT, Tree, canonical, chain_hash, entry_hash
from zhiyin.platform.models import AuditEntry, AuditLeaf, AuditNode, AuditPending, AuditSeal
from zhiyin.platform.tenancy import scope

BATCH = 2_000


def unsealed_tenants() -> list[uuid.UUID]:
    """The tenants with entries that wait for their place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_tenants()")
        return [row[0] for row in cursor.fetchall()]


def seal(tenant_id: uuid.UUID, *, now: datetime.datetime) -> int:
    """Seal all committed entries of a tenant and say how many; 0 while another process is at it."""
    count = 0
    while True:
        with scope(tenant_id):
            sealed = _seal_batch(tenant_id, now) if _alone(tenant_id) else 0
        count += sealed
        if sealed < BATCH:
            return count


def _alone(tenant_id: uuid.UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock(tenant_id)])
        return bool(cursor.fetchone()[0])


def alone(tenant_id: uuid.UUID) -> None:
    """Wait until no other process seals, and let none until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock(tenant_id)])


def _lock(tenant_id: uuid.UUID) -> int:
    return int.from_bytes(tenant_id.bytes[8:], "big", signed=True) ^ 0x5EA1


def _seal_batch(tenant_id: uuid.UUID, now: datetime.datetime) -> int:
    waiting = list(AuditPending.objects.order_by("id").values_list("id", flat=True)[:BATCH])
    if not waiting:
        return 0
    last = last_seal()
    tree = Tree(last.size, [bytes(peak) for peak in last.peaks]) if last else Tree()
    chain = bytes(last.chain) if last else CHAIN_START
    size = tree.size
    leaves, nodes = [], []
    for entry in AuditEntry.objects.filter(id__in=waiting).order_by("id"):
        sequence = tree.size + 1
        leaf = entry_hash(sequence, as_dict(entry, tenant_id))
        chain = chain_hash(chain, leaf)
        nodes += kept_nodes(tree.append(leaf), tree.size)
        leaves.append(AuditLeaf(sequence=sequence, entry=entry, leaf=leaf, chain=chain))
    AuditLeaf.objects.bulk_create(leaves)
    AuditNode.objects.bulk_create(nodes)
    AuditPending.objects.filter(id__in=waiting).delete()
    if leaves:
        AuditSeal.objects.create(
            size=tree.size, previous=size, root=tree.root(), chain=chain, peaks=tree.peaks, sealed_at=now
        )
    return len(waiting)


def kept_nodes(completed: list[bytes], size: int) -> list[AuditNode]:
    """Of the subtrees that the last of ``size`` leaves completed, by level, those that are kept for proofs."""
    return [
        AuditNode(level=level, index=(size >> level) - 1, hash=completed[level])
        for level in range(STEP, len(completed), STEP)
    ]


def last_seal() -> AuditSeal | None:
    """The newest seal of the current tenant."""
    return AuditSeal.objects.order_by("-size").first()


def as_dict(entry: AuditEntry, tenant_id: uuid.UUID) -> dict[str, Any]:
    """An entry as it is hashed and exported; times in UTC to the microsecond."""
    return {
        "id": str(entry.id),
        "tenant": str(tenant_id),
        "occurred_at": entry.occurred_at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        "action": entry.action,
        "actor_kind": entry.actor_kind,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "actor_name": entry.actor_name,
        "subject_kind": entry.subject_kind,
        "subject_id": str(entry.subject_id) if entry.subject_id else None,
        "changes": entry.changes,
        "request_id": entry.request_id,
    }


def export(tenant_id: uuid.UUID, target: TextIO) -> dict[str, Any]:
    """Seal, then write the whole log as JSON lines. Gives ``{"tenant", "size", "root"}`` as written."""
    seal(tenant_id, now=timezone.now())
    with scope(tenant_id):
        written = lines(tenant_id)
        head = next(written)
        target.write(canonical(head) + "\n")
        for line in written:
            target.write(canonical(line) + "\n")
    return {"tenant": head["tenant"], "size": head["size"], "root": head["root"]}


def lines(tenant_id: uuid.UUID) -> Iterator[dict[str, Any]]:
    """The sealed log as it is exported, its head first, read row by row inside the tenant's scope."""
    last = last_seal()
    size = last.size if last else 0
    root = bytes(last.root).hex() if last else Tree().root().hex()
    yield {"type": "log", "format": FORMAT, "tenant": str(tenant_id), "size": size, "root": root}
    seals = AuditSeal.objects.filter(size__lte=size).order_by("size").iterator(chunk_size=BATCH)
    next_seal = next(seals, None)
    leaves = AuditLeaf.objects.filter(sequence__lte=size).select_related("entry").order_by("sequence")
    for leaf in leaves.iterator(chunk_size=BATCH):
        yield {
            "type": "entry",
            "sequence": leaf.sequence,
            "entry": as_dict(leaf.entry, tenant_id),
            "leaf": bytes(leaf.leaf).hex(),
            "chain": bytes(leaf.chain).hex(),
        }
        if next_seal and next_seal.size == leaf.sequence:
            yield {"type": "seal", "size": next_seal.size, "root": bytes(next_seal.root).hex()}
            next_seal = next(seals, None)
