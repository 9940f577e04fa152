"""The functions of formulas: which types they take and give, and what they do."""

from __future__ import annotations

import calendar
import datetime
import decimal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.customers.choices import FieldType
from zhiyin.platform.errors import Invalid

NUMBER, MONEY, TEXT, DATE, YES_NO = (
    FieldType.NUMBER, FieldType.MONEY, FieldType.TEXT, FieldType.DATE, FieldType.YES_NO,
)  # fmt: skip
NUMBERS = (NUMBER, MONEY)
_TEXTS = (TEXT, FieldType.CHOICES)
MOST_TEXT = 200
_DECIMAL = decimal.Decimal
NONE = _DECIMAL(0)


@dataclass(frozen=True, slots=True)
class Given:
    """One argument, by its type."""

    type: FieldType


@dataclass(frozen=True, slots=True)
class Function:
    """``check`` says the type of the answer or raises ``Invalid``; ``work`` takes the day that is today, and values."""

    check: Callable[[str, Sequence[Given]], FieldType]
    work: Callable[..., Any]
    form: str


def alike(one: FieldType, other: FieldType) -> bool:
    """Whether two types can be compared, or stand for one another."""
    return one == other or (one in NUMBERS and other in NUMBERS)


def _wrong(name: str) -> Invalid:
    return Invalid(_("Write %s.") % FUNCTIONS[name].form)


def _takes(result: FieldType | None, *wanted: tuple[FieldType, ...], optional: int = 0) -> Any:
    """A check for arguments of these types; without ``result`` the answer is of the first one's type."""

    def check(name: str, given: Sequence[Given]) -> FieldType:
        if not len(wanted) - optional <= len(given) <= len(wanted):
            raise _wrong(name)
        if any(each.type not in types for each, types in zip(given, wanted, strict=False)):
            raise _wrong(name)
        return result or given[0].type

    return check


def _anything(name: str, given: Sequence[Given]) -> FieldType:
    if len(given) != 1:
        raise _wrong(name)
    return YES_NO


def _branches(name: str, given: Sequence[Given]) -> FieldType:
    if len(given) not in (2, 3) or given[0].type != YES_NO:
        raise _wrong(name)
    return _common(name, given[1:])


def _common(name: str, given: Sequence[Given]) -> FieldType:
    """The type of whichever of them it is."""
    first = given[0].type if given else TEXT
    if not given or not all(alike(first, each.type) for each in given) or first == FieldType.CHOICES:
        raise _wrong(name)
    return MONEY if any(each.type == MONEY for each in given) else first


def _several(name: str, given: Sequence[Given]) -> FieldType:
    found = _common(name, given)
    if found not in (*NUMBERS, DATE):
        raise _wrong(name)
    return found


def _pair(name: str, given: Sequence[Given]) -> FieldType:
    if len(given) != 2:
        raise _wrong(name)
    return _common(name, given)


def _needs(work: Callable[..., Any]) -> Callable[..., Any]:
    """Without one of its values there is no answer."""
    return lambda _today, *given: None if None in given else work(*given)


def _round(value: decimal.Decimal, places: decimal.Decimal = NONE) -> decimal.Decimal:
    return value.quantize(_DECIMAL(1).scaleb(-min(max(int(places), 0), 4)), decimal.ROUND_HALF_UP)


def _add_days(day: datetime.date, count: decimal.Decimal) -> datetime.date | None:
    try:
        return day + datetime.timedelta(days=int(count))
    except OverflowError:
        return None


def _add_months(day: datetime.date, count: decimal.Decimal) -> datetime.date | None:
    year, month = divmod(day.year * 12 + day.month - 1 + int(count), 12)
    if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
        return None
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _date(*parts: Any) -> datetime.date | None:
    try:
        return datetime.date(*(int(each) for each in parts))
    except (ValueError, OverflowError):
        return None


def _years(since: datetime.date, until: datetime.date) -> decimal.Decimal:
    """Full years, as ages are told."""
    return _DECIMAL(until.year - since.year - ((until.month, until.day) < (since.month, since.day)))


def _least(choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def work(_today: datetime.date, *given: Any) -> Any:
        there = [each for each in given if each is not None]
        return choose(there) if there else None

    return work


def _contains(whole: Any, part: str) -> bool:
    return part in whole if isinstance(whole, list) else part.casefold() in whole.casefold()


def _empty(_today: datetime.date, value: Any) -> bool:
    return value in (None, "", [])


FUNCTIONS: Mapping[str, Function] = {
    "if": Function(
        _branches, lambda _today, met, one, other=None: one if met else other, "if(condition, then, else)"
    ),
    "empty": Function(_anything, _empty, "empty(field)"),
    "filled": Function(_anything, lambda today, value: not _empty(today, value), "filled(field)"),
    "ifempty": Function(
        _pair, lambda today, one, other: other if _empty(today, one) else one, "ifempty(field, value)"
    ),
    "round": Function(_takes(None, NUMBERS, (NUMBER,), optional=1), _needs(_round), "round(number, places)"),
    "abs": Function(_takes(None, NUMBERS), _needs(abs), "abs(number)"),
    "min": Function(_several, _least(min), "min(number, number, …)"),
    "max": Function(_several, _least(max), "max(number, number, …)"),
    "length": Function(_takes(NUMBER, _TEXTS), _needs(lambda value: _DECIMAL(len(value))), "length(text)"),
    "upper": Function(_takes(TEXT, (TEXT,)), _needs(str.upper), "upper(text)"),
    "lower": Function(_takes(TEXT, (TEXT,)), _needs(str.lower), "lower(text)"),
    "left": Function(
        _takes(TEXT, (TEXT,), (NUMBER,)),
        _needs(lambda text, count: text[: max(int(count), 0)]),
        "left(text, number)",
    ),
    "right": Function(
        _takes(TEXT, (TEXT,), (NUMBER,)),
        _needs(
            lambda text, count: text[len(text) - max(int(count), 0) :] if int(count) < len(text) else text
        ),
        "right(text, number)",
    ),
    "contains": Function(
        _takes(YES_NO, _TEXTS, (TEXT,)),
        lambda _today, whole, part: bool(whole and part is not None and _contains(whole, part)),
        "contains(text, part)",
    ),
    "today": Function(_takes(DATE), lambda today: today, "today()"),
    "date": Function(_takes(DATE, NUMBERS, NUMBERS, NUMBERS), _needs(_date), "date(year, month, day)"),
    "year": Function(_takes(NUMBER, (DATE,)), _needs(lambda day: _DECIMAL(day.year)), "year(date)"),
    "month": Function(_takes(NUMBER, (DATE,)), _needs(lambda day: _DECIMAL(day.month)), "month(date)"),
    "day": Function(_takes(NUMBER, (DATE,)), _needs(lambda day: _DECIMAL(day.day)), "day(date)"),
    "days": Function(
        _takes(NUMBER, (DATE,), (DATE,)),
        _needs(lambda one, other: _DECIMAL((other - one).days)),
        "days(from, to)",
    ),
    "years": Function(_takes(NUMBER, (DATE,), (DATE,)), _needs(_years), "years(from, to)"),
    "add_days": Function(_takes(DATE, (DATE,), (NUMBER,)), _needs(_add_days), "add_days(date, number)"),
    "add_months": Function(_takes(DATE, (DATE,), (NUMBER,)), _needs(_add_months), "add_months(date, number)"),
}
FORMS = tuple(each.form for each in FUNCTIONS.values())
