"""Whom somebody who is being entered may already be."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import checked
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.customers.queries.duplicates import duplicate_rules
from zhiyin.customers.sealing import keys_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.pinyin import name_key

SHOWN = 5
# further ones with this number are not looked at: such as a switchboard
LOOKED_AT = 50


@dataclass
class Likely:
    """``seen`` are visible customers with what is the same; ``others`` says that colleagues have such ones."""

    seen: list[tuple[Customer, list[str]]] = field(default_factory=list)
    others: bool = False


def likely(actor: Actor, *, name: str = "", phone: str = "", email: str = "") -> Likely:
    """Customers with this telephone number, e-mail address, or name as it sounds. Ten SQL statements at most."""
    same: dict[uuid.UUID, list[str]] = {}
    for kind, key in _keys(actor, phone, email):
        points = ContactPoint.objects.filter(kind=kind, value_key__in=keys_of(kind, key))
        for found in points.values_list("customer_id", flat=True)[:LOOKED_AT]:
            same.setdefault(found, []).append(kind)
    reached = access.customers(actor)
    rows = reached.in_bulk(list(same))
    others = len(rows) < len(same)
    named = name_key(" ".join(name.split()))[:400]
    if len(named) > 1 and "\0" not in named:
        for each in reached.filter(name_key=named).order_by("id")[:SHOWN]:
            rows.setdefault(each.pk, each)
            same.setdefault(each.pk, []).append("name")
    seen = sorted(((row, same[key]) for key, row in rows.items()), key=lambda pair: -len(pair[1]))
    return Likely(seen[:SHOWN], others and duplicate_rules().tell_others and _is_there(same, rows))


def _is_there(same: dict[uuid.UUID, list[str]], rows: dict[uuid.UUID, Customer]) -> bool:
    """Whether any of those out of reach is still a customer."""
    return Customer.objects.filter(pk__in=same.keys() - rows.keys()).exists()


def _keys(actor: Actor, phone: str, email: str) -> Iterator[tuple[ContactKind, str]]:
    for kind, written in ((ContactKind.PHONE, phone.strip()), (ContactKind.EMAIL, email.strip())):
        if not written or "\0" in written or kind in access.closed(actor):
            continue
        currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
        try:
            yield kind, checked(kind, written[:400], REGIONS.get(currency))[1]
        except Invalid:
            continue
