"""One customer's page: the record and notes."""

import functools
import uuid
from collections.abc import Mapping

from zhiyin.customers import access
from zhiyin.customers.keys import code_key
from zhiyin.customers.models import Customer, Note
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import NotFound

Row = Mapping[str, object]


def record_customer(actor: Actor, customer_id: uuid.UUID) -> Customer:
    """A visible customer with owner, unit and what analysis found. One SQL statement."""
    found = _record(actor)(customer_id)
    if not found:
        raise NotFound
    return found[0]


@functools.lru_cache(maxsize=500)
def _record(actor: Actor) -> Planned[Customer]:
    rows = access.customers(actor).select_related("owner", "unit", "value")
    return Planned(lambda customer: rows.filter(pk=customer))


def customer_by_code(actor: Actor, code: str) -> Customer | None:
    """The visible customer whose whole code this is, blanks and case aside. One SQL statement."""
    key = code_key(code)
    return access.customers(actor).filter(code_key=key).first() if key and "\0" not in key else None


def notes(customer_id: uuid.UUID, *, limit: int = 100) -> list[Note]:
    """A customer's notes, the pinned first, then the newest."""
    return _notes(limit)(customer_id)


@functools.lru_cache(maxsize=16)
def _notes(limit: int) -> Planned[Note]:
    rows = Note.objects.select_related("author").order_by("-pinned", "-created_at", "-id")
    return Planned(lambda customer: rows.filter(customer=customer)[:limit])
