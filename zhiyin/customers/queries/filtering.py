"""What a filter's form needs to know of records."""

import uuid
from collections.abc import Iterable

from zhiyin.customers import access
from zhiyin.customers.filters import Group, RelationTo
from zhiyin.customers.queries.record import customer_by_code
from zhiyin.platform.actors import Actor


def codes_of(actor: Actor, tree: Group) -> dict[uuid.UUID, str]:
    """The codes of the visible customers that relations in a filter name. One SQL statement, or none."""
    asked = [each.value for each in tree.conditions() if isinstance(each.value, RelationTo)]
    ids = [each.customer for each in asked if each.customer]
    return dict(access.customers(actor).filter(pk__in=ids).values_list("pk", "code")) if ids else {}


def keys_of(actor: Actor, codes: Iterable[str]) -> dict[str, uuid.UUID]:
    """The visible customers with these codes, as they were written. One SQL statement each."""
    found = {code: customer_by_code(actor, code) for code in codes}
    return {code: customer.pk for code, customer in found.items() if customer}
