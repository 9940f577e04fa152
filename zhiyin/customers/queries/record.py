"""One customer's page: the record, contact points, notes and the timeline."""

import datetime
import functools
import uuid
from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from zhiyin.customers import access
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.keys import code_key
from zhiyin.customers.models import ContactPoint, Customer, Note, TimelineEvent
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import NotFound
from zhiyin.platform.paging import Page, first_page, keyset

Row = Mapping[str, object]
EVENT = ("id", "occurred_at", "kind", "actor_name", "object_id", "data")
# what the timeline can be narrowed to
TIMELINE_KINDS: dict[str, tuple[TimelineKind, ...]] = {
    "orders": (TimelineKind.ORDER, TimelineKind.RETURN, TimelineKind.PAYMENT),
    "notes": (TimelineKind.NOTE, TimelineKind.FOLLOW_UP),
    "changes": (TimelineKind.CREATED, TimelineKind.OWNER, TimelineKind.STATUS, TimelineKind.RELATION),
}


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


def contact_points(customer_id: uuid.UUID) -> list[ContactPoint]:
    """All contact points of a customer that the caller has reached, the primary ones first."""
    return _contact_points(customer_id)


_contact_points: Planned[ContactPoint] = Planned(
    lambda customer: ContactPoint.objects.filter(customer=customer).order_by(
        "kind", "-is_primary", "created_at", "id"
    )
)


def notes(customer_id: uuid.UUID, *, limit: int = 100) -> list[Note]:
    """A customer's notes, the pinned first, then the newest."""
    return _notes(limit)(customer_id)


@functools.lru_cache(maxsize=16)
def _notes(limit: int) -> Planned[Note]:
    rows = Note.objects.select_related("author").order_by("-pinned", "-created_at", "-id")
    return Planned(lambda customer: rows.filter(customer=customer)[:limit])


def timeline(
    customer_id: uuid.UUID,
    *,
    kinds: Sequence[str] = (),
    until: datetime.datetime | None = None,
    after: str = "",
    limit: int = 20,
) -> Page[Row]:
    """A page of a customer's timeline, the newest first. One SQL statement.

    ``until`` is a moment that nothing lies after, which spares the months beyond it.
    """
    if not after and not until:
        return first_page(_latest(tuple(kinds), limit)(customer_id), order=["occurred_at"], limit=limit)
    rows = TimelineEvent.objects.filter(customer=customer_id)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if until:
        rows = rows.filter(occurred_at__lte=until)
    values: QuerySet[TimelineEvent, Row] = rows.values(*EVENT)
    return keyset(values, order=["-occurred_at"], after=after, limit=limit)


@functools.lru_cache(maxsize=32)
def _latest(kinds: tuple[str, ...], limit: int) -> Planned[Row]:
    """The latest events, one more than ``limit``."""
    rows = TimelineEvent.objects.filter(kind__in=kinds) if kinds else TimelineEvent.objects.all()
    values: QuerySet[TimelineEvent, Row] = rows.order_by("-occurred_at", "-id").values(*EVENT)
    return Planned(lambda customer: values.filter(customer=customer)[: limit + 1])
