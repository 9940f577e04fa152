"""Files of one customer become one: side by side, what was done, and taking it back."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Merged
from zhiyin.customers.actions.merging import survivorship
from zhiyin.customers.actions.merging.parts import parts
from zhiyin.customers.choices import Survivorship
from zhiyin.customers.fields import PREFIX, registry, shown, veiled_customer
from zhiyin.customers.models import Customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.web.http import HttpRequest, notify, page, render

BY_HAND = "field_"


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that is not the same in all files; ``cells`` are whose, in words, and whether it is the one kept."""

    name: str
    label: str
    cells: list[tuple[uuid.UUID, str, bool]]


@page(permission="customers.edit")
def merge(request: HttpRequest) -> HttpResponse:
    """Files side by side, with what would be kept and what would move; posting does it."""
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and not request.POST.get("survivor"):
        return redirect(
            f"{reverse('customers:merge')}?{urlencode({'ids': asked.getlist('ids')}, doseq=True)}"
        )
    ids = list(dict.fromkeys(_uuid(each, "ids") for each in asked.getlist("ids")))
    rows = {
        each.pk: each for each in access.customers(request.actor).filter(pk__in=ids).select_related("owner")
    }
    if len(rows) < len(ids):
        raise NotFound
    files = [rows[key] for key in ids]
    if len(files) < 2:
        raise Invalid(_("Choose at least two customers."), field="ids")
    survivor = _survivor(asked, files)
    wanted: dict[str, Any] = {
        "actor": request.actor,
        "survivor_id": survivor.pk,
        "customer_ids": [each.pk for each in files if each is not survivor],
        "rule": asked.get("rule", Survivorship.SURVIVOR),
        "now": timezone.now(),
    }
    if request.method == "POST":
        return _merged(request, actions.merge_customers(choices=_by_hand(asked), **wanted), survivor)
    context = {
        "files": [(each, queries.contact_points(request.actor, each.pk)) for each in files],
        "survivor": survivor,
        "rule": wanted["rule"],
        "rules": Survivorship.choices,
        "preview": actions.preview_merge(**wanted),
        "choices": choices(request.actor, files, survivor, wanted["rule"]),
        "query": urlencode({"ids": [str(each) for each in ids]}, doseq=True),
    }
    return render(request, "customers/merge.html", context | {"told": told(context["preview"])})


def _survivor(asked: QueryDict, files: list[Customer]) -> Customer:
    """The file chosen to stay, else the oldest one."""
    if chosen := asked.get("survivor"):
        found = next((each for each in files if str(each.pk) == chosen), None)
        if found is None:
            raise Invalid(field="survivor")
        return found
    return min(files, key=lambda each: (each.created_at, each.pk))


def _by_hand(asked: QueryDict) -> dict[str, uuid.UUID]:
    return {
        name.removeprefix(BY_HAND): _uuid(value, name)
        for name, value in asked.items()
        if name.startswith(BY_HAND) and isinstance(value, str)
    }


def _uuid(text: str, field: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(field=field) from error


def _merged(request: HttpRequest, done: Merged, survivor: Customer) -> HttpResponse:
    count = len(done.merge.customer_ids) + 1
    message = ngettext("%d file is one now.", "%d files are one now.", count) % count
    notify(request, message, undo=reverse("customers:undo_merge", args=[done.merge.pk]))
    return redirect("customers:record", survivor.pk)


def choices(actor: Actor, files: list[Customer], survivor: Customer, rule: str) -> list[Choice]:
    """The fields in which the files differ, as far as the actor sees them."""
    others = [each for each in files if each is not survivor]
    chosen = survivorship.sources(survivor, others, rule, {})
    labels = field_labels(actor)
    found = []
    for name in survivorship.names(files):
        words = {each.pk: _words(actor, veiled_customer(actor, each), name) for each in files}
        if name in labels and len(set(words.values())) > 1:
            cells = [(each.pk, words[each.pk], chosen[name] is each) for each in files]
            found.append(Choice(name, labels[name], cells))
    return found


def field_labels(actor: Actor) -> dict[str, str]:
    """Fields that a merge may change, of those that the actor sees."""
    return {"owner_id": _("Owner"), **{each.name: str(each.label) for each in registry(actor)}}


def _words(actor: Actor, customer: Customer, name: str) -> str:
    if name == "owner_id":
        return customer.owner.name if customer.owner else ""
    if name.startswith(PREFIX):
        own = {PREFIX + each.key: each for each in registry(actor).own()}
        return shown(own[name], customer.custom.get(name.removeprefix(PREFIX))) if name in own else ""
    display = getattr(customer, f"get_{name}_display", None)
    return str(display() if display else getattr(customer, name))


def told(done: Merged) -> list[tuple[str, int, int, int]]:
    """What of each part moves, is joined with its like, is not there any more: for parts that have any."""
    labels = {each.code: str(each.label) for each in parts()}
    return [
        (labels[code], each.moved, each.joined, each.lost)
        for code, each in done.told.items()
        if each.moved or each.joined or each.lost
    ]


@page(permission="customers.view")
def merges(request: HttpRequest) -> HttpResponse:
    """All merges, the newest first."""
    found = queries.list_merges(request.actor, after=request.GET.get("after", ""))
    known = queries.parties(found.rows)
    rows = [(each, known.get(each.survivor_id), _named(each.customer_ids, known)) for each in found.rows]
    return render(request, "customers/merges.html", {"page": found, "rows": rows})


def _named(ids: Iterable[uuid.UUID], known: Mapping[uuid.UUID, Customer]) -> list[Customer]:
    return [known[key] for key in ids if key in known]


@page(permission="customers.view")
def merged(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    """One merge, and what undoing it would do."""
    found = access.merge(request.actor, merge_id)
    known = queries.parties([found])
    labels = field_labels(request.actor)
    context: dict[str, Any] = {
        "merge": found,
        "survivor": known.get(found.survivor_id),
        "vanished": _named(found.customer_ids, known),
    }
    if not found.undone_at and request.actor.may("customers.edit"):
        try:
            preview = actions.preview_undo(actor=request.actor, merge_id=merge_id, now=timezone.now())
        except Conflict as error:
            context["refused"] = error.message
        else:
            context |= {
                "preview": preview,
                "told": told(preview),
                "back": [labels[name] for name in preview.changed if name in labels],
                "kept": [labels[name] for name in preview.kept if name in labels],
            }
    return render(request, "customers/merged.html", context)


@require_POST
@page(permission="customers.edit")
def undo(request: HttpRequest, merge_id: uuid.UUID) -> HttpResponse:
    done = actions.undo_merge(actor=request.actor, merge_id=merge_id, now=timezone.now())
    notify(request, _("The files are apart again."))
    address = reverse("customers:record", args=[done.merge.survivor_id])
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)
