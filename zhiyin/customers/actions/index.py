"""The search documents of customers, kept with every change of what they are found by."""

import uuid
from collections import defaultdict
from collections.abc import Collection

from zhiyin.customers.contact_keys import SEARCHED
from zhiyin.customers.keys import search_text
from zhiyin.customers.models import ContactPoint, Customer, CustomerSearch
from zhiyin.platform import search
from zhiyin.platform.actors import Actor


def reindex(actor: Actor, customer: Customer) -> None:
    """Write the document anew. Two SQL statements."""
    _write(actor.tenant_id, [customer])


def reindex_many(tenant_id: uuid.UUID, ids: Collection[uuid.UUID]) -> None:
    """Those of customers who are in use. Three SQL statements."""
    names = ("name", "short_name", "code", "name_key")
    _write(tenant_id, list(Customer.objects.filter(pk__among=list(ids)).only(*names).order_by("pk")))


def _write(tenant_id: uuid.UUID, customers: Collection[Customer]) -> None:
    reached_by = ContactPoint.objects.filter(
        customer__among=[each.pk for each in customers], kind__in=SEARCHED, sealed=None
    )
    keys: dict[uuid.UUID, list[str]] = defaultdict(list)
    for customer_id, key in reached_by.order_by("created_at").values_list("customer_id", "value_key"):
        keys[customer_id].append(key)
    CustomerSearch.objects.bulk_create(
        [_document(tenant_id, each, keys[each.pk]) for each in customers],
        update_conflicts=True,
        update_fields=["text", "tokens", "name_key"],
        unique_fields=["customer"],
    )


def _document(tenant_id: uuid.UUID, customer: Customer, contacts: list[str]) -> CustomerSearch:
    text = search_text(
        name=customer.name, short_name=customer.short_name, code=customer.code, contacts=contacts
    )
    return CustomerSearch(
        customer=customer,
        text=text,
        tokens=search.tokens(tenant_id, text),
        name_key=customer.name_key,
    )
