"""What can be asked of a company's own field, as a condition on customers.

``in``, ``not_in`` and ``all`` take a list of values, ``between`` a pair with ``None`` for no bound, ``empty`` and
``filled`` none. Whoever has no value meets ``empty`` and ``not_in`` alone. Case is no difference. Indexes of
``FieldValue`` answer all but fragments of text, and of long text all beyond its first 200 characters.
"""

import datetime
import uuid
from typing import Any

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Left, Lower

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields.registry import Field
from zhiyin.customers.models import Customer, FieldValue

# the alias by which lists are ordered, its columns for numbers and for all else, and what has no order
SORTED = "own_sorted"
ORDERED = {True: f"{SORTED}__number", False: f"{SORTED}__text"}
UNSORTED = (FieldType.CHOICES, FieldType.LONG_TEXT, FieldType.LINK, FieldType.FILE)
KEPT = 200
# operators that no range of an index answers
NOT_BY_ITSELF = ("empty", "filled", "not_in", "contains", "all")
# behind every text that begins alike, by the order of code points
_LAST = "\U0010ffff"


def condition(field: Field, operator: str, value: Any) -> Q:
    """Customers whose own field fits."""
    match operator:
        case "empty":
            return ~_has(field)
        case "filled":
            return _has(field)
        case "not_in":
            return ~_has(field, _one(field, "in", value))
        case "all":
            return Q(*(_has(field, _one(field, "in", [each])) for each in value))
        case "contains" if field.type == FieldType.LONG_TEXT:
            return _has(field) & Q(**{f"{field.path}__icontains": value})
    return _has(field, _one(field, operator, value))


def matches(field: Field, operator: str, value: Any) -> QuerySet[FieldValue] | None:
    """The values that fit, where an index alone tells them; ``None`` for what has to be looked for otherwise."""
    if operator in NOT_BY_ITSELF:
        return None
    return _values(field).filter(_one(field, operator, value))


def is_number(field: Field) -> bool:
    return field.type in (FieldType.NUMBER, FieldType.MONEY)


def is_sortable(field: Field) -> bool:
    """Whether lists can be ordered by this own field: one value, short enough to be kept whole."""
    return field.own is not None and not field.masked and field.type not in UNSORTED


def with_values(rows: QuerySet[Customer], field: Field) -> QuerySet[Customer]:
    """Customers with an alias ``SORTED`` of what they have of a field, to be ordered by a column of ``ORDERED``."""
    return rows.annotate(
        **{SORTED: FilteredRelation("own_value", condition=Q(own_value__field_id=_id(field)))}
    )


def on_values(field: Field, operator: str, value: Any) -> Q:
    """``condition`` of the field that ``with_values`` is about, so that its order begins where it holds."""
    if operator in NOT_BY_ITSELF:
        return Q()
    fits = _one(field, operator, value)
    return Q(*((f"{SORTED}__{name}", bound) for name, bound in fits.children))  # type: ignore[misc]  # all are pairs


def _values(field: Field) -> QuerySet[FieldValue]:
    return FieldValue.objects.filter(field_id=_id(field))


def _id(field: Field) -> uuid.UUID:
    if field.own is None:
        raise ValueError(f"{field.name} is no field of the company's own")
    return field.own.pk


def _has(field: Field, fits: Q | None = None) -> Q:
    return Q(Exists(_values(field).filter(fits or Q(), customer_id=OuterRef("pk"))))


def _key(value: object) -> Left:
    """A text as ``FieldValue`` keeps it."""
    return Left(Lower(Value(_plain(value), output_field=TextField())), KEPT)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _one(field: Field, operator: str, value: Any) -> Q:  # one operator a line
    if is_number(field):
        return _number(operator, value)
    match operator:
        case "in":
            return Q(text__in=[_key(each) for each in value])
        case "contains":
            return Q(text__contains=_key(value))
        case "starts":
            return Q(text__gte=_key(value), text__lt=Concat(_key(value), Value(_LAST)))
        case "between":
            low, high = (None if each is None else _key(each) for each in value)
            return _between("text", low, high)
    return Q(text=_key(value))


def _number(operator: str, value: Any) -> Q:
    match operator:
        case "in":
            return Q(number__in=[float(each) for each in value])
        case "at_least":
            return Q(number__gte=value)
        case "at_most":
            return Q(number__lte=value)
        case "between":
            return _between("number", *value)
    return Q(number=value)


def _between(column: str, low: Any, high: Any) -> Q:
    bounds = {f"{column}__gte": low, f"{column}__lte": high}
    return Q(**{name: bound for name, bound in bounds.items() if bound is not None})
