"""Whose data are only kept, and why."""

import uuid

from zhiyin.customers.models import Restriction


def restrictions_of(customer_id: uuid.UUID) -> list[Restriction]:
    """All of a customer whom the caller has reached, the lasting one first. One SQL statement."""
    rows = list(Restriction.objects.filter(customer=customer_id).order_by("-set_at", "-id"))
    return sorted(rows, key=lambda each: each.ended_at is not None)
