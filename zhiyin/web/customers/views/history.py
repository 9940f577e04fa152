"""One customer's file as it was on a day, beside today's, and setting fields of it back."""

import datetime
import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.customers import access, actions, queries
from zhiyin.customers.queries import AsItWas
from zhiyin.customers.queries.history import LISTS, Then
from zhiyin.platform.errors import Invalid
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.times import midnight
from zhiyin.web.accounts.audit import Change, told
from zhiyin.web.http import HttpRequest, notify, page, render


@page(permission="customers.view")
def history(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _set_back(request, customer_id)
    day, at, before = _moment(request)
    was = queries.as_it_was(request.actor, customer_id, at=at, before=before)
    customer = queries.record_customer(request.actor, customer_id)
    may_edit = request.actor.may("customers.edit") and queries.standing_of(request.actor, customer) != "read"
    context = {
        "customer": customer,
        "was": was,
        "day": day,
        "before": before,
        "rows": _rows(request, was, may_edit=may_edit),
        "may_edit": may_edit,
        "today": timezone.localdate(),
    }
    return render(request, "customers/history.html", context)


def _set_back(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    _day, at, before = _moment(request)
    fields = request.POST.getlist("field")
    if not fields:
        raise Invalid(_("Tick the fields to set back."))
    version = request.POST.get("version", "")
    actions.set_back_customer(
        actor=request.actor,
        customer_id=customer_id,
        fields=fields,
        at=at,
        before=before,
        version=int(version) if version.isdecimal() else None,
        now=timezone.now(),
    )
    notify(request, ngettext("%d field set back.", "%d fields set back.", len(fields)) % len(fields))
    return redirect("customers:record", customer_id)


def _moment(request: HttpRequest) -> tuple[datetime.date, datetime.datetime, uuid.UUID | None]:
    """The day asked for, its end, and the entry of the trail before which it is to be."""
    asked = request.POST if request.method == "POST" else request.GET
    today = timezone.localdate()
    try:
        day = parse_date(asked.get("on", "")) or today - datetime.timedelta(days=1)
        before = uuid.UUID(asked["before"]) if asked.get("before") else None
    except ValueError as error:
        raise Invalid(_("This is not a day of the calendar."), field="on") from error
    return day, min(midnight(day, days=1) - datetime.timedelta.resolution, timezone.now()), before


def _rows(request: HttpRequest, was: AsItWas, *, may_edit: bool) -> list[tuple[Then, Change, bool]]:
    """Each field with its words, and whether it can be set back."""
    names = [AuditEntry(changes={each.name: [each.then, each.now]}) for each in was.fields]
    words = told(names, actor=request.actor)
    closed = access.closed(request.actor)
    return [
        (each, said.changes[0], may_edit and each.differs and each.name not in closed | LISTS)
        for each, (_entry, said) in zip(was.fields, words, strict=True)
        if said.changes
    ]
