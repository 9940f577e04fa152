"""The search documents of customers, kept with every change of what they are found by."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection

from zhiyin.customers.contact_keys import SEARCHED
from zhiyin.customers.keys import search_text
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

# arrays of different lengths go as text; Django takes five times as long to write the statement
_DOCUMENTS = """
INSERT INTO customers_customersearch (customer_id, text, tokens, name_key)
SELECT each.id, each.text, each.tokens::int[], each.name_key
FROM unnest(%(ids)s::uuid[], %(texts)s::text[], %(tokens)s::text[], %(names)s::text[])
    AS each (id, text, tokens, name_key)
ON CONFLICT (customer_id) DO UPDATE SET text = excluded.text, tokens = excluded.tokens, name_key = excluded.name_key
"""


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
    for customer_id, key in reached_by.order_by("created_at", "pk").values_list("customer_id", "value_key"):
        keys[customer_id].append(key)
    texts = [
        search_text(name=each.name, short_name=each.short_name, code=each.code, contacts=keys[each.pk])
        for each in customers
    ]
    values: dict[str, Any] = {
        "ids": [each.pk for each in customers],
        "texts": texts,
        "tokens": [f"{{{','.join(map(str, search.tokens(tenant_id, text)))}}}" for text in texts],
        "names": [each.name_key for each in customers],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, values)
