"""Merges that were done, and who vanished in them."""

import uuid
from collections.abc import Iterable

from zhiyin.customers import access
from zhiyin.customers.models import Customer, Merge
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.tenancy import with_gone


def list_merges(actor: Actor, *, after: str = "", limit: int = 50) -> Page[Merge]:
    """Merges into files that this actor sees, the newest first. One SQL statement."""
    rows = Merge.objects.filter(survivor_id__in=access.customers(actor).values("pk"))
    return keyset(rows, order=["-merged_at"], after=after, limit=limit)


def parties(merges: Iterable[Merge]) -> dict[uuid.UUID, Customer]:
    """Whom merges were about, vanished or not, by key: of merges that the reader may see. One SQL statement."""
    ids = {key for each in merges for key in (each.survivor_id, *each.customer_ids)}
    with with_gone():
        return Customer.objects.only("name", "code", "gone").in_bulk(ids)
