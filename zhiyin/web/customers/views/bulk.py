"""One change on the chosen customers, or on all that match."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from zhiyin.customers import actions, queries
from zhiyin.customers.actions import Done, Selection, Sharing, Undone
from zhiyin.customers.choices import FieldAccess, FieldType, UndoKind
from zhiyin.customers.fields import PREFIX, registry
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.web.customers.forms import BY_RULES
from zhiyin.web.customers.own import OwnField
from zhiyin.web.customers.share_forms import ShareForm, UnshareForm, recipient_of
from zhiyin.web.http import HttpRequest, notify, page, render
from zhiyin.web.lists import parse_filter


@page(permission="customers.view")
def options(request: HttpRequest) -> HttpResponse:
    """What can be chosen in the sheets of the bulk bar."""
    what = request.GET.get("what", "")
    context: dict[str, Any] = {"what": what}
    if what == "assign":
        context["owners"] = queries.owners(request.actor)
        context["by_rules"] = request.actor.may("customers.assign_rules") and queries.has_assignment_rules()
    elif what == "share":
        context["form"] = ShareForm()
    elif what == "fill":
        context |= _field_options(request)
    elif what == "grade":
        context["grades"] = queries.all_grades()
    elif what == "unshare":
        context["form"] = UnshareForm()
    else:
        context["tags"] = queries.tags()
    return render(request, "customers/bulk_options.html", context)


@require_POST
@page(permission="customers.view")
def bulk(request: HttpRequest) -> HttpResponse:
    query = QueryDict(request.POST.get("query", ""))
    selection = selection_of(request, query)
    match request.POST.get("action", ""):
        case "export":
            return _export(request, selection)
        case "assign":
            done = _assign(request, selection)
        case "delete":
            done = actions.delete_customers(actor=request.actor, selection=selection, now=timezone.now())
        case "share":
            done = actions.share_customers(
                actor=request.actor, selection=selection, sharing=_sharing(request), now=timezone.now()
            )
        case "fill":
            done = _fill(request, selection)
        case "grade":
            done = _grade(request, selection)
        case "unshare":
            done = actions.end_shares(
                actor=request.actor,
                selection=selection,
                sharing=recipient_of(request.POST.get("recipient", "")),
                now=timezone.now(),
            )
        case "tag" | "untag" as what:
            change = actions.tag_customers if what == "tag" else actions.untag_customers
            done = change(
                actor=request.actor, selection=selection, tag_id=_tag(request, what), now=timezone.now()
            )
        case _:
            raise Invalid(_("Choose what to do."), field="action")
    return _told(request, done, query)


def _assign(request: HttpRequest, selection: Selection) -> Done:
    """To the chosen member, to nobody, or each by the rules."""
    chosen, now = request.POST.get("owner", ""), timezone.now()
    if chosen == BY_RULES:
        return actions.assign_by_rules(actor=request.actor, selection=selection, now=now)
    return actions.assign_customers(
        actor=request.actor,
        selection=selection,
        owner_id=_uuid(chosen, "owner") if chosen else None,
        reason=request.POST.get("reason", ""),
        now=now,
    )


def _fill(request: HttpRequest, selection: Selection) -> Done:
    """Several choices come as boxes of their own."""
    key = request.POST.get("key", "")
    value = "\n".join(request.POST.getlist(PREFIX + key))
    return actions.fill_customers(
        actor=request.actor, selection=selection, key=key, value=value, now=timezone.now()
    )


def _field_options(request: HttpRequest) -> dict[str, Any]:
    """The fields that may be set on many, and the input of the chosen one."""
    known = [
        each.own
        for each in registry(request.actor)
        if each.own
        and each.own.type != FieldType.FILE
        and each.access == FieldAccess.OPEN
        and not each.worked_out
    ]
    chosen = next((each for each in known if each.key == request.GET.get("key")), known[0] if known else None)
    form = forms.Form()
    if chosen:
        form.fields[PREFIX + chosen.key] = OwnField(chosen)
        form.fields[PREFIX + chosen.key].required = False
    return {"fields": known, "chosen": chosen, "form": form}


def _grade(request: HttpRequest, selection: Selection) -> Done:
    chosen = request.POST.get("grade", "")
    return actions.set_grade(
        actor=request.actor,
        selection=selection,
        grade_id=_uuid(chosen, "grade") if chosen else None,
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )


def _sharing(request: HttpRequest) -> Sharing:
    form = ShareForm(request.POST)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(str(errors[0]), field=field)
    return form.sharing()


def selection_of(request: HttpRequest, query: QueryDict) -> Selection:
    """The customers ticked, or with ``all`` everybody whom the list's ``query`` lets through."""
    if request.POST.get("all"):
        return Selection(where=parse_filter(CustomerFilter, query))
    ids = tuple(_uuid(each, "ids") for each in request.POST.getlist("ids"))
    if not ids:
        raise Invalid(_("Choose some customers first."), field="ids")
    return Selection(ids=ids)


def _uuid(text: str, field: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(field=field) from error


def _tag(request: HttpRequest, what: str) -> uuid.UUID:
    """The chosen tag, or the new one whose name was written instead."""
    name = request.POST.get("new_tag", "").strip()
    if what == "tag" and name:
        return actions.create_tag(actor=request.actor, name=name, now=timezone.now()).pk
    return _uuid(request.POST.get("tag", ""), "tag")


def _export(request: HttpRequest, selection: Selection) -> HttpResponse:
    if not request.actor.may("customers.export"):
        raise PermissionDenied
    actions.export_customers(
        actor=request.actor,
        selection=selection,
        columns=[],
        style=request.POST.get("style", "csv"),
        sensitive="sensitive" in request.POST,
        now=timezone.now(),
    )
    notify(request, _("The file is being written. It waits for you here."))
    return redirect("jobs:list")


def _told(request: HttpRequest, done: Done, query: QueryDict) -> HttpResponse:
    if done.job:
        notify(request, _("These are many: the change goes on in the background."))
        return redirect("jobs:list")
    message = ngettext("%d customer changed.", "%d customers changed.", done.count) % done.count
    undo = reverse("customers:undo", args=[done.undo_id]) if done.count else None
    notify(request, message, undo=undo)
    address = reverse("customers:list")
    return redirect(f"{address}?{query.urlencode()}" if query else address)


@require_POST
@page(permission="customers.edit")
def undo(request: HttpRequest, undo_id: uuid.UUID) -> HttpResponse:
    """Take a change of many customers or of a note back: the button of a message, on whatever page."""
    undone = actions.undo_change(actor=request.actor, undo_id=undo_id, now=timezone.now())
    if undone.job:
        notify(request, _("These are many: the change goes on in the background."))
        return HttpResponseClientRedirect(reverse("jobs:list")) if request.htmx else redirect("jobs:list")
    notify(request, _undone(undone), level=messages.WARNING if undone.left else messages.SUCCESS)
    return HttpResponseClientRefresh() if request.htmx else redirect("customers:list")


def _undone(undone: Undone) -> str:
    if undone.what in (UndoKind.NOTE_CHANGED, UndoKind.NOTE_REMOVED):
        return (
            _("The note is as before.")
            if undone.restored
            else _("The note was changed since, so nothing was undone.")
        )
    if undone.what == UndoKind.UNRELATE:
        return (
            _("The relation is there again.")
            if undone.restored
            else _("One of the two customers is gone, so nothing was undone.")
        )
    if undone.what == UndoKind.CONTACT_GONE:
        return (
            _("The contact point is there again.")
            if undone.restored
            else _("The customer has this contact point anew, or is gone, so nothing was undone.")
        )
    restored = ngettext("%d customer is as before.", "%d customers are as before.", undone.restored)
    if not undone.left:
        return restored % undone.restored
    left = ngettext(
        "%d was changed since and stays as it is.", "%d were changed since and stay as they are.", undone.left
    )
    return f"{restored % undone.restored} {left % undone.left}"
