"""Appointments as a calendar server keeps them: read, written anew, or changed without touching what is not known here."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

import icalendar
from django.utils.translation import gettext as _

from zhiyin.activities import ics
from zhiyin.activities.actions.appointment_checks import FIELDS, MOST_MINUTES
from zhiyin.activities.actions.connections.meeting import PARTS, Moment, State, Values
from zhiyin.activities.models import Appointment

# components of the library, whose properties are of two dozen types each
Event: TypeAlias = Any
_DAY = datetime.timedelta(days=1)
_HIDDEN = {"PRIVATE", "CONFIDENTIAL"}
# what is written of each part
_PROPERTIES: dict[str, tuple[str, ...]] = {
    "title": ("SUMMARY",), "place": ("LOCATION",), "details": ("DESCRIPTION",),
    "starts_at": ("DTSTART", "DTEND", "DURATION"), "rule": ("RRULE",), "is_private": ("CLASS",),
}  # fmt: skip


class Unfit(Exception):
    """An object that cannot be an appointment here, and why."""


@dataclass(frozen=True, slots=True)
class Read:
    uid: str
    state: State


def state_of(row: Appointment) -> State:
    """An appointment and what differs from it as they are here."""
    exceptions = list(row.exceptions.all()) if row.rule else []
    there = [(each.original_start, each) for each in exceptions if each.original_start]
    others = {start: _values_of(each) for start, each in there if not each.removed_at}
    changed: dict[Moment | None, Moment] = {start: each.changed_at for start, each in there}
    off = {start for start, each in there if each.removed_at}
    skipped = {*row.skipped, *off} - others.keys() if row.rule else set()
    return State(_values_of(row), skipped, others, {**changed, None: row.changed_at})


def _values_of(row: Appointment) -> Values:
    values = {name: getattr(row, name) for name in FIELDS}
    values["rule"] = _plain(row.rule)
    if row.all_day:
        values["zone"] = ""
    return values


def read(text: str, zone: str) -> Read | None:
    """What a server has; ``zone`` is that of times without one. ``None`` for tasks, journals and what is called off.

    Raises ``Unfit``.
    """
    try:
        found = icalendar.Calendar.from_ical(text)
        events = [each for each in found.walk("VEVENT") if isinstance(each, icalendar.Event)]
        masters = [each for each in events if "RECURRENCE-ID" not in each]
        if not events or (masters and _is_off(masters[0])):
            return None
        return _read(masters, events, zone)
    except Unfit:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        raise Unfit(_("It cannot be read.")) from error


def _read(masters: list[Event], events: list[Event], zone: str) -> Read:
    if len(masters) != 1:
        raise Unfit(_("It is only a part of a series."))
    master = masters[0]
    if "RDATE" in master or "EXRULE" in master or isinstance(master.get("RRULE"), list):
        raise Unfit(_("It repeats in a way that is not known here."))
    state = State(_values(master, zone), changed={None: _changed(master)})
    state.skipped = {_moment(each, zone) for each in _left_out(master)} if state.values["rule"] else set()
    for event in events:
        if event is master or not state.values["rule"]:
            continue
        if "RANGE" in event["RECURRENCE-ID"].params:
            raise Unfit(_("It repeats in a way that is not known here."))
        start = _moment(event["RECURRENCE-ID"].dt, zone)
        if _is_off(event):
            state.skipped.add(start)
        else:
            state.others[start] = {**_values(event, zone), "rule": ""}
            state.changed[start] = _changed(event)
    state.skipped -= state.others.keys()
    return Read(str(master.get("UID", ""))[:255], state)


def _is_off(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _changed(event: Event) -> Moment:
    told = event.get("LAST-MODIFIED") or event.get("DTSTAMP")
    return _moment(told.dt, "UTC") if told else Moment.min.replace(tzinfo=datetime.UTC)


def _values(event: Event, zone: str) -> Values:
    start = event["DTSTART"].dt
    whole = not isinstance(start, Moment)
    starts = _moment(start, zone)
    if "DTEND" in event:
        ends = _moment(event["DTEND"].dt, zone)
    elif "DURATION" in event:
        ends = starts + event["DURATION"].dt
    else:
        ends = starts + _DAY if whole else starts
    values: Values = {
        "title": _text(event, "SUMMARY", 200).replace("\n", " ") or _("Without a title"),
        "place": _text(event, "LOCATION", 200).replace("\n", " "),
        "details": _text(event, "DESCRIPTION", 10_000),
        "all_day": whole,
        "starts_at": starts,
        "ends_at": max(ends, starts + _DAY) if whole else ends,
        "rule": _plain(event["RRULE"].to_ical().decode()) if "RRULE" in event else "",
        "is_private": str(event.get("CLASS", "")).upper() in _HIDDEN,
    }
    if whole:
        values["zone"] = ""
    elif named := _zone(start, repeats=bool(values["rule"])):
        values["zone"] = named
    return values | _reminder(event)


def _text(event: Event, name: str, most: int) -> str:
    text = str(event.get(name, "")).replace("\r\n", "\n")
    return "".join(each for each in text if each.isprintable() or each in "\n\t")[:most].strip()


def _reminder(event: Event) -> Values:
    """The minutes before, nothing where it is told in a way that is not known here."""
    triggers = [each["TRIGGER"].dt for each in event.walk("VALARM") if "TRIGGER" in each]
    if not triggers:
        return {"remind_minutes": None}
    before = [-each for each in triggers if isinstance(each, datetime.timedelta)]
    minutes = [int(each.total_seconds() // 60) for each in before if each >= datetime.timedelta(0)]
    return {"remind_minutes": minutes[0]} if minutes and minutes[0] <= MOST_MINUTES else {}


def _zone(start: Moment, *, repeats: bool) -> str:
    """The zone that a time names; none for one in UTC that does not repeat, which many programs write for any zone."""
    name = str(getattr(start.tzinfo, "key", "") or "")
    if start.tzinfo and start.utcoffset() == datetime.timedelta(0) and name in {"", "UTC"}:
        return "UTC" if repeats else ""
    return name if name in available_timezones() else ""


def _moment(told: datetime.date, zone: str) -> Moment:
    """Whole days are their midnights in UTC."""
    if not isinstance(told, Moment):
        return Moment.combine(told, datetime.time(), datetime.UTC)
    return (told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone))).astimezone(datetime.UTC)


def _left_out(event: Event) -> Iterable[datetime.date]:
    told = event.get("EXDATE", [])
    for each in told if isinstance(told, list) else [told]:
        yield from (date.dt for date in each.dts)


def _plain(rule: str) -> str:
    """A rule always written in the same way."""
    return icalendar.vRecur.from_ical(rule).to_ical().decode() if rule else ""


def written(row: Appointment) -> str:
    """An appointment as a new object."""
    return str(_calendar(row).to_ical().decode())


def _calendar(row: Appointment) -> Event:
    differing = [each for each in row.exceptions.all() if not each.removed_at] if row.rule else []
    return ics.calendar([row, *differing])


def changed(text: str, row: Appointment, zone: str, now: Moment) -> str:
    """An object with what is different here; all else in it stays as it is."""
    calendar: Event = icalendar.Calendar.from_ical(text)
    there, fresh = read(text, zone), _calendar(row)
    if there is None:
        return str(fresh.to_ical().decode())
    ours = state_of(row)
    old = {_start_of(each, zone): each for each in calendar.walk("VEVENT")}
    sequence = 1 + max(int(each.get("SEQUENCE", 0)) for each in old.values())
    for new in fresh.walk("VEVENT"):
        start = _start_of(new, zone)
        known = there.state.others.get(start) if start else there.state.values
        if known is None:
            if start in old:
                calendar.subcomponents.remove(old[start])
            calendar.add_component(new)
            event = new
        else:
            event = old[start]
            _change(event, new, known, ours.others[start] if start else ours.values)
        if start is None and ours.skipped != there.state.skipped:
            _replace(event, new, ("EXDATE",))
        for name, value in (("SEQUENCE", sequence), ("DTSTAMP", now), ("LAST-MODIFIED", now)):
            event.pop(name, None)
            event.add(name, value)
    kept = {_start_of(each, zone) for each in fresh.walk("VEVENT")}
    for start, event in old.items():
        if start not in kept:
            calendar.subcomponents.remove(event)
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())


def _start_of(event: Event, zone: str) -> Moment | None:
    return _moment(event["RECURRENCE-ID"].dt, zone) if "RECURRENCE-ID" in event else None


def _change(event: Event, new: Event, theirs: Values, ours: Values) -> None:
    for part, names in PARTS.items():
        if all(theirs.get(name, ours[name]) == ours[name] for name in names):
            continue
        if part == "remind_minutes":
            event.subcomponents = [
                *(each for each in event.subcomponents if each.name != "VALARM"),
                *new.subcomponents,
            ]
        else:
            _replace(event, new, _PROPERTIES[part])


def _replace(event: Event, new: Event, names: Iterable[str]) -> None:
    for name in names:
        event.pop(name, None)
        if name in new:
            event[name] = new[name]


def is_over(state: State, since: Moment) -> bool:
    """Whether all of it was before a time."""
    return not state.values["rule"] and bool(state.values["ends_at"] < since)
