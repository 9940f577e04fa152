"""Who changed what on a customer."""

import uuid
from typing import Any

from ninja import Query

from zhiyin.api.accounts.audit import Paging, seen
from zhiyin.api.accounts.schemas import AuditOut
from zhiyin.api.http import PageOut, Request, Routes, page_out
from zhiyin.customers import queries

routes = Routes("customers")


@routes.get("/customers/{uuid:customer_id}/trail/", permission="audit.view", response=PageOut[AuditOut])
def read_trail(request: Request, customer_id: uuid.UUID, paging: Query[Paging]) -> dict[str, Any]:
    """Entries of the audit log about one customer, the newest first."""
    request.actor.require("customers.view")
    found = queries.trail(request.actor, customer_id, after=paging.after, limit=paging.limit)
    return page_out(seen(request.actor, found))
