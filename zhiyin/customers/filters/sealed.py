"""Whom a whole telephone number, mail address or account finds while it is sealed, for who reaches the pools."""

import uuid

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import LONGEST, SEARCHED, checked
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import ContactPoint
from zhiyin.customers.sealing import every_key, is_anything_sealed
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid

_MOST = 50


def customers_of_sealed(actor: Actor, text: str) -> list[uuid.UUID]:
    """Customers in a pool one of whose contact points is exactly this, as the search box asks. Four SQL statements."""
    return sealed_with(actor, sorted(SEARCHED - access.closed(actor)), text)[:_MOST]


def sealed_with(actor: Actor, kinds: list[ContactKind], text: str) -> list[uuid.UUID]:
    """Customers in a pool who are reached by this text as one of some kinds; none for who does not reach them."""
    if not access.sees_everybody(actor) or not is_anything_sealed():
        return []
    region = REGIONS.get(Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id))
    wanted = every_key((kind, key) for kind in kinds if (key := _key(kind, text, region)))
    points = ContactPoint.objects.filter(value_key__in={form for _kind, form in wanted}, kind__in=kinds)
    return list(points.filter(sealed__isnull=False).values_list("customer_id", flat=True))


def _key(kind: ContactKind, text: str, region: str | None) -> str | None:
    try:
        return checked(kind, text[:LONGEST], region)[1]
    except Invalid:
        return None
