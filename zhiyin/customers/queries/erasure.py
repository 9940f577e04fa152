"""Erasures: what one would take away, which were done, and what is blocked since."""

import datetime
import uuid
from collections import Counter

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import Customer, Erasure
from zhiyin.customers.suppression import known_as
from zhiyin.platform import crypto
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.paging import Page, keyset


def erasable(actor: Actor, customer_id: uuid.UUID) -> tuple[Customer, Counter[str]]:
    """A customer, and how many rows of which model hang on him. Raises ``NotFound``. A statement a model."""
    actor.require("customers.erase")
    customer = access.customer(actor, customer_id, need="full")
    found: Counter[str] = Counter()
    for relation in Customer._meta.related_objects:
        model = relation.related_model
        rows = model._base_manager.filter(**{relation.field.name: customer.pk})
        found[model._meta.label] += rows.count()
    return customer, +found


def erasures(actor: Actor, *, text: str = "", after: str = "", limit: int = 50) -> Page[Erasure]:
    """What was erased, the newest first; ``text`` is of reference or of who asked."""
    actor.require("customers.erase")
    rows = Erasure.objects.all()
    if text:
        rows = rows.filter(reference__icontains=text) | rows.filter(asked_by__icontains=text)
    return keyset(rows, order=["-asked_at", "-id"], after=after, limit=limit)


def erasure(actor: Actor, erasure_id: uuid.UUID) -> Erasure:
    """Raises ``NotFound``."""
    actor.require("customers.erase")
    found = Erasure.objects.filter(pk=erasure_id).first()
    if found is None:
        raise NotFound
    return found


def suppressed_since(actor: Actor, kind: str, value: str) -> datetime.datetime | None:
    """Since when something is blocked, because it belonged to a person who was erased."""
    actor.require("customers.erase")
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    return next(iter(crypto.suppressed([known_as(kind, value, REGIONS.get(currency))]).values()), None)
