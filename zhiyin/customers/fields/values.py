"""Values of fields: read from text or JSON into the form that is kept, and written again.

What is kept is JSON: text, numbers of up to 15 digits, days as ``2026-01-31``, yes and no as true and false,
several choices as a list in the order of the options, links and files as the id of what they lead to. Nothing is ``None`` and is not kept at all.
"""

import contextlib
import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import regex
from django.utils import formats
from django.utils.translation import gettext as _

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import links, uploads
from zhiyin.customers.models import CustomField
from zhiyin.platform.errors import Invalid

Value = str | int | float | bool | list[str] | None
LONGEST = {FieldType.TEXT: 200, FieldType.LONG_TEXT: 5000}
LARGEST = decimal.Decimal(10) ** 11
PLACES = decimal.Decimal("0.0001")
# seconds; an administrator's pattern may take for ever on some text
PATIENCE = 0.05
_YES, _NO = ("true", "yes", "1", "是"), ("false", "no", "0", "否")


def read(field: CustomField, given: object, *, kept: Value = None) -> Value:
    """The value that somebody gave, as it is kept; of ``""`` and ``None``, nothing.

    A choice that is offered no more is right where it is ``kept`` already. Raises ``Invalid`` with the reason.
    """
    if given is None or (isinstance(given, str) and not given.strip()) or given == []:
        return None
    return _READ[FieldType(field.type)](field, given, kept)


def written(field: CustomField, value: Value) -> str:
    """As a form shows it and ``read`` understands it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(value)
    if field.type in (FieldType.NUMBER, FieldType.MONEY) and isinstance(value, int | float):
        return format(decimal.Decimal(repr(value)), "f")
    return _linked(field, value) if field.type == FieldType.LINK else str(value)


def shown(field: CustomField, value: Any) -> str:
    """In the reader's language; money without its currency."""
    match value:
        case None | "":
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case list():
            return _(", ").join(field.words(str(each)) for each in value)
        case int() | float():
            number = decimal.Decimal(repr(value))
            places = max(2 if field.type == FieldType.MONEY else 0, -int(number.as_tuple().exponent))
            return formats.number_format(number, places, use_l10n=True, force_grouping=True)
    return _SHOWN.get(FieldType(field.type), _plain)(field, str(value))


def _plain(_field: CustomField, value: str) -> str:
    return value


def _shown_day(_field: CustomField, value: str) -> str:
    return formats.date_format(datetime.date.fromisoformat(value), "DATE_FORMAT")


_ahead: ContextVar[Mapping[tuple[str, str], links.Linked]] = ContextVar(
    "looked_up", default=MappingProxyType({})
)


@contextlib.contextmanager
def looked_up(fields: Iterable[CustomField], customs: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """What the links among many customers' values lead to, asked for at once and not by each ``shown`` in it."""
    ids: dict[str, set[uuid.UUID]] = {}
    for each in fields:
        if each.type == FieldType.LINK:
            found = {uuid.UUID(own[each.key]) for own in customs if own.get(each.key)}
            ids.setdefault(each.target, set()).update(found)
    known = {
        (target, str(key)): linked
        for target, some in ids.items()
        for key, linked in links.known(target, some).items()
    }
    token = _ahead.set(known)
    try:
        yield
    finally:
        _ahead.reset(token)


def _linked(field: CustomField, value: object) -> str:
    """What a link's record is known by, and ``read`` understands."""
    linked = _ahead.get().get((field.target, str(value))) or links.of(field.target, value)
    return linked.code if linked else str(value)


def _text(field: CustomField, given: object, _kept: Value) -> str:
    kind = FieldType(field.type)
    if not isinstance(given, str):
        raise Invalid(_("This is no text."))
    text = given.replace("\r\n", "\n").strip() if kind == FieldType.LONG_TEXT else " ".join(given.split())
    if "\0" in text:
        raise Invalid
    most = int(field.most or LONGEST[kind])
    if len(text) > most:
        raise Invalid(_("This is longer than %d characters.") % most)
    if field.least and len(text) < int(field.least):
        raise Invalid(_("This is shorter than %s characters.") % field.least)
    if field.pattern and not fits(field.pattern, text):
        raise Invalid(field.hint or _("This does not have the form that is asked for."))
    return text


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is of this pattern, as far as that can be told in a moment."""
    try:
        return regex.fullmatch(pattern, text, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


def number(given: object) -> int | float:
    """A number of at most four places. Raises ``Invalid``."""
    if isinstance(given, bool) or not isinstance(given, str | int | float | decimal.Decimal):
        raise Invalid(_("This is no number."))
    try:
        exact = decimal.Decimal(given.strip().replace(",", "") if isinstance(given, str) else str(given))
    except decimal.InvalidOperation as error:
        raise Invalid(_("This is no number.")) from error
    if not exact.is_finite() or abs(exact) >= LARGEST:
        raise Invalid(_("This number is too large."))
    rounded = exact.quantize(PLACES)
    if rounded != exact:
        raise Invalid(_("At most four decimals are kept."))
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _number(field: CustomField, given: object, _kept: Value) -> int | float:
    value = number(given)
    if field.least and value < number(field.least):
        raise Invalid(_("This is less than %s.") % field.least)
    if field.most and value > number(field.most):
        raise Invalid(_("This is more than %s.") % field.most)
    return value


def day(given: object) -> str:
    """A day as it is kept. Raises ``Invalid``."""
    try:
        return datetime.date.fromisoformat(str(given).strip()).isoformat()
    except ValueError as error:
        raise Invalid(_("This is no day; write it like 2026-01-31.")) from error


def _day(field: CustomField, given: object, _kept: Value) -> str:
    value = day(given)
    if field.least and value < field.least:
        raise Invalid(_("This is before %s.") % field.least)
    if field.most and value > field.most:
        raise Invalid(_("This is after %s.") % field.most)
    return value


def _choice(field: CustomField, given: object, kept: Value) -> str:
    text = field.option(" ".join(str(given).split()))
    if text in field.options or text == kept:
        return text
    raise Invalid(_("This is not one of the choices."))


def _choices(field: CustomField, given: object, kept: Value) -> list[str]:
    parts = given.splitlines() if isinstance(given, str) else given
    if not isinstance(parts, list) or len(parts) > 1000:
        raise Invalid(_("This is not one of the choices."))
    known = [*field.options, *(each for each in (kept if isinstance(kept, list) else []))]
    chosen = {field.option(" ".join(str(part).split())) for part in parts} - {""}
    if not chosen <= set(known):
        raise Invalid(_("This is not one of the choices."))
    return [each for each in dict.fromkeys(known) if each in chosen]


def _yes_no(_field: CustomField, given: object, _kept: Value) -> bool:
    text = str(given).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise Invalid(_("Say yes or no."))


def _link(field: CustomField, given: object, kept: Value) -> str:
    return links.read(field.target, given, kept)


def _file(_field: CustomField, given: object, kept: Value) -> str:
    if isinstance(given, uploads.Upload):
        return str(given.file_id)
    if given == kept:
        return str(kept)
    raise Invalid(_("A file is uploaded on its own."))


_READ: dict[FieldType, Callable[[CustomField, object, Value], Value]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: _day,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _yes_no,
    FieldType.LINK: _link,
    FieldType.FILE: _file,
}
_SHOWN: dict[FieldType, Callable[[CustomField, str], str]] = {
    FieldType.DATE: _shown_day,
    FieldType.CHOICE: lambda field, value: field.words(value),
    FieldType.LINK: _linked,
    FieldType.FILE: lambda _field, value: uploads.name_of(value),
}
