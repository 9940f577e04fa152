"""Who did what with one customer, from the audit log."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.customers import access
from zhiyin.customers.fields import PREFIX, own_among, veiled_changes
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.paging import Page, keyset


def trail(actor: Actor, customer_id: uuid.UUID, *, after: str = "", limit: int = 50) -> Page[AuditEntry]:
    """Entries about one customer, the newest first.

    Raises ``PermissionDenied``, and ``NotFound`` for a customer out of reach. Two statements.
    """
    actor.require("audit.view")
    access.customer(actor, customer_id)
    rows = AuditEntry.objects.select_related("leaf").filter(subject_id=customer_id, subject_kind="customer")
    return veiled(actor, keyset(rows, order=["-id"], after=after, limit=limit))


def veiled(actor: Actor, found: Page[AuditEntry]) -> Page[AuditEntry]:
    """Entries without what the reader's role does not see of customers' fields."""
    for entry in found.rows:
        entry.changes = veiled_changes(actor, entry.changes)
    return found


def require_whole(actor: Actor, entry: Mapping[str, Any]) -> None:
    """A proof is about the whole entry. Raises ``PermissionDenied`` unless the reader's role sees all of it."""
    changes = entry["changes"]
    if entry["subject_id"] and access.withheld(actor, [uuid.UUID(entry["subject_id"])]):
        raise PermissionDenied(_("This customer is in a pool."))
    own = own_among(actor, changes)
    unseen = [name for name in changes if name.startswith(PREFIX) and name not in own]
    if unseen or changes.keys() & access.closed(actor):
        raise PermissionDenied(_("This entry tells fields that you may not see."))
