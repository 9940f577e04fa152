"""What analysis reads of customers."""

from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.warehouse import Buckets, Dataset, register
from zhiyin.customers.choices import CustomerKind

CUSTOMERS = register(
    Dataset(
        name="customers",
        select='SELECT c.id, c.kind FROM "customers_customer" c',
        alias="c",
        partitions=Buckets("id"),
        columns={"customer_id": "string", "segment": "string"},
        labels={CustomerKind.PERSON.value: _("Persons"), CustomerKind.ORGANISATION.value: _("Organisations")},
    )
)
