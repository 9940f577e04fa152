"""What is in the recycle bin."""

from zhiyin.customers import access
from zhiyin.customers.choices import Gone
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import Customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.tenancy import with_gone

SORTS = {"-gone_at": ["-gone_at", "-id"], "gone_at": ["gone_at", "id"], "name": ["name_key", "id"]}


def bin_customers(
    actor: Actor, *, text: str = "", by: str = "", sort: str = "-gone_at", after: str = "", limit: int = 50
) -> Page[Customer]:
    """Deleted customers whom this actor may restore, with owner; ``text`` is of name or code, ``by`` who deleted."""
    actor.require("customers.delete")
    rows = access.customers(actor, "full").filter(gone=Gone.DELETED).select_related("owner")
    if text:
        rows = rows.filter(name__icontains=text) | rows.filter(code__icontains=text)
    if by:
        rows = rows.filter(gone_by__icontains=by)
    with with_gone():
        found = keyset(rows, order=SORTS.get(sort, SORTS["-gone_at"]), after=after, limit=limit)
    found.rows[:] = [veiled_customer(actor, each) for each in found.rows]
    return found
