"""Tasks: list, new, one; follow-ups on a customer's record."""

import datetime
import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from zhiyin.activities import access, actions, queries
from zhiyin.activities.choices import TaskState
from zhiyin.activities.queries import TaskFilter
from zhiyin.customers import access as customers
from zhiyin.platform.errors import NotFound
from zhiyin.web.activities.forms import EditTaskForm, FollowUpForm, TaskForm
from zhiyin.web.activities.parts import shown
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Tab


@page(permission="activities.view")
def task_list(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "mine")
    filters = _filters(request)
    if show not in filters:
        raise NotFound
    label, where, empty = filters[show]
    token = request.GET.get("after") or request.GET.get("before") or ""
    sort = "-due" if show == "done" else "due"
    found = queries.list_tasks(request.actor, where, sort=sort, after=token)  # type: ignore[arg-type]
    address = reverse("activities:tasks")
    tabs = [
        Tab(str(words), address if name == "mine" else f"{address}?show={name}", name == show)
        for name, (words, _where, _empty) in filters.items()
    ]
    context = {
        "page": found,
        "tasks": shown(request, found.rows),
        "tabs": tabs,
        "label": label,
        "empty_title": empty,
        "may_edit": request.actor.may("activities.edit"),
    }
    return render(request, "activities/tasks.html", context)


def _filters(request: HttpRequest) -> dict[str, tuple[str, TaskFilter, str]]:
    """What the tabs show: their label, which tasks, and what is said where there are none."""
    mine, is_open = request.actor.member_id, TaskState.OPEN
    filters = {
        "mine": (_("Mine"), TaskFilter(state=is_open, assignee=mine), _("You have no open tasks")),
        "late": (
            _("Overdue"),
            TaskFilter(state=is_open, due_to=_yesterday()),
            _("Nothing is overdue"),
        ),
        "all": (_("All open"), TaskFilter(state=is_open), _("No open tasks")),
        "done": (_("Done"), TaskFilter(state=TaskState.DONE), _("Nothing is done yet")),
        "cancelled": (_("Cancelled"), TaskFilter(state=TaskState.CANCELLED), _("Nothing was cancelled")),
    }
    if request.actor.scope != "own":
        left = TaskFilter(state=is_open, left_behind=True)
        filters["left"] = (_("Of who has left"), left, _("Nobody left open tasks behind"))
    return filters


def _yesterday() -> datetime.date:
    return timezone.localdate() - datetime.timedelta(days=1)


@page(permission="activities.edit")
def create(request: HttpRequest) -> HttpResponse:
    customer_id = _customer_id(request.GET.get("customer", ""))
    customer = customers.customer(request.actor, customer_id) if customer_id else None
    form = TaskForm(request.actor, request.POST or None, initial={"assignee_id": request.actor.member_id})
    if form.is_valid():
        with refusals(form):
            actions.create_task(
                actor=request.actor, customer_id=customer_id, now=timezone.now(), **form.cleaned_data
            )
            notify(request, _("The task is written down."))
            return redirect(_record(customer_id) if customer_id else "activities:tasks")
    return render(request, "activities/task_form.html", {"form": form, "customer": customer})


def _customer_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise NotFound from error


def _record(customer_id: uuid.UUID) -> str:
    return f"{reverse('customers:record', args=[customer_id])}?tab=follow_ups"


@page(permission="activities.edit")
def change(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    task = access.task(request.actor, task_id)
    initial = {name: getattr(task, name) for name in EditTaskForm.base_fields}
    initial["assignee_name"] = task.assignee.name
    form = EditTaskForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        with refusals(form):
            actions.change_task(
                actor=request.actor,
                task_id=task_id,
                changes=changes,
                version=task.version,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("activities:tasks")
    row = queries.task_row(request.actor, task_id)
    return render(request, "activities/task_form.html", {"form": form, "task": task, "row": row})


@require_POST
@page(permission="activities.edit")
def set_state(request: HttpRequest, task_id: uuid.UUID, state: str) -> HttpResponse:
    """Done, cancelled or open again, from whatever page; the message takes it back."""
    before = access.task(request.actor, task_id).state
    actions.set_task_state(actor=request.actor, task_id=task_id, state=state, now=timezone.now())
    said = {
        TaskState.OPEN: _("The task is open again."),
        TaskState.DONE: _("Done."),
        TaskState.CANCELLED: _("The task is cancelled."),
    }[TaskState(state)]
    undo = reverse("activities:task_state", args=[task_id, before]) if before != state else None
    notify(request, said, undo=undo if state != TaskState.OPEN else None)
    if request.htmx:
        return HttpResponseClientRefresh()
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if ours else "activities:tasks")


@page(permission="activities.edit")
def add_follow_up(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer = customers.customer(request.actor, customer_id)
    form = FollowUpForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            actions.add_follow_up(
                actor=request.actor, customer_id=customer_id, now=timezone.now(), **form.cleaned_data
            )
            notify(request, _("The follow-up is written down."))
            return redirect(_record(customer_id))
    return render(request, "activities/follow_up.html", {"form": form, "customer": customer})
