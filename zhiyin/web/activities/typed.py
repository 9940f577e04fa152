"""What addresses and forms of the calendar say, or ``NotFound``."""

import datetime
import uuid
from zoneinfo import ZoneInfo

from zhiyin.platform.errors import Invalid, NotFound


def day(text: str) -> datetime.date | None:
    try:
        found = datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotFound from error
    if found and not 1900 <= found.year <= 2200:
        raise NotFound
    return found


def moment(text: str) -> datetime.datetime | None:
    try:
        found = datetime.datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotFound from error
    if found and found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo("UTC"))
    return found


def number(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError as error:
        raise Invalid(field="days") from error


def key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise NotFound from error


def time(text: str) -> datetime.time | None:
    try:
        return datetime.time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError as error:
        raise NotFound from error


def needed_key(text: str) -> uuid.UUID:
    found = key(text)
    if found is None:
        raise NotFound
    return found
