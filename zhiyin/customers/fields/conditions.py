"""What can be asked of a company's own field, as a condition on customers.

``in``, ``not_in`` and ``all`` take a list of values, ``between`` a pair with ``None`` for no bound, ``empty`` and
``filled`` none. Whoever has no value meets ``empty`` and ``not_in`` alone.
"""

import datetime
from typing import Any

from django.db.models import Q

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields.registry import Field


def condition(field: Field, operator: str, value: Any) -> Q:
    """Customers whose own field fits."""
    key = field.path.partition("__")[2]
    filled = Q(custom__has_key=key)
    match operator:
        case "empty":
            return ~filled
        case "filled":
            return filled
        case "not_in":
            return ~(filled & _one(field, "in", value))
    # the database may not know that nothing is not true
    return filled & _one(field, operator, value)


def _one(field: Field, operator: str, value: Any) -> Q:  # noqa: PLR0911  # one operator a line
    path = field.path
    if field.type == FieldType.CHOICES and operator in ("in", "all"):
        return Q(**{f"{path}__has_{'any_' if operator == 'in' else ''}keys": value})
    match operator:
        case "in":
            return Q(**{f"{path}__in": value})
        case "contains":
            return Q(**{f"{path}__icontains": value})
        case "starts":
            return Q(**{f"{path}__istartswith": value})
        case "at_least":
            return Q(**{f"{path}__gte": value})
        case "at_most":
            return Q(**{f"{path}__lte": value})
        case "between":
            low, high = (each.isoformat() if isinstance(each, datetime.date) else each for each in value)
            bounds = {f"{path}__gte": low, f"{path}__lte": high}
            return Q(**{name: bound for name, bound in bounds.items() if bound is not None})
    return Q(**{path: value})
