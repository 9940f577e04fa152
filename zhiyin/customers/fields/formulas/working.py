"""Formulas of a company's fields, worked out for one customer."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields.formulas.functions import MOST_TEXT, NUMBERS, alike
from zhiyin.customers.fields.formulas.language import Formula, Known, compiled, names
from zhiyin.customers.fields.values import LARGEST, PLACES, Value
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid

# those that change only with the customer's row; owner, status and stage are moved many at once
CORE_NAMES = ("name", "short_name", "code", "kind", "country", "city", "source")
RESULTS = (FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.YES_NO)
UNREAD = (FieldType.LINK, FieldType.FILE)
_READ_AS = {FieldType.LONG_TEXT: FieldType.TEXT, FieldType.CHOICE: FieldType.TEXT}


def known(fields: Iterable[CustomField]) -> Known:
    """What formulas may read, by name."""
    core: dict[str, tuple[FieldType, CustomField | None]] = dict.fromkeys(CORE_NAMES, (FieldType.TEXT, None))
    return core | {each.key: (_type(each), each) for each in fields if each.type not in UNREAD}


def _type(own: CustomField) -> FieldType:
    return _READ_AS.get(FieldType(own.type), FieldType(own.type))


def checked_formula(text: str, result: FieldType, fields: Iterable[CustomField]) -> Formula:
    """A formula whose answers are of this type. Raises ``Invalid`` with the reason."""
    made = compiled(text, known(fields))
    if not alike(made.type, result):
        told = {"given": made.type.label, "wanted": result.label}
        raise Invalid(_("This gives a %(given)s, not a %(wanted)s.") % told)
    return made


def ordered(fields: Sequence[CustomField]) -> list[CustomField]:
    """Those with a formula, each behind all that it reads. Raises ``Invalid`` for a circle."""
    waiting = {each.key: each for each in fields if each.formula}
    found: list[CustomField] = []
    while waiting:
        free = [each for each in waiting.values() if not names(each.formula) & waiting.keys()]
        if not free:
            circle = _(", ").join(sorted(each.label for each in waiting.values()))
            raise Invalid(_("These fields would follow from each other in a circle: %s.") % circle)
        for each in free:
            found.append(waiting.pop(each.key))
    return found


def work_out(customer: Customer, fields: Sequence[CustomField], today: datetime.date) -> dict[str, Value]:
    """What all formulas give for a customer, by key. ``fields`` are all that are in use."""
    follow = ordered(fields)
    if not follow:
        return {}
    every = known(fields)
    values = _values(customer, every)
    found: dict[str, Value] = {}
    for each in follow:
        values[each.key] = None
        if each.kind in ("", customer.kind):
            kept = _kept(FieldType(each.type), _worked(each.formula, every, values, today))
            found[each.key], values[each.key] = kept, _read(FieldType(each.type), kept)
        else:
            found[each.key] = None
    return found


def missing(
    customer: Customer, fields: Sequence[CustomField], touched: Iterable[str], today: datetime.date
) -> list[CustomField]:
    """Fields without a value that are required as things are, where what was ``touched`` bears on them."""
    asked = [
        each
        for each in fields
        if each.required_when and each.kind in ("", customer.kind) and each.key not in customer.custom
    ]
    if not asked:
        return []
    every = known(fields)
    values, names_touched = _values(customer, every), set(touched)
    return [
        each
        for each in asked
        if names_touched & {each.key, *names(each.required_when)}
        and _worked(each.required_when, every, values, today)
    ]


def is_demanded(
    field: CustomField,
    fields: Sequence[CustomField],
    core: Mapping[str, Any],
    own: Mapping[str, Value],
    today: datetime.date,
) -> bool:
    """Whether a field is required of a customer not made yet, of whom no formula is worked out."""
    every = known(fields)
    values: dict[str, Any] = {name: core.get(name) or None for name in CORE_NAMES}
    values |= {key: _read(FieldType(each.type), own.get(key)) for key, (_t, each) in every.items() if each}
    return bool(_worked(field.required_when, every, values, today))


def _worked(text: str, every: Known, values: dict[str, Any], today: datetime.date) -> Any:
    """An answer; none where the fields have changed so that the formula says nothing any more."""
    try:
        return compiled(text, every).work(values, today)
    except (Invalid, decimal.DecimalException):
        return None


def _values(customer: Customer, every: Known) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(customer, name) or None for name in CORE_NAMES}
    return values | {
        key: _read(FieldType(own.type), customer.custom.get(key)) for key, (_t, own) in every.items() if own
    }


def _read(type: FieldType, value: Any) -> Any:
    if value is None:
        return None
    if type in NUMBERS:
        return decimal.Decimal(repr(value))
    return datetime.date.fromisoformat(value) if type == FieldType.DATE else value


def _kept(type: FieldType, value: Any) -> Value:
    """An answer in the form in which values are kept; what is beyond it is none."""
    if value in (None, ""):
        return None
    if type in NUMBERS:
        if not value.is_finite() or abs(value) >= LARGEST:
            return None
        rounded = value.quantize(PLACES, decimal.ROUND_HALF_UP)
        return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
    if type == FieldType.DATE:
        return str(value.isoformat())
    if type == FieldType.TEXT:
        return " ".join(str(value).replace("\0", "").split())[:MOST_TEXT] or None
    return bool(value)
