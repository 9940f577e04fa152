"""One customer's page: the record and notes."""

import functools
import uuid
from collections.abc import Mapping

from django.db.models import Exists, OuterRef, QuerySet

from zhiyin.customers import access
from zhiyin.customers.choices import Ruling
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.keys import code_key
from zhiyin.customers.models import Customer, Dispute, Note
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import NotFound
from zhiyin.platform.tenancy import with_gone

Row = Mapping[str, object]


def record_customer(actor: Actor, customer_id: uuid.UUID) -> Customer:
    """A visible customer with owner, unit, pool and what analysis found, to be read as the actor's role sees it.

    One SQL statement.
    """
    found = _record(actor)(customer_id)
    if not found:
        raise NotFound
    return veiled_customer(actor, found[0])


@functools.lru_cache(maxsize=500)
def _record(actor: Actor) -> Planned[Customer]:
    rows = access.customers(actor).select_related("owner", "unit", "pool", "value", "holding", "grade")
    rows = rows.annotate(disputed=Exists(Dispute.objects.filter(customer=OuterRef("pk"), ruling=Ruling.OPEN)))
    return Planned(lambda customer: rows.filter(pk=customer))


def led_on(actor: Actor, customer_id: uuid.UUID) -> uuid.UUID:
    """The visible customer into which one was merged that is not there any more. Raises ``NotFound``."""
    found = access.lead(customer_id)
    if found in (None, customer_id):
        raise NotFound
    return access.customer(actor, found).pk


def customer_by_code(actor: Actor, code: str) -> Customer | None:
    """The visible customer whose whole code this is or was before a merge, blanks and case aside.

    One SQL statement, more where nobody has it today.
    """
    key = code_key(code)
    if not key or "\0" in key:
        return None
    seen = access.customers(actor)
    found = seen.filter(code_key=key).first() or _by_old_code(seen, key)
    return veiled_customer(actor, found) if found else None


def _by_old_code(seen: QuerySet[Customer], key: str) -> Customer | None:
    with with_gone():
        merged = (
            Customer.objects.filter(code_key=key)
            .exclude(merged_into=None)
            .values_list("pk", flat=True)
            .first()
        )
    found = access.lead(merged) if merged else None
    return seen.filter(pk=found).first() if found else None


def notes(customer_id: uuid.UUID, *, limit: int = 100) -> list[Note]:
    """A customer's notes, the pinned first, then the newest."""
    return _notes(limit)(customer_id)


@functools.lru_cache(maxsize=16)
def _notes(limit: int) -> Planned[Note]:
    rows = Note.objects.select_related("author").order_by("-pinned", "-created_at", "-id")
    return Planned(lambda customer: rows.filter(customer=customer)[:limit])
