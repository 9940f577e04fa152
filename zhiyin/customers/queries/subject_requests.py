"""Requests of people about their data, each list with a fixed number of SQL statements."""

import datetime
import uuid
from dataclasses import dataclass

from django.db.models import Count, Q

from zhiyin.customers import access
from zhiyin.customers.choices import RequestState
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import SubjectRequest
from zhiyin.customers.models.subject_request import SOON
from zhiyin.platform.actors import Actor
from zhiyin.platform.paging import Page, keyset


@dataclass(frozen=True, slots=True)
class Due:
    """How many requests wait for their answer."""

    open: int
    soon: int
    overdue: int


def subject_requests(
    actor: Actor, *, answered: bool = False, kind: str = "", after: str = "", limit: int = 50
) -> Page[SubjectRequest]:
    """Those within reach: what waits by its last day, what is answered with the newest first."""
    actor.require("customers.requests")
    rows = access.subject_requests(actor).select_related("customer", "handler", "purpose")
    rows = rows.exclude(state=RequestState.OPEN) if answered else rows.filter(state=RequestState.OPEN)
    if kind:
        rows = rows.filter(kind=kind)
    order = ["-answered_at", "-id"] if answered else ["due_on", "id"]
    found = keyset(rows, order=order, after=after, limit=limit)
    for each in found.rows:
        if each.customer:
            each.customer = veiled_customer(actor, each.customer)
    return found


def due_requests(actor: Actor, today: datetime.date) -> Due:
    """One SQL statement."""
    rows = access.subject_requests(actor).filter(state=RequestState.OPEN)
    counts = rows.aggregate(
        open=Count("pk"),
        soon=Count("pk", filter=Q(due_on__gte=today, due_on__lte=today + SOON)),
        overdue=Count("pk", filter=Q(due_on__lt=today)),
    )
    return Due(**counts)


def requests_of(customer_id: uuid.UUID) -> list[SubjectRequest]:
    """All of one customer, for who sees it, the newest first. One SQL statement."""
    rows = SubjectRequest.objects.filter(customer=customer_id).select_related("purpose", "handler")
    return list(rows.order_by("-created_at")[:50])
