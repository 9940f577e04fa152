"""The calendar by day, week, month and as a list."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhiyin.activities import queries
from zhiyin.activities.choices import TaskState, Which
from zhiyin.activities.queries import Occurrence, TaskFilter
from zhiyin.platform.errors import NotFound
from zhiyin.platform.times import midnight
from zhiyin.web.activities import hours, typed
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.lists import Tab

HOURLY = ("day", "week")
VIEWS = ("day", "week", "month", "agenda")
AGENDA_DAYS = 31
MOST_TASKS = 200
MOST_IN_MONTH = 4
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """An occurrence on one of its days."""

    occurrence: Occurrence
    time: str
    url: str

    @property
    def original(self) -> str:
        start = self.occurrence.original_start
        return start.isoformat() if start else ""


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day with what happens on it and the reader's tasks that are due."""

    day: datetime.date
    label: str
    items: list[Shown]
    tasks: list[dict[str, Any]]
    is_today: bool
    outside: bool
    # by the hour with where it stands; none where a day is not shown so
    slots: list[tuple[Shown, str]] | None = None

    @property
    def whole(self) -> list[Shown]:
        """What is not shown by the hour."""
        timed = {id(item) for item, _place in self.slots or ()}
        return [each for each in self.items if id(each) not in timed]

    @property
    def first(self) -> list[Shown]:
        return self.items[:MOST_IN_MONTH]

    @property
    def more(self) -> int:
        return max(len(self.items) - MOST_IN_MONTH, 0)


@page(permission="activities.view")
def calendar(request: HttpRequest) -> HttpResponse:
    view = request.GET.get("view", "week")
    if view not in VIEWS:
        raise NotFound
    on = typed.day(request.GET.get("on", "")) or timezone.localdate()
    who = typed.key(request.GET.get("who", ""))
    first, days = _stretch(view, on)
    people = queries.colleagues()
    if who and who not in {each["id"] for each in people}:
        raise NotFound
    last = first + datetime.timedelta(days=days)
    found = queries.occurrences(request.actor, midnight(first), midnight(last), members=[who] if who else [])
    tasks = _tasks(request, first, last) if who in {None, request.actor.member_id} else []
    shown = _days(found, tasks, first, days, month=on.month if view == "month" else None)
    shown, clock, first_hour = _by_hour(shown) if view in HOURLY else (shown, [], 0)
    context = {
        "view": view,
        "days": [each for each in shown if view != "agenda" or each.items or each.tasks],
        "weeks": [shown[at : at + 7] for at in range(0, len(shown), 7)] if view == "month" else [],
        "weekdays": [date_format(each.day, "D") for each in shown[:7]],
        "label": _label(view, first, last, on),
        "tabs": [Tab(label, _at(request, view=name), name == view) for name, label in _view_names()],
        "earlier": _at(request, on=_step(view, on, -1).isoformat()),
        "later": _at(request, on=_step(view, on, 1).isoformat()),
        "today": _at(request, on=""),
        "people": people,
        "who": who,
        "on": on.isoformat(),
        "may_edit": request.actor.may("activities.edit") and request.actor.member_id is not None,
        "which": Which.ONE,
        "clock": clock,
        "first_hour": first_hour,
    }
    return render(request, "activities/calendar.html", context)


def _by_hour(days: list[DayShown]) -> tuple[list[DayShown], list[dict[str, str]], int]:
    """Days with their appointments by the hour, the hours beside them, and the first of these."""
    placed = [hours.slots(_timed(each)) for each in days]
    first, last = hours.window(slot for slots in placed for slot in slots)
    clock = [
        {"label": f"{hour:02}:00", "place": f"cal-from-{(hour - first) * 4} cal-to-{(hour - first + 1) * 4}"}
        for hour in range(first, last)
    ]
    made = [
        replace(day, slots=[(slot.timed.item, slot.classes(first)) for slot in slots])
        for day, slots in zip(days, placed, strict=True)
    ]
    return made, clock, first


def _timed(day: DayShown) -> Iterator[hours.Timed[Shown]]:
    for each in day.items:
        if each.occurrence.all_day:
            continue
        starts, ends = (timezone.localtime(at) for at in (each.occurrence.starts_at, each.occurrence.ends_at))
        if found := hours.timed(each, starts, ends, day.day):
            yield found


def _view_names() -> list[tuple[str, str]]:
    return [("day", _("Day")), ("week", _("Week")), ("month", _("Month")), ("agenda", _("List"))]


def _at(request: HttpRequest, **changed: str) -> str:
    query: QueryDict = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
        if not value:
            del query[name]
    return f"?{query.urlencode()}"


def _stretch(view: str, on: datetime.date) -> tuple[datetime.date, int]:
    """The first day that a view shows and how many."""
    monday = on - datetime.timedelta(days=on.weekday())
    match view:
        case "day":
            return on, 1
        case "week":
            return monday, 7
        case "agenda":
            return on, AGENDA_DAYS
    first = on.replace(day=1)
    begin = first - datetime.timedelta(days=first.weekday())
    end = _step("month", first, 1)
    return begin, -(-(end - begin).days // 7) * 7


def _step(view: str, on: datetime.date, by: int) -> datetime.date:
    if view != "month":
        return on + by * datetime.timedelta(days={"day": 1, "week": 7, "agenda": AGENDA_DAYS}[view])
    month = on.year * 12 + on.month - 1 + by
    return datetime.date(month // 12, month % 12 + 1, 1)


def _label(view: str, first: datetime.date, last: datetime.date, on: datetime.date) -> str:
    """What is shown, in words; ``last`` is the first day after it."""
    if view == "month":
        return date_format(on, "YEAR_MONTH_FORMAT")
    begin, end = date_format(first, "DATE_FORMAT"), date_format(last - _DAY, "DATE_FORMAT")
    return begin if begin == end else f"{begin} – {end}"


def _tasks(request: HttpRequest, first: datetime.date, last: datetime.date) -> list[dict[str, Any]]:
    where = TaskFilter(
        state=TaskState.OPEN, assignee=request.actor.member_id, due_from=first, due_to=last - _DAY
    )
    return [dict(row) for row in queries.list_tasks(request.actor, where, limit=MOST_TASKS).rows]


def _days(
    found: Sequence[Occurrence],
    tasks: list[dict[str, Any]],
    first: datetime.date,
    count: int,
    *,
    month: int | None,
) -> list[DayShown]:
    today = timezone.localdate()
    made = []
    for at in range(count):
        day = first + at * _DAY
        items = [_shown(each, day) for each in found if _touches(each, day)]
        due = [task for task in tasks if task["due_on"] == day]
        label = date_format(day, "DATE_FORMAT")
        made.append(DayShown(day, label, items, due, day == today, month is not None and day.month != month))
    return made


def _span(each: Occurrence) -> tuple[datetime.date, datetime.date]:
    """First and last day, for whole days by the date alone, else by the reader's clock."""
    if each.all_day:
        return each.starts_at.astimezone(datetime.UTC).date(), (
            each.ends_at.astimezone(datetime.UTC) - _DAY
        ).date()
    last = max(each.starts_at, each.ends_at - datetime.timedelta(microseconds=1))
    return timezone.localtime(each.starts_at).date(), timezone.localtime(last).date()


def _touches(each: Occurrence, day: datetime.date) -> bool:
    first, last = _span(each)
    return first <= day <= last


def _shown(each: Occurrence, day: datetime.date) -> Shown:
    first, last = _span(each)
    if each.all_day:
        time = _("all day")
    else:
        start = date_format(timezone.localtime(each.starts_at), "H:i") if day == first else "…"
        end = date_format(timezone.localtime(each.ends_at), "H:i") if day == last else "…"
        time = f"{start}–{end}"
    url = ""
    if each.appointment_id:
        url = reverse("activities:appointment", args=[each.appointment_id])
        if each.repeats and each.original_start:
            query = QueryDict(mutable=True)
            query["at"] = each.original_start.isoformat()
            url += f"?{query.urlencode()}"
    return Shown(each, time, url)
