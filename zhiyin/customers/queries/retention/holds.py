"""Legal holds: of whom all is kept."""

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.models import LegalHold
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict
from zhiyin.platform.paging import Page, keyset


class OnHold(Conflict):
    message = _("This customer is on legal hold: nothing of it may be deleted until that is ended.")


def held() -> QuerySet[LegalHold]:
    """The holds that last; ``values("customer")`` are the customers of whom nothing is deleted."""
    return LegalHold.objects.filter(ended_at=None)


def holds_of(customer_id: uuid.UUID) -> list[LegalHold]:
    """All holds of a customer whom the caller has reached, the lasting ones first. One SQL statement."""
    rows = list(LegalHold.objects.filter(customer=customer_id).order_by("-set_at", "-id"))
    return sorted(rows, key=lambda each: each.ended_at is not None)


def legal_holds(actor: Actor, *, after: str = "", limit: int = 50) -> Page[LegalHold]:
    """Those that last, of customers within reach, the newest first, with the customer."""
    actor.require("customers.hold")
    rows = held().filter(customer__in=access.customers(actor)).select_related("customer")
    return keyset(rows, order=["-set_at", "-id"], after=after, limit=limit)
