"""Tags of customers."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import F, QuerySet

from zhiyin.customers.models import CustomerTag
from zhiyin.platform.database.planned import Planned

Row = Mapping[str, object]


def tags_of(customer_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[Row]]:
    """The tags of some customers. One SQL statement."""
    found: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for link in _tag_links(CustomerTag.objects.filter(customer__in=list(customer_ids))):
        found[link["customer_id"]].append(link)  # type: ignore[index]
    return dict(found)


def _tag_links(links: QuerySet[CustomerTag]) -> QuerySet[CustomerTag, Row]:
    named = links.order_by("tag__name")
    return named.values("customer_id", "tag_id", name=F("tag__name"), colour=F("tag__colour"))


# the tags of one customer
tags_of_one: Planned[Row] = Planned(
    lambda customer: _tag_links(CustomerTag.objects.filter(customer=customer))
)
