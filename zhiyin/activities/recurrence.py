"""Series after RFC 5545: checked, unrolled, cut in two. Times of a rule are those of the wall clock.

A wall time that does not exist on a day, since clocks go forward, is as much later as they go; one that exists twice
is the first.
"""

import datetime
import itertools
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import Invalid

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST = 1_000
_NUMBER = re.compile("[1-9][0-9]{0,3}")
_SECOND = datetime.timedelta(seconds=1)
LONGEST_SEARCH = datetime.timedelta(days=366 * 12)
_PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO", "WKST",
}  # fmt: skip


def checked_zone(name: str) -> str:
    if name not in available_timezones():
        raise Invalid(_("There is no such time zone."), field="zone")
    return name


def at_wall(naive: datetime.datetime, zone: str) -> datetime.datetime:
    """The moment of a wall time that somebody typed. Raises ``Invalid`` where clocks leave it out."""
    moment = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(datetime.UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != naive:
        raise Invalid(_("This time does not exist: clocks go forward then."), field="starts")
    return moment


def checked_rule(rule: str, start: datetime.datetime, wall: datetime.tzinfo) -> str:
    """A rule as it is kept. Raises ``Invalid`` for one that is not understood, too frequent, or never comes."""
    rule = rule.strip().upper().removeprefix("RRULE:")
    if not rule:
        return ""
    parts = parts_of(rule)
    if parts.get("FREQ") not in FREQUENCIES or parts.keys() - _PARTS or len(rule) > 500:
        raise Invalid(_("This is not a rule that a calendar can follow."), field="rule")
    if any(not _NUMBER.fullmatch(parts[name]) for name in ("INTERVAL", "COUNT") if name in parts):
        raise Invalid(_("This is not a rule that a calendar can follow."), field="rule")
    try:
        first = next(_times(rule, start, wall, start, start + LONGEST_SEARCH), None)
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid(_("This is not a rule that a calendar can follow."), field="rule") from error
    if first is None:
        raise Invalid(_("This rule never comes."), field="rule")
    return rule


def parts_of(rule: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in rule.split(";") if each)
    return {name: value for name, _sign, value in pairs}


def joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def starts(
    rule: str,
    start: datetime.datetime,
    wall: datetime.tzinfo,
    begin: datetime.datetime,
    end: datetime.datetime,
) -> Iterator[datetime.datetime]:
    """The starts of a series in ``[begin, end)``, ``MOST`` at most; its first day is one whatever the rule says."""
    if begin <= start < end:
        yield start
    times = _times(rule, start, wall, begin, end) if rule else iter(())
    for naive in itertools.islice(times, MOST):
        moment = naive.replace(tzinfo=wall).astimezone(datetime.UTC)
        if max(begin, start + _SECOND) <= moment < end:
            yield moment


def last_start(rule: str, start: datetime.datetime, wall: datetime.tzinfo) -> datetime.datetime | None:
    """When the last occurrence starts; ``None`` for a series without an end, or one that is very long."""
    parts = parts_of(rule)
    if not rule:
        return start
    if "UNTIL" in parts:
        return max(start, _until(parts["UNTIL"], wall))
    if "COUNT" not in parts:
        return None
    every = list(itertools.islice(starts(rule, start, wall, start, start + LONGEST_SEARCH), MOST))
    return every[-1] if len(every) >= min(int(parts["COUNT"]), MOST) and len(every) < MOST else None


def cut(rule: str, start: datetime.datetime, wall: datetime.tzinfo, at: datetime.datetime) -> tuple[str, str]:
    """The rules of what was before ``at`` and of what follows from it on."""
    parts = parts_of(rule)
    before, after = dict(parts), dict(parts)
    if "COUNT" in parts:
        past = sum(1 for _each in starts(rule, start, wall, start, at))
        after["COUNT"] = str(max(int(parts["COUNT"]) - past, 1))
        before["COUNT"] = str(past)
    else:
        last = (at - datetime.timedelta(seconds=1)).astimezone(datetime.UTC)
        before["UNTIL"] = f"{last:%Y%m%dT%H%M%SZ}"
    return joined(before), joined(after)


def turned(rule: str, days: int) -> str:
    """The rule after its series moved by whole days: the days of the week move along."""
    parts = parts_of(rule)
    names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    if days and parts.get("FREQ") == "WEEKLY" and "BYDAY" in parts:
        kept = [each for each in parts["BYDAY"].split(",") if each in names]
        parts["BYDAY"] = ",".join(names[(names.index(each) + days) % 7] for each in kept)
    return joined(parts)


def _times(
    rule: str,
    start: datetime.datetime,
    wall: datetime.tzinfo,
    begin: datetime.datetime,
    end: datetime.datetime,
) -> Iterator[datetime.datetime]:
    """Wall times of a rule from about ``begin`` to ``end``.

    Always bounded, since a rule that never comes would be searched for through all years; and begun near
    ``begin``, since what repeats daily for years would be counted through.
    """
    parts = parts_of(rule)
    until = _naive(end, wall)
    if "UNTIL" in parts:
        until = min(until, _naive(_until(parts.pop("UNTIL"), wall), wall))
    count = int(parts.pop("COUNT")) if "COUNT" in parts else None
    first = _naive(start, wall)
    step = int(parts.get("INTERVAL", 1)) * {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"], 0)
    if count is None and step > 0:
        ahead = (_naive(begin, wall) - first).days // step - 1
        first += datetime.timedelta(days=max(ahead, 0) * step)
    made = rrulestr(joined(parts), dtstart=first)
    if not isinstance(made, rrule):
        raise TypeError(rule)
    begin_at = _naive(begin, wall) - datetime.timedelta(days=1)
    found = iter(made.replace(until=until))
    limited = found if count is None else itertools.islice(found, count)
    return (each for each in limited if each >= begin_at)


def _until(text: str, wall: datetime.tzinfo) -> datetime.datetime:
    if "T" not in text:
        day = datetime.datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007
        return (day + datetime.timedelta(days=1, seconds=-1)).replace(tzinfo=wall).astimezone(datetime.UTC)
    naive = datetime.datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    return naive.replace(tzinfo=datetime.UTC if text.endswith("Z") else wall).astimezone(datetime.UTC)


def _naive(moment: datetime.datetime, wall: datetime.tzinfo) -> datetime.datetime:
    return moment.astimezone(wall).replace(tzinfo=None)


def until_day(rule: str, wall: datetime.tzinfo) -> datetime.date | None:
    """The day of the wall clock on which a series ends by its rule."""
    parts = parts_of(rule)
    return _until(parts["UNTIL"], wall).astimezone(wall).date() if "UNTIL" in parts else None
