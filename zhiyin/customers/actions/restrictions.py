"""Restriction: a customer's data are only kept, as he asked or as long as something about them is unclear."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.actions.values import forget_values
from zhiyin.customers import access
from zhiyin.customers.events import RestrictionChanged
from zhiyin.customers.models import Restriction
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict
from zhiyin.platform.record import record
from zhiyin.platform.text import checked


class AlreadyRestricted(Conflict):
    message = _("This customer is restricted already.")


def restrict_customer(
    *, actor: Actor, customer_id: uuid.UUID, reason: str, now: datetime.datetime
) -> Restriction:
    """Only keep what is known of a customer; what analysis found is forgotten. Raises ``AlreadyRestricted``."""
    actor.require("customers.requests")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    if access.restricted().filter(customer=customer).exists():
        raise AlreadyRestricted
    made = Restriction.objects.create(
        customer=customer,
        reason=checked(" ".join(reason.split()), "reason", 500, needed=True),
        set_by=actor.name[:100],
        set_at=now,
    )
    forget_values([customer.pk])
    _tell(actor, made, [None, made.reason], now)
    return made


def end_restriction(
    *, actor: Actor, customer_id: uuid.UUID, restriction_id: uuid.UUID, now: datetime.datetime
) -> Restriction:
    """Let the data be used again. Ending twice is no error. Raises what ``access.customer`` does."""
    actor.require("customers.requests")
    access.customer(actor, customer_id, need="write", lock=True)
    found = access.restriction(actor, customer_id, restriction_id)
    if found.ended_at is None:
        found.ended_at, found.ended_by = now, actor.name[:100]
        found.save(update_fields=["ended_at", "ended_by"])
        _tell(actor, found, [found.reason, None], now)
    return found


def _tell(actor: Actor, found: Restriction, change: list[str | None], now: datetime.datetime) -> None:
    record(
        RestrictionChanged(found.customer_id, found.pk),
        actor=actor,
        now=now,
        subject=("customer", found.customer_id),
        changes={"restricted": change},
    )
