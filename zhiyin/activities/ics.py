"""A calendar as iCalendar (RFC 5545), for programs that read it."""

import datetime
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import icalendar

from zhiyin.activities.models import Appointment


def written(name: str, rows: Iterable[Appointment]) -> bytes:
    """A calendar of appointments with their ``exceptions``; of these also those that were called off."""
    made = calendar(rows)
    made.add("x-wr-calname", name)
    return bytes(made.to_ical())


def calendar(rows: Iterable[Appointment]) -> icalendar.Calendar:
    """The same without a name, as a server keeps a series with what differs from it."""
    made = icalendar.Calendar()
    made.add("prodid", "-//zhiyin//calendar//")
    made.add("version", "2.0")
    for row in rows:
        made.add_component(_event(row))
    made.add_missing_timezones()
    return made


def _event(row: Appointment) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", row.uid)
    event.add("sequence", row.revision)
    event.add("dtstamp", row.changed_at)
    event.add("last-modified", row.changed_at)
    event.add("summary", row.title)
    event.add("dtstart", _time(row, row.starts_at))
    event.add("dtend", _time(row, row.ends_at))
    if row.place:
        event.add("location", row.place)
    if row.details:
        event.add("description", row.details)
    if row.is_private:
        event.add("class", "PRIVATE")
    if row.series and row.original_start:
        event.add("recurrence-id", _time(row.series, row.original_start))
    if row.rule:
        event.add("rrule", icalendar.vRecur.from_ical(row.rule))
    for start in _left_out(row) if row.rule else ():
        event.add("exdate", _time(row, start))
    if row.remind_minutes is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row.title)
        alarm.add("trigger", -datetime.timedelta(minutes=row.remind_minutes))
        event.add_component(alarm)
    return event


def _left_out(row: Appointment) -> list[datetime.datetime]:
    off = [each.original_start for each in row.exceptions.all() if each.removed_at and each.original_start]
    return sorted({*row.skipped, *off})


def _time(row: Appointment, moment: datetime.datetime) -> datetime.date | datetime.datetime:
    if row.all_day:
        return moment.astimezone(datetime.UTC).date()
    return moment.astimezone(datetime.UTC if row.zone == "UTC" else ZoneInfo(row.zone))
