"""What hangs on a customer: notes, tags; and the company's tags."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import TagColour
from zhiyin.platform.errors import Invalid
from zhiyin.web.customers.forms import NoteForm
from zhiyin.web.customers.table import TAG_CLASS
from zhiyin.web.http import HttpRequest, notify, page, render


def _back(customer_id: uuid.UUID, tab: str) -> HttpResponse:
    return redirect(f"{reverse('customers:record', args=[customer_id])}?tab={tab}")


@require_POST
@page(permission="customers.edit")
def add_note(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    actions.add_note(
        actor=request.actor, customer_id=customer_id, body=request.POST.get("body", ""), now=timezone.now()
    )
    notify(request, _("Noted."))
    return _back(customer_id, "notes")


@page(permission="customers.edit")
def note(request: HttpRequest, customer_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """Change a note of one's own."""
    found = access.note(request.actor, customer_id, note_id)
    form = NoteForm(request.POST or None, initial={"body": found.body})
    if form.is_valid():
        kept = actions.change_note(
            actor=request.actor,
            customer_id=customer_id,
            note_id=note_id,
            body=form.cleaned_data["body"],
            version=found.version,
            now=timezone.now(),
        )
        notify(request, _("Saved."), undo=reverse("customers:undo", args=[kept.pk]))
        return _back(customer_id, "notes")
    return render(request, "customers/note.html", {"form": form, "customer_id": customer_id})


@require_POST
@page(permission="customers.edit")
def pin_note(request: HttpRequest, customer_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    pinned = bool(request.POST.get("pinned"))
    actions.pin_note(
        actor=request.actor, customer_id=customer_id, note_id=note_id, pinned=pinned, now=timezone.now()
    )
    return _back(customer_id, "notes")


@require_POST
@page(permission="customers.edit")
def remove_note(request: HttpRequest, customer_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    kept = actions.remove_note(
        actor=request.actor,
        customer_id=customer_id,
        note_id=note_id,
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("The note is gone."), undo=reverse("customers:undo", args=[kept.pk]))
    return _back(customer_id, "notes")


@page(permission="customers.edit")
def customer_tags(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """Choose the tags of one customer."""
    customer = access.customer(request.actor, customer_id)
    if request.method == "POST":
        now, ids, seen = timezone.now(), _ids(request, "tags"), _ids(request, "seen")
        if name := request.POST.get("new_tag", "").strip():
            ids.add(actions.create_tag(actor=request.actor, name=name, now=now).pk)
        actions.set_tags(actor=request.actor, customer_id=customer_id, tag_ids=ids, seen=seen, now=now)
        return redirect("customers:record", customer_id)
    carried = {row["tag_id"] for row in queries.tags_of([customer_id]).get(customer_id, [])}
    rows = [(tag, tag.pk in carried) for tag in queries.tags()]
    return render(request, "customers/tags_of.html", {"customer": customer, "tags": rows})


def _ids(request: HttpRequest, name: str) -> set[uuid.UUID]:
    try:
        return {uuid.UUID(each) for each in request.POST.getlist(name)}
    except ValueError as error:
        raise Invalid(field=name) from error


@page(permission="customers.edit")
def tags(request: HttpRequest) -> HttpResponse:
    """The company's tags."""
    if request.method == "POST":
        actions.create_tag(
            actor=request.actor,
            name=request.POST.get("name", ""),
            colour=request.POST.get("colour", TagColour.BLUE),
            now=timezone.now(),
        )
        return redirect("customers:tags")
    rows = [(tag, TAG_CLASS.get(tag.colour, "")) for tag in queries.tags()]
    return render(request, "customers/tags.html", {"tags": rows, "colours": TagColour.choices})


@require_POST
@page(permission="customers.edit")
def tag(request: HttpRequest, tag_id: uuid.UUID) -> HttpResponse:
    """Rename or recolour a tag."""
    actions.update_tag(
        actor=request.actor,
        tag_id=tag_id,
        name=request.POST.get("name", ""),
        colour=request.POST.get("colour", ""),
        version=request.POST.get("version"),
        now=timezone.now(),
    )
    notify(request, _("Saved."))
    return redirect("customers:tags")


@require_POST
@page(permission="customers.edit")
def delete_tag(request: HttpRequest, tag_id: uuid.UUID) -> HttpResponse:
    version = request.POST.get("version")
    actions.delete_tag(actor=request.actor, tag_id=tag_id, version=version, now=timezone.now())
    notify(request, _("The tag is gone."))
    return redirect("customers:tags")
