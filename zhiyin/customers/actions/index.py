"""The search document of one customer, kept with every change of what it is found by."""

from zhiyin.customers.contact_keys import SEARCHED
from zhiyin.customers.keys import search_text
from zhiyin.customers.models import ContactPoint, Customer, CustomerSearch
from zhiyin.platform import search
from zhiyin.platform.actors import Actor


def reindex(actor: Actor, customer: Customer) -> None:
    """Write the document anew. Two SQL statements."""
    reached_by = ContactPoint.objects.filter(customer=customer, kind__in=SEARCHED)
    text = search_text(
        name=customer.name,
        short_name=customer.short_name,
        code=customer.code,
        contacts=reached_by.order_by("created_at").values_list("value_key", flat=True),
    )
    CustomerSearch.objects.bulk_create(
        [
            CustomerSearch(
                customer=customer,
                text=text,
                tokens=search.tokens(actor.tenant_id, text),
                name_key=customer.name_key,
            )
        ],
        update_conflicts=True,
        update_fields=["text", "tokens", "name_key"],
        unique_fields=["customer"],
    )
