"""What a filter's form needs to know of records."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Literal

from django.db.models import QuerySet

from zhiyin.customers import access
from zhiyin.customers.filters import Group, RelationTo
from zhiyin.customers.models import Customer
from zhiyin.customers.queries.record import customer_by_code
from zhiyin.platform.actors import Actor

MOST_VALUES = 200


def codes_of(actor: Actor, tree: Group) -> dict[uuid.UUID, str]:
    """The codes of the visible customers that relations in a filter name. One SQL statement, or none."""
    asked = [each.value for each in tree.conditions() if isinstance(each.value, RelationTo)]
    ids = [each.customer for each in asked if each.customer]
    return dict(access.customers(actor).filter(pk__in=ids).values_list("pk", "code")) if ids else {}


def keys_of(actor: Actor, codes: Iterable[str]) -> dict[str, uuid.UUID]:
    """The visible customers with these codes, as they were written. One SQL statement each."""
    found = {code: customer_by_code(actor, code) for code in codes}
    return {code: customer.pk for code, customer in found.items() if customer}


def used_values(actor: Actor, column: Literal["source", "country"]) -> list[str]:
    """The distinct values of a column of visible customers: a skip through its index, or a scan of few."""
    if column in access.closed(actor):
        return []
    found = {
        value
        for each in access.grounds(actor)
        for value in _used_values(Customer.objects.filter(each), column)
    }
    return sorted(found)[:MOST_VALUES]


def _used_values(visible: QuerySet[Customer], column: str) -> Iterator[str]:
    rows = visible.exclude(**{column: ""}).order_by(column)
    value: str | None = ""
    for _each in range(MOST_VALUES):
        value = rows.filter(**{f"{column}__gt": value}).values_list(column, flat=True).first()
        if value is None:
            return
        yield value
