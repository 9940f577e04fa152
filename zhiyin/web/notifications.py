"""What a person is told: the bell, the page of all, and the way from one to what it is about."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access as customers
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import Notification
from zhiyin.web.http import HttpRequest, notify, page, render


def _to_customer(tab: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda data: f"{reverse('customers:record', args=[data['customer']])}?tab={tab}"


def _to_task(data: Mapping[str, Any]) -> str:
    return reverse("activities:task", args=[data["task"]])


def _to_dispute(data: Mapping[str, Any]) -> str:
    return reverse("customers:dispute", args=[data["dispute"]])


def _to_request(data: Mapping[str, Any]) -> str:
    return reverse("customers:subject_request", args=[data["request"]])


def _to_appointment(data: Mapping[str, Any]) -> str:
    return reverse("activities:appointment", args=[data["appointment"]])


def _to_approval(data: Mapping[str, Any]) -> str:
    return reverse("approvals:request", args=[data["approval"]])


# where each kind leads
_WAYS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "customers.mentioned": _to_customer("notes"),
    "customers.document_opened": _to_customer("documents"),
    "customers.shared": lambda _data: reverse("customers:shared"),
    **dict.fromkeys(
        ("customers.disputed", "customers.dispute_answered", "customers.dispute_decided"), _to_dispute
    ),
    **dict.fromkeys(
        (
            "customers.request_received",
            "customers.request_given",
            "customers.request_due",
            "customers.request_overdue",
        ),
        _to_request,
    ),
    "customers.assigned": lambda _data: f"{reverse('customers:list')}?sort=-created",
    "customers.lapsing": lambda _data: reverse("customers:lapsing"),
    "customers.reclaimed": lambda _data: reverse("customers:pools"),
    **dict.fromkeys(
        ("sales.lead_given", "sales.lead_overdue"), lambda data: reverse("sales:lead", args=[data["lead"]])
    ),
    "activities.task_given": _to_task,
    "activities.reminder": _to_task,
    "activities.invited": _to_appointment,
    "activities.appointment_moved": _to_appointment,
    "activities.appointment_off": lambda _data: reverse("activities:calendar"),
    "activities.appointment_accepted": _to_appointment,
    "activities.appointment_declined": _to_appointment,
    "activities.appointment_reminder": _to_appointment,
    **{
        f"approvals.{code}": _to_approval
        for code in ("asked", "approved", "rejected", "returned", "lapsed", "commented", "overdue")
    },
    "approvals.deputy": lambda _data: reverse("approvals:absences"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in words."""

    id: uuid.UUID
    text: str
    icon: str
    at: datetime
    is_new: bool


@page(quiet=True)
def bell(request: HttpRequest) -> HttpResponse:
    """The top bar's sign with the number of new ones."""
    return render(request, "components/bell.html", {"count": notifications.unseen(request.actor)})


@page()
def listed(request: HttpRequest) -> HttpResponse:
    after = request.GET.get("after") or request.GET.get("before") or ""
    found = notifications.listed(request.actor, after=after, limit=30)
    context = {
        "page": found,
        "told": told(request.actor, found.rows),
        "unseen": notifications.unseen(request.actor),
    }
    return render(request, "notifications.html", context)


@page()
def follow(request: HttpRequest, notification_id: uuid.UUID) -> HttpResponse:
    """To what it is about; it is seen then."""
    found = notifications.mark_seen(actor=request.actor, notification_id=notification_id, now=timezone.now())
    return redirect(_WAYS[found.kind](found.data) if found and found.kind in _WAYS else "web:notifications")


@require_POST
@page()
def see_all(request: HttpRequest) -> HttpResponse:
    notifications.mark_seen(actor=request.actor, now=timezone.now())
    notify(request, _("All are seen."))
    return redirect("web:notifications")


def told(actor: Actor, rows: Sequence[Notification]) -> list[Told]:
    """Notifications in the reader's language; a customer whom he may not see any more has no name. One SQL statement."""
    names = _customers(actor, rows)
    made = []
    for row in rows:
        kind = notifications.kind(row.kind)
        if kind:
            text = str(kind.text) % _filled(row.data, names)
            made.append(Told(row.pk, text, kind.icon, row.created_at, row.seen_at is None))
    return made


def _customers(actor: Actor, rows: Sequence[Notification]) -> dict[str, str]:
    ids = {row.data["customer"] for row in rows if "customer" in row.data}
    if not ids or not actor.may("customers.view"):
        return {}
    found = customers.customers(actor).filter(pk__in=ids).values_list("pk", "name")
    return {str(key): name for key, name in found}


def _filled(data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    customer = {"customer": names.get(data["customer"], _("a customer"))} if "customer" in data else {}
    return {**data, **customer}
