"""The calendar by day, week, month and as a list, and one appointment."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiyin.activities import access, actions, queries
from zhiyin.activities.choices import Answer, TaskState, Which
from zhiyin.activities.models import Appointment
from zhiyin.activities.queries import Occurrence, TaskFilter
from zhiyin.customers import access as customers
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.tenancy import scope
from zhiyin.platform.times import midnight
from zhiyin.platform.tokens import tenant_of
from zhiyin.web.activities.appointment_forms import AppointmentForm, initial_of
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Tab

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
    on = _day(request.GET.get("on", "")) or timezone.localdate()
    who = _key(request.GET.get("who", ""))
    first, days = _stretch(view, on)
    people = queries.colleagues()
    if who and who not in {each["id"] for each in people}:
        raise NotFound
    last = first + datetime.timedelta(days=days)
    found = queries.occurrences(request.actor, midnight(first), midnight(last), members=[who] if who else [])
    tasks = _tasks(request, first, last) if who in {None, request.actor.member_id} else []
    shown = _days(found, tasks, first, days, month=on.month if view == "month" else None)
    context = {
        "view": view,
        "days": [each for each in shown if view != "agenda" or each.items or each.tasks],
        "weeks": [shown[at : at + 7] for at in range(0, len(shown), 7)] if view == "month" else [],
        "weekdays": [date_format(each.day, "D") for each in shown[:7]],
        "label": _label(view, first, on),
        "tabs": [Tab(label, _at(request, view=name), name == view) for name, label in _view_names()],
        "earlier": _at(request, on=_step(view, on, -1).isoformat()),
        "later": _at(request, on=_step(view, on, 1).isoformat()),
        "today": _at(request, on=""),
        "people": people,
        "who": who,
        "on": on.isoformat(),
        "may_edit": request.actor.may("activities.edit") and request.actor.member_id is not None,
        "which": Which.ONE,
    }
    return render(request, "activities/calendar.html", context)


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


def _label(view: str, first: datetime.date, on: datetime.date) -> str:
    if view == "month":
        return date_format(on, "YEAR_MONTH_FORMAT")
    return date_format(on if view == "day" else first, "DATE_FORMAT")


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


@page(permission="activities.edit")
def create(request: HttpRequest) -> HttpResponse:
    met = _met(request, request.GET.getlist("customer"))
    form = AppointmentForm(
        request.POST or None,
        owner=request.actor.member_id,
        met=met,
        series=False,
        initial=_first_values(request, met),
    )
    if form.is_valid():
        with refusals(form):
            done = actions.create_appointment(actor=request.actor, now=timezone.now(), **form.values())
            notify(request, _("The appointment is arranged."), undo=_undo(done))
            return redirect(_calendar(done.appointment.starts_at))
    return render(request, "activities/appointment.html", {"form": form, "may_edit": True})


def _first_values(request: HttpRequest, met: Sequence[tuple[str, str]]) -> dict[str, Any]:
    on = _day(request.GET.get("on", "")) or timezone.localdate()
    hour = (timezone.localtime().hour + 1) % 24 if on == timezone.localdate() else 9
    starts = datetime.datetime.combine(on, datetime.time(hour))
    return {
        "starts": starts,
        "ends": starts + datetime.timedelta(hours=1),
        "zone": request.tenant.time_zone,
        "customers": [key for key, _name in met],
        "remind_minutes": 10,
    }


def _met(request: HttpRequest, keys: Sequence[str]) -> list[tuple[str, str]]:
    found = [customers.customer(request.actor, key) for key in map(_key, keys) if key]
    return [(str(each.pk), each.name) for each in found]


@page(permission="activities.view")
def change(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        request.actor.require("activities.edit")
    row = access.appointment(
        request.actor, appointment_id, need="write" if request.method == "POST" else "read"
    )
    told = queries.appointment_row(request.actor, appointment_id)
    at = _moment(request.GET.get("at", ""))
    start = queries.occurrence_at(row, at)
    may_edit = (
        request.actor.may("activities.edit")
        and access.appointments(request.actor, need="write").filter(pk=row.pk).exists()
    )
    form = _form(request, row, told["participants"], start)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            done = actions.change_appointment(
                actor=request.actor,
                appointment_id=row.pk,
                changes=form.values(),
                which=form.cleaned_data.get("which") or Which.ALL,
                original_start=start if row.rule else None,
                version=request.POST.get("version"),
                now=timezone.now(),
            )
            notify(request, _("Saved."), undo=_undo(done))
            return redirect(_calendar(done.appointment.starts_at))
    context = {
        "form": form,
        "row": row,
        "start": start,
        "at": start.isoformat() if row.rule else "",
        "participants": [{**each, "label": Answer(each["answer"]).label} for each in told["participants"]],
        "may_edit": may_edit,
        "may_answer": request.actor.may("activities.edit")
        and any(each["member_id"] == request.actor.member_id for each in told["participants"]),
        "series": bool(row.rule),
        "whiches": Which.choices,
    }
    return render(request, "activities/appointment.html", context)


def _form(
    request: HttpRequest, row: Appointment, people: Sequence[dict[str, Any]], start: datetime.datetime
) -> AppointmentForm:
    hidden = _("hidden")
    met = [(str(each["customer_id"]), each["name"] or hidden) for each in people if each["customer_id"]]
    initial = initial_of(row, start)
    initial["members"] = [str(each["member_id"]) for each in people if each["member_id"]]
    initial["customers"] = [key for key, _name in met]
    return AppointmentForm(
        request.POST if request.method == "POST" else None,
        owner=row.owner_id,
        met=met,
        series=bool(row.rule),
        initial=initial,
    )


@require_POST
@page(permission="activities.edit")
def move(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Dragged or moved by key: by days and minutes."""
    done = actions.move_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        days=_number(request.POST.get("days", "0")),
        minutes=_number(request.POST.get("minutes", "0")),
        which=request.POST.get("which", Which.ONE),
        original_start=_moment(request.POST.get("at", "")),
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    row = done.appointment
    told = date_format(timezone.localtime(row.starts_at), "DATE_FORMAT" if row.all_day else "DATETIME_FORMAT")
    notify(
        request, _("“%(title)s” is on %(when)s now.") % {"title": row.title, "when": told}, undo=_undo(done)
    )
    return _back(request)


@require_POST
@page(permission="activities.edit")
def remove(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    done = actions.remove_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        which=request.POST.get("which", Which.ALL),
        original_start=_moment(request.POST.get("at", "")),
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("The appointment is called off."), undo=_undo(done))
    return redirect("activities:calendar")


@require_POST
@page(permission="activities.edit")
def answer(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Whether one comes, or what a customer said about it."""
    actions.answer_appointment(
        actor=request.actor,
        appointment_id=appointment_id,
        answer=request.POST.get("answer", ""),
        customer_id=_key(request.POST.get("customer", "")),
        now=timezone.now(),
    )
    notify(request, _("Saved."))
    return redirect("activities:appointment", appointment_id)


@require_POST
@page(permission="activities.edit")
def undo(request: HttpRequest, undo_id: uuid.UUID) -> HttpResponse:
    actions.undo_appointment(actor=request.actor, undo_id=undo_id, now=timezone.now())
    notify(request, _("Undone."))
    return _back(request)


def program_tabs(here: str) -> list[Tab]:
    """The ways in which other programs have one's own calendar."""
    names = [("calendar_connection", _("Kept the same both ways")), ("calendar_feed", _("To be read only"))]
    return [Tab(label, reverse(f"activities:{name}"), name == here) for name, label in names]


@page(permission="activities.view")
def feed(request: HttpRequest) -> HttpResponse:
    """The address at which other programs read one's own calendar; a new one is shown this once."""
    address = ""
    if request.method == "POST":
        made = actions.create_feed(actor=request.actor, now=timezone.now())
        address = request.build_absolute_uri(reverse("activities:read_calendar_feed", args=[made.token]))
    context = {
        "address": address,
        "feed": queries.good_feed(request.actor),
        "tabs": program_tabs("calendar_feed"),
    }
    return render(request, "activities/calendar_feed.html", context)


@require_POST
@page(permission="activities.view")
def end_feed(request: HttpRequest) -> HttpResponse:
    actions.revoke_feed(actor=request.actor, now=timezone.now())
    notify(request, _("The address is not good any more."))
    return redirect("activities:calendar_feed")


@never_cache
def read_feed(_request: DjangoRequest, token: str) -> HttpResponse:
    """A calendar, for whatever program has its secret address."""
    tenant_id = tenant_of(actions.FEED_START, token)
    found = None
    if tenant_id is not None:
        with scope(tenant_id):
            found = actions.read_feed(token, timezone.now())
    if found is None:
        return HttpResponse(status=404)
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")


def _undo(done: actions.Done) -> str | None:
    return reverse("activities:undo_appointment", args=[done.undo_id]) if done.undo_id else None


def _calendar(moment: datetime.datetime) -> str:
    return f"{reverse('activities:calendar')}?on={timezone.localtime(moment).date().isoformat()}"


def _back(request: HttpRequest) -> HttpResponse:
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if ours and "/calendar/" in came_from else "activities:calendar")


def _day(text: str) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotFound from error
    if day and not 1900 <= day.year <= 2200:
        raise NotFound
    return day


def _moment(text: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotFound from error
    if moment and moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("UTC"))
    return moment


def _number(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError as error:
        raise Invalid(field="days") from error


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise NotFound from error
