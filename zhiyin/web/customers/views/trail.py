"""Who changed what on one customer: each field before and after, in words."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers import queries
from zhiyin.customers.models import Customer
from zhiyin.platform.models import AuditEntry
from zhiyin.web.accounts.audit import FIELDS, label, written
from zhiyin.web.http import HttpRequest, page, render

NAMED = ("owner_id", "unit_id")
CHOICES = {field.name: dict(field.flatchoices) for field in Customer._meta.concrete_fields if field.choices}


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    old: str
    new: str


@page(permission="audit.view")
def trail(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    request.actor.require("customers.view")
    found = queries.trail(request.actor, customer_id, after=request.GET.get("after", ""))
    names = _names(found.rows)
    context = {
        "customer": queries.record_customer(request.actor, customer_id),
        "page": found,
        "rows": [(entry, label(entry.action), _changes(entry, names)) for entry in found.rows],
    }
    return render(request, "customers/trail.html", context)


def _pairs(entry: AuditEntry) -> Iterable[tuple[str, Any, Any]]:
    for field, pair in entry.changes.items():
        if isinstance(pair, list) and len(pair) == 2:
            yield field, *pair


def _names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the people and units that a page of entries speaks of. Two statements at most."""
    asked: dict[str, set[str]] = {field: set() for field in NAMED}
    for entry in entries:
        for field, *pair in _pairs(entry):
            if field in asked:
                asked[field].update(key for key in pair if key)
    names: dict[uuid.UUID, str] = {}
    if asked["owner_id"]:
        names |= dict(Member.objects.filter(pk__in=asked["owner_id"]).values_list("pk", "name"))
    if asked["unit_id"]:
        names |= dict(Unit.objects.filter(pk__in=asked["unit_id"]).values_list("pk", "name"))
    return {str(key): name for key, name in names.items()}


def _changes(entry: AuditEntry, names: dict[str, str]) -> list[Change]:
    return [
        Change(str(FIELDS.get(field, field)), *(_words(field, value, names) for value in (old, new)))
        for field, old, new in _pairs(entry)
    ]


def _words(field: str, value: Any, names: dict[str, str]) -> str:
    if field in NAMED:
        return names.get(str(value), written(field, value))
    if field in CHOICES and isinstance(value, str):
        return str(CHOICES[field].get(value, value))
    return written(field, value)
