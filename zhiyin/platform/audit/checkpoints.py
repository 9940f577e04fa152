"""Signed checkpoints of a tenant's log, and what is proved against them to whoever holds one."""

import datetime
import uuid
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.platform.audit import log, proofs, signing
from zhiyin.platform.audit.redaction import redaction_of
from zhiyin.platform.audit.verify import (
    EMPTY,
    REDACTED,
    Checkpoint,
    Refused,
    check_consistency,
    checkpoint_text,
    origin_of,
)
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.models import AuditCheckpoint, AuditEntry, AuditLeaf


def newest() -> AuditCheckpoint | None:
    """The last checkpoint of the current tenant."""
    return AuditCheckpoint.objects.order_by("-size").first()


def read(checkpoint: AuditCheckpoint) -> Checkpoint:
    return Checkpoint.read(checkpoint.note)


def make(tenant_id: uuid.UUID, *, now: datetime.datetime) -> tuple[AuditCheckpoint, bool]:
    """Seal, then sign the whole log; the checkpoint, and whether it is new. Inside the tenant's scope.

    Raises ``Conflict`` when the log is not what the last checkpoint says: nothing is signed that contradicts
    what was signed before.
    """
    log.seal(tenant_id, now=now)
    last, before = log.last_seal(), newest()
    size, root = (last.size, bytes(last.root)) if last else (0, EMPTY)
    if before and before.size == size and read(before).root == root:
        return before, False
    if before:
        _require_growth(read(before), size, root)
    time = now.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    origin = origin_of(str(tenant_id))
    note = signing.signed(checkpoint_text(origin, size, root, time), origin)
    # two who ask at once get the same one
    AuditCheckpoint.objects.bulk_create([AuditCheckpoint(size=size, note=note)], ignore_conflicts=True)
    return AuditCheckpoint.objects.get(size=size), True


def _require_growth(before: Checkpoint, size: int, root: bytes) -> None:
    try:
        path = _path(before.size, size)
        check_consistency(before.size, before.root, size, root, path)
    except (Refused, Conflict) as error:
        raise Conflict(_("The log is not what its last checkpoint says. Check it.")) from error


def inclusion_proof(tenant_id: uuid.UUID, entry_id: uuid.UUID) -> dict[str, Any]:
    """That an entry is in the log: against the last checkpoint, or the last seal if that came later.

    Raises ``NotFound`` without such an entry, ``Conflict`` while it waits for its seal.
    """
    entry = AuditEntry.objects.select_related("leaf").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    last, checkpoint = log.last_seal(), newest()
    if last is None or not hasattr(entry, "leaf"):
        raise Conflict(_("This entry is not sealed yet; ask again in a few seconds."))
    sequence = entry.leaf.sequence
    listing = redaction_of(sequence) if entry.changes == REDACTED else None
    if checkpoint and checkpoint.size >= (listing.sequence if listing else sequence):
        size, root, note = checkpoint.size, read(checkpoint).root, checkpoint.note
    else:
        size, root, note = last.size, bytes(last.root), None
    try:
        stored = proofs.Stored()
        path = proofs.inclusion(sequence - 1, size, stored)
        redaction = _redaction(listing, tenant_id, size, stored) if listing else None
    except proofs.Damaged as error:
        raise _damaged() from error
    return {
        "type": "inclusion",
        "tenant": str(tenant_id),
        "sequence": sequence,
        "entry": log.as_dict(entry, tenant_id),
        "size": size,
        "root": root.hex(),
        "path": [each.hex() for each in path],
        "checkpoint": note,
        "redaction": redaction,
    }


def _redaction(listing: AuditLeaf, tenant_id: uuid.UUID, size: int, stored: proofs.Stored) -> dict[str, Any]:
    """That what is left of an entry is what its redaction left."""
    return {
        "sequence": listing.sequence,
        "entry": log.as_dict(listing.entry, tenant_id),
        "path": [each.hex() for each in proofs.inclusion(listing.sequence - 1, size, stored)],
    }


def consistency_proof(tenant_id: uuid.UUID, old_size: int, size: int) -> dict[str, Any]:
    """That the log of one kept checkpoint begins with that of an earlier one. Raises ``NotFound``."""
    old, new = (AuditCheckpoint.objects.filter(size=each).first() for each in (old_size, size))
    if old is None or new is None or old.size > new.size:
        raise NotFound
    return {
        "type": "consistency",
        "tenant": str(tenant_id),
        "old_size": old.size,
        "old_root": read(old).root.hex(),
        "size": new.size,
        "root": read(new).root.hex(),
        "path": [each.hex() for each in _path(old.size, new.size)],
        "old_checkpoint": old.note,
        "checkpoint": new.note,
    }


def _path(old_size: int, size: int) -> list[bytes]:
    try:
        return proofs.consistency(old_size, size, proofs.Stored())
    except proofs.Damaged as error:
        raise _damaged() from error


def _damaged() -> Conflict:
    return Conflict(_("Part of the log's tree is missing. Check the log."))
