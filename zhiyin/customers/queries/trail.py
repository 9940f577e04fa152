"""Who did what with one customer, from the audit log."""

import uuid

from zhiyin.customers import access
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.paging import Page, keyset


def trail(actor: Actor, customer_id: uuid.UUID, *, after: str = "", limit: int = 50) -> Page[AuditEntry]:
    """Entries about one customer, the newest first; changes of many customers at once are not among them.

    Raises ``PermissionDenied``, and ``NotFound`` for a customer out of reach. Two statements.
    """
    actor.require("audit.view")
    access.customer(actor, customer_id)
    rows = AuditEntry.objects.select_related("leaf").filter(subject_id=customer_id, subject_kind="customer")
    return keyset(rows, order=["-id"], after=after, limit=limit)
