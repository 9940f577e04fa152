"""One customer's page: the record, contact points, notes and the timeline."""

import datetime
import uuid
from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from zhiyin.customers import access
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.keys import code_key
from zhiyin.customers.models import ContactPoint, Customer, Note, TimelineEvent
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset

Row = Mapping[str, object]
# what the timeline can be narrowed to
TIMELINE_KINDS: dict[str, tuple[TimelineKind, ...]] = {
    "orders": (TimelineKind.ORDER, TimelineKind.RETURN, TimelineKind.PAYMENT),
    "notes": (TimelineKind.NOTE,),
    "changes": (TimelineKind.CREATED, TimelineKind.OWNER, TimelineKind.STATUS),
}


def record_customer(actor: Actor, customer_id: uuid.UUID) -> Customer:
    """A visible customer with owner, unit and what analysis found. One SQL statement."""
    return access.customer(actor, customer_id, related=("owner", "unit", "value"))


def customer_by_code(actor: Actor, code: str) -> Customer | None:
    """The visible customer whose whole code this is, blanks and case aside. One SQL statement."""
    key = code_key(code)
    return access.customers(actor).filter(code_key=key).first() if key and "\0" not in key else None


def contact_points(customer_id: uuid.UUID) -> list[ContactPoint]:
    """All contact points of a customer that the caller has reached, the primary ones first."""
    rows = ContactPoint.objects.filter(customer=customer_id)
    return list(rows.order_by("kind", "-is_primary", "created_at", "id"))


def notes(customer_id: uuid.UUID, *, limit: int = 100) -> list[Note]:
    """A customer's notes, the pinned first, then the newest."""
    rows = Note.objects.filter(customer=customer_id).select_related("author")
    return list(rows.order_by("-pinned", "-created_at", "-id")[:limit])


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
    rows = TimelineEvent.objects.filter(customer=customer_id)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if until:
        rows = rows.filter(occurred_at__lte=until)
    values: QuerySet[TimelineEvent, Row] = rows.values(
        "id", "occurred_at", "kind", "actor_name", "object_id", "data"
    )
    return keyset(values, order=["-occurred_at"], after=after, limit=limit)
