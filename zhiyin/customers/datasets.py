"""What analysis reads of customers."""

from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.warehouse import Buckets, Dataset, register
from zhiyin.customers.choices import CustomerKind
from zhiyin.customers.queries.fields import segmentations

CUSTOMERS = register(
    Dataset(
        name="customers",
        select='SELECT c.id, c.kind, analysed_fields(c.custom) FROM "customers_customer" c',
        alias="c",
        partitions=Buckets("id"),
        columns={"customer_id": "string", "segment": "string", "own": "string"},
        labels={CustomerKind.PERSON.value: _("Persons"), CustomerKind.ORGANISATION.value: _("Organisations")},
        segmentations=segmentations,
    )
)
