"""How the reader wants times of day; the time zone and the language are Django's to know."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

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
