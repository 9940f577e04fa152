"""How a customer is reached."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import ContactKind, FieldAccess
from zhiyin.customers.keys import REGIONS, phone_text
from zhiyin.customers.models import ContactPoint
from zhiyin.customers.queries import Sharing
from zhiyin.platform.errors import NotFound
from zhiyin.web.customers.contact_forms import ContactForm, EditContactForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact point as people read it; ``link`` begins a call or a mail, ``listed`` is the list of who has it."""

    point: ContactPoint
    shown: str
    link: str = ""
    is_over: bool = False
    others: tuple[tuple[uuid.UUID, str], ...] = ()
    more: str = ""
    listed: str = ""


def contact_rows(request: HttpRequest, customer_id: uuid.UUID, *, shared: bool = False) -> list[ContactRow]:
    """A customer's contact points; ``shared`` looks who else has them, for another statement."""
    points = queries.contact_points(request.actor, customer_id)
    sharing = queries.also_of(request.actor, customer_id, points) if shared else {}
    return [_row(request, point, sharing.get((point.kind, point.value_key), Sharing())) for point in points]


def _row(request: HttpRequest, point: ContactPoint, sharing: Sharing) -> ContactRow:
    shown, link = point.value, ""
    if point.seen_as == FieldAccess.MASKED:
        return ContactRow(point, shown, is_over=point.is_over(timezone.localdate()))
    if point.kind == ContactKind.PHONE and point.value_key.startswith("+"):
        shown, link = (
            phone_text(point.value_key, REGIONS.get(request.tenant.currency)),
            f"tel:{point.value_key}",
        )
    elif point.kind == ContactKind.EMAIL:
        link = f"mailto:{point.value}"
    is_over = point.is_over(timezone.localdate())
    listed = _listed(point) if sharing.seen else ""
    return ContactRow(point, shown, link, is_over, sharing.seen[:MOST_NAMES], _more(sharing), listed)


def _listed(point: ContactPoint) -> str:
    has_it = {"field": point.kind, "op": "in", "value": [point.value_key]}
    query = urlencode({"filter": json.dumps({"match": "all", "of": [has_it]}, ensure_ascii=False)})
    return f"{reverse('customers:list')}?{query}"


def _more(sharing: Sharing) -> str:
    """How many have it besides those named: some the reader may look at, of others only the number is told."""
    unnamed, told = len(sharing.seen) - MOST_NAMES, []
    if unnamed > 0:
        told.append(ngettext("%d more", "%d more", unnamed) % unnamed)
    if sharing.more:
        words = ngettext(
            "%d customer that you may not see", "%d customers that you may not see", sharing.more
        )
        told.append(words % sharing.more)
    if told and sharing.cut:
        told.append(_("perhaps others"))
    return _(", ").join(told)


def contacts_tab(request: HttpRequest, customer_id: uuid.UUID) -> dict[str, Any]:
    return {"contacts": contact_rows(request, customer_id, shared=True), "contact_form": ContactForm()}


@require_POST
@page(permission="customers.edit")
def add(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    form = ContactForm(request.POST)
    if form.is_valid():
        with refusals(form):
            actions.add_contact(
                actor=request.actor,
                customer_id=customer_id,
                kind=form.cleaned_data["kind"],
                now=timezone.now(),
                **form.values(),
            )
            notify(request, _("Added."))
            return _back(customer_id)
    return _form_page(request, customer_id, form)


@page(permission="customers.edit")
def change(request: HttpRequest, customer_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    """Change one contact point."""
    access.customer(request.actor, customer_id)
    point = next(
        (each for each in queries.contact_points(request.actor, customer_id) if each.pk == contact_id), None
    )
    if point is None:
        raise NotFound
    access.require_editable(request.actor, point.kind, ContactKind(point.kind).label)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["kind"] = point.kind
    form = EditContactForm(data, initial=_initial(point))
    if form.is_valid():
        with refusals(form):
            actions.change_contact(
                actor=request.actor,
                customer_id=customer_id,
                contact_id=contact_id,
                version=point.version,
                now=timezone.now(),
                **form.values(),
            )
            notify(request, _("Saved."))
            return _back(customer_id)
    return _form_page(request, customer_id, form, point.kind)


def _initial(point: ContactPoint) -> dict[str, Any]:
    # an imported address is one line
    parts = point.parts or {"street": point.value}
    fields = ("kind", "value", *actions.CONTACT_DETAILS)
    return {**parts, **{name: getattr(point, name) for name in fields}}


def _form_page(
    request: HttpRequest, customer_id: uuid.UUID, form: ContactForm, kind: str = ""
) -> HttpResponse:
    context = {"customer": access.customer(request.actor, customer_id), "form": form, "kind": kind}
    return render(request, "customers/contact.html", context)


@require_POST
@page(permission="customers.edit")
def remove(request: HttpRequest, customer_id: uuid.UUID, contact_id: uuid.UUID) -> HttpResponse:
    kept = actions.remove_contact(
        actor=request.actor,
        customer_id=customer_id,
        contact_id=contact_id,
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("Removed."), undo=reverse("customers:undo", args=[kept.pk]))
    return _back(customer_id)


def _back(customer_id: uuid.UUID) -> HttpResponse:
    return redirect(f"{reverse('customers:record', args=[customer_id])}?tab=contacts")
