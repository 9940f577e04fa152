"""Values of conditions: checked, and what is relative to today made absolute."""

import calendar
import datetime
import enum
import uuid
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.customers.filters.tree import RelationTo, Span, Unit
from zhiyin.platform.errors import Invalid

NOBODY = "none"


class FilterType(enum.StrEnum):
    """What a condition is about: it decides on operators and on the value's form."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    RELATION = "relation"
    WORDS = "words"


LARGEST = 1e15
Days = tuple[datetime.date | None, datetime.date | None]

_CHOICE = ("in", "not_in", "empty", "filled")
_NUMBER = ("at_least", "at_most", "between", "is", "empty", "filled")
# the operators of each type, the likeliest first
OPERATORS: dict[FilterType, tuple[str, ...]] = {
    FilterType.TEXT: ("in", "not_in", "contains", "starts", "empty", "filled"),
    FilterType.NUMBER: _NUMBER,
    FilterType.MONEY: _NUMBER,
    FilterType.PERCENT: _NUMBER,
    FilterType.DATE: (
        "last", "older", "this", "previous", "next", "since", "until", "between", "empty", "filled",
    ),
    FilterType.CHOICE: _CHOICE,
    FilterType.CHOICES: ("in", "all", "not_in", "empty", "filled"),
    FilterType.YES_NO: ("is",),
    FilterType.RELATION: ("has", "has_not"),
    FilterType.WORDS: ("find",),
}  # fmt: skip
# operators that ask for no value
BARE = frozenset({"empty", "filled"})


def read(kind: FilterType, op: str, raw: object, today: datetime.date) -> tuple[str, Any]:
    """The operator and the value that are asked of the database. Raises ``Invalid`` with the reason.

    Of days only ``between``, ``empty`` and ``filled`` are left, with both days included and ``None`` for no bound.
    """
    if op in BARE:
        return op, None
    if kind == FilterType.DATE:
        return "between", _days(op, raw, today)
    if op == "between":
        return op, _two(number, raw)
    if op in ("in", "not_in", "all"):
        return op, texts(raw)
    return op, _READ[kind](raw)


def _two(each: Callable[[object], Any], raw: object) -> tuple[Any, Any]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise Invalid(_("Two values are needed here: from and up to."))
    low, high = each(raw[0]), each(raw[1])
    if low > high:
        raise Invalid(_("The first value is larger than the second."))
    return low, high


def number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Invalid(_("This is no number."))
    try:
        value = float(raw)
    except (ValueError, OverflowError) as error:
        raise Invalid(_("This is no number.")) from error
    if not abs(value) < LARGEST:
        raise Invalid(_("This number is too large."))
    return value


def day(raw: object) -> datetime.date:
    try:
        return datetime.date.fromisoformat(raw if isinstance(raw, str) else "")
    except ValueError as error:
        raise Invalid(_("This is no day; write it like 2026-01-31.")) from error


def _days(op: str, raw: object, today: datetime.date) -> Days:  # noqa: PLR0911  # one operator a line
    match op:
        case "since":
            return day(raw), None
        case "until":
            return None, day(raw)
        case "between":
            return _two(day, raw)
        case "this":
            return _period(_unit(raw), today)
        case "previous":
            unit = _unit(raw)
            return _period(unit, _period(unit, today)[0] - datetime.timedelta(days=1))
    span = _span(raw)
    if op == "next":
        return today, shifted(today, span.number, span.unit)
    earlier = shifted(today, -span.number, span.unit)
    return (earlier, today) if op == "last" else (None, earlier - datetime.timedelta(days=1))


def _span(raw: object) -> Span:
    if isinstance(raw, Span):
        return raw
    raise Invalid(_("A number and a unit are needed here, such as 30 days."))


def _unit(raw: object) -> Unit:
    if raw in ("day", "week", "month", "quarter", "year"):
        return raw
    raise Invalid(_("Choose day, week, month, quarter or year."))


def shifted(day: datetime.date, number: int, unit: Unit) -> datetime.date:
    """So many units later or, below nought, earlier; the 31st becomes the last day of a shorter month."""
    if unit in ("day", "week"):
        days = number * (7 if unit == "week" else 1)
        return datetime.date.fromordinal(max(1, min(day.toordinal() + days, datetime.date.max.toordinal())))
    months = number * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    year = max(1, min(year, 9999))
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _period(unit: Unit, day: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of the week (from Monday), month, quarter or year of a day."""
    if unit == "day":
        return day, day
    if unit == "week":
        first = day - datetime.timedelta(days=day.weekday())
        return first, first + datetime.timedelta(days=6)
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    first = datetime.date(day.year, month, 1)
    return first, shifted(first, 1, unit) - datetime.timedelta(days=1)


def texts(raw: object) -> list[str]:
    values = [each for each in (raw if isinstance(raw, list) else [raw]) if each not in (None, "")]
    if not values or any(isinstance(each, bool) or not isinstance(each, str | int) for each in values):
        raise Invalid(_("A value is missing here."))
    return [str(each) for each in values]


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise Invalid(_("A value is missing here."))
    return raw.strip()


def _yes_no(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise Invalid(_("Say yes or no."))


def _relation(raw: object) -> RelationTo:
    if isinstance(raw, RelationTo):
        return raw
    raise Invalid(_("A type of relation is needed here."))


def keys(values: list[str], *, nobody: bool = False) -> list[uuid.UUID | None]:
    """Keys of records; ``None`` stands for nobody. Raises ``Invalid``."""
    found: list[uuid.UUID | None] = []
    for each in values:
        if nobody and each == NOBODY:
            found.append(None)
            continue
        try:
            found.append(uuid.UUID(each))
        except ValueError as error:
            raise Invalid(_("This is not one of the choices.")) from error
    return found


_READ: dict[FilterType, Callable[[object], Any]] = {
    FilterType.TEXT: _text,
    FilterType.NUMBER: number,
    FilterType.MONEY: number,
    FilterType.PERCENT: number,
    FilterType.YES_NO: _yes_no,
    FilterType.RELATION: _relation,
    FilterType.WORDS: _text,
}
