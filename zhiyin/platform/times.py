"""Times as the reader has them; the time zone and the language are Django's to know."""

import contextlib
import datetime
from collections.abc import Iterator
from contextvars import ContextVar

from django.utils import timezone

_twelve: ContextVar[bool] = ContextVar("twelve_hours", default=False)


@contextlib.contextmanager
def twelve_hours(wanted: bool) -> Iterator[None]:
    """Inside it, times of day have twelve hours and halves of the day, or twenty-four."""
    before = _twelve.set(wanted)
    try:
        yield
    finally:
        _twelve.reset(before)


def has_twelve_hours() -> bool:
    return _twelve.get()


def midnight(day: datetime.date, *, days: int = 0) -> datetime.datetime:
    """The beginning of a day, or of the one so many ``days`` later, in the reader's time zone."""
    moment = datetime.datetime.combine(day, datetime.time())
    # after the calendar's last day there is no other
    days = min(days, (datetime.date.max - day).days)
    return timezone.make_aware(moment + datetime.timedelta(days=days))
