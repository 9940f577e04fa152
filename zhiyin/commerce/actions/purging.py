"""Orders outlive their buyer: totals stay as they are."""

import uuid
from collections.abc import Sequence

from zhiyin.commerce.models import Order, Payment
from zhiyin.customers.actions import before_purge
from zhiyin.customers.actions.erasure import sweeps

sweeps(Payment, "reference")


@before_purge
def keep_orders(customer_ids: Sequence[uuid.UUID]) -> None:
    """Make orders of purged customers anonymous sales."""
    Order.objects.filter(customer__in=customer_ids).update(customer=None)
