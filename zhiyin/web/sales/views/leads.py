"""Leads: list, record, new, edit, take up, convert, remove."""

import uuid
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers.choices import ContactKind
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Deal
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.queries import LEAD_SORTS, LeadFilter, LeadSort
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.sales.lead_forms import ConversionForm, EditLeadForm, LeadForm
from zhiyin.web.tables import Column, Row, Table, changed, text, without
from zhiyin.web.templatetags.zhiyin import ago

STATE_CLASS = {
    LeadState.NEW: "is-warn",
    LeadState.QUALIFIED: "is-good",
    LeadState.CONVERTED: "is-good",
    LeadState.UNFIT: "is-bad",
}
KEPT = Kept("leads", "sales.view", "sales:leads", lambda _request: _columns())
columns, save_view, change_view, delete_view = keeping(KEPT)


@page(permission="sales.view")
def lead_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(LeadFilter, request.GET)
    sort = checked_sort(request.GET.get("sort", ""), LEAD_SORTS, "-created")
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.list_leads(request.actor, where, sort=cast(LeadSort, sort), after=token)
    table = Table(_columns(), KEPT.chosen(request), _link, request.GET, sort, choosable=False)
    context = {
        "page": found,
        "table": table,
        "body": table.body(found.rows),
        "chips": _chips(request, where),
        "where": where,
        "kept": carried(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
        "narrowed": bool(request.GET.keys() - {"sort", "view", "columns"}),
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request))
    return render(request, "sales/leads.html", context, partial="list")


def _tabs(request: HttpRequest) -> list[Tab]:
    address = reverse("sales:leads")
    mine = f"?owner={request.actor.member_id}&state=new&state=working&state=qualified&view=mine"
    tabs = [
        (_("All"), "", ""),
        (_("Mine"), "mine", mine),
        (_("Waiting for an answer"), "waiting", "?waiting=true&sort=created&view=waiting"),
        (_("Answer overdue"), "overdue", "?overdue=true&sort=created&view=overdue"),
        (LeadState.QUALIFIED.label, "qualified", "?state=qualified&view=qualified"),
        (LeadState.CONVERTED.label, "converted", "?state=converted&view=converted"),
        (LeadState.UNFIT.label, "unfit", "?state=unfit&view=unfit"),
    ]
    view = request.GET.get("view", "")
    return [Tab(str(label), f"{address}{query}", view == name) for label, name, query in tabs]


def _columns() -> list[Column]:
    return [
        Column("name", _("Lead"), text("name"), "name", fixed=True),
        Column("company", _("Company"), text("company")),
        Column("state", _("State"), _state),
        Column("phone", _("Phone"), text("phone")),
        Column("email", _("E-mail"), text("email"), shown=False),
        Column("city", _("City"), text("city"), shown=False),
        Column("origin", _("Came by way of"), lambda row: escape(LeadOrigin(row["origin"]).label)),
        Column("source", _("Source"), text("source")),
        Column("campaign", _("Campaign"), text("campaign"), shown=False),
        Column("owner", _("Owner"), text("owner__name")),
        Column("answer_by", _("Answer by"), _answer_by),
        Column("created", _("Came"), lambda row: str(ago(row["created_at"])), "created", down_first=True),
    ]


def _state(row: Row) -> str:
    state = LeadState(row["state"])
    return f'<span class="badge {STATE_CLASS.get(state, "")}">{escape(state.label)}</span>'


def _answer_by(row: Row) -> str:
    if row["answered_at"] or not row["answer_by"]:
        return ""
    shown = str(ago(row["answer_by"]))
    if timezone.now() < row["answer_by"]:
        return shown
    return f'<span class="badge is-bad">{escape(_("overdue"))}</span> {shown}'


def _link(row: Row) -> tuple[str, str]:
    return f"/sales/leads/{row['id']}/", row["name"]


def _chips(request: HttpRequest, where: LeadFilter) -> list[Chip]:
    labels = {"source": _("Source"), "campaign": _("Campaign"), "origin": _("Came by way of")}
    chips = [
        Chip(label, str(getattr(value, "label", value)), without(request.GET, field, str(value)))
        for field, label in labels.items()
        for value in getattr(where, field)
    ]
    for field, label in (("created_from", _("Came from")), ("created_to", _("Came until"))):
        if value := getattr(where, field):
            chips.append(Chip(label, str(value), changed(request.GET, **{field: None})))
    return chips


@page(permission="sales.view")
def lead(request: HttpRequest, lead_id: uuid.UUID) -> HttpResponse:
    return _record(request, lead_id)


def _record(request: HttpRequest, lead_id: uuid.UUID, form: ConversionForm | None = None) -> HttpResponse:
    found = access.lead(request.actor, lead_id)
    is_open = found.state != LeadState.CONVERTED
    may_edit = is_open and request.actor.may("sales.edit")
    may_convert = may_edit and request.actor.may("customers.edit")
    opportunity = access.opportunities(request.actor).filter(leads=found).first()
    context = {
        "lead": found,
        "row": queries.lead_row(request.actor, lead_id),
        "state_class": STATE_CLASS.get(LeadState(found.state), ""),
        "may_edit": may_edit,
        "may_convert": may_convert,
        "opportunity": opportunity,
        "form": form or ConversionForm(initial={"deal": found.company or found.name}),
        "likely": queries.likely_customers(request.actor, found) if may_convert else None,
        "same": {ContactKind.PHONE: _("same telephone"), ContactKind.EMAIL: _("same e-mail"), "name": _("same name")},
    }  # fmt: skip
    return render(request, "sales/lead.html", context)


@page(permission="sales.edit")
def create(request: HttpRequest) -> HttpResponse:
    form = LeadForm(request.actor, request.POST or None, initial={"owner_id": request.actor.member_id})
    if form.is_valid():
        with refusals(form):
            made = actions.create_lead(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            notify(request, _("The lead is written down."))
            return redirect(_after(request, made.pk))
    return render(request, "sales/lead_form.html", {"form": form})


@page(permission="sales.edit")
def edit(request: HttpRequest, lead_id: uuid.UUID) -> HttpResponse:
    found = access.lead(request.actor, lead_id)
    initial: dict[str, Any] = {name: getattr(found, name) for name in EditLeadForm.base_fields}
    initial["owner_name"] = found.owner.name if found.owner else ""
    form = EditLeadForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.update_lead(
                actor=request.actor,
                lead_id=lead_id,
                changes={name: form.cleaned_data[name] for name in form.changed_data},
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect(_after(request, lead_id))
    return render(request, "sales/lead_form.html", {"form": form, "lead": found})


def _after(request: HttpRequest, lead_id: uuid.UUID) -> str:
    """The record, or the list for who gave the lead away and sees it no more."""
    seen = access.leads(request.actor).filter(pk=lead_id).exists()
    return reverse("sales:lead", args=[lead_id]) if seen else reverse("sales:leads")


@require_POST
@page(permission="sales.edit")
def set_state(request: HttpRequest, lead_id: uuid.UUID, state: str) -> HttpResponse:
    """Taken up, qualified, unsuitable, or new again; the message takes it back."""
    before = access.lead(request.actor, lead_id)
    reason = request.POST.get("reason", "")
    actions.set_lead_state(
        actor=request.actor, lead_id=lead_id, state=state, reason=reason, now=timezone.now()
    )
    undo = None
    if before.state not in (state, LeadState.UNFIT):
        undo = reverse("sales:lead_state", args=[lead_id, before.state])
    notify(request, _("The lead is now: %s") % LeadState(state).label, undo=undo)
    return redirect("sales:lead", lead_id)


@require_POST
@page(permission="sales.edit")
def convert(request: HttpRequest, lead_id: uuid.UUID) -> HttpResponse:
    form = ConversionForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with refusals(form):
            made = actions.convert_lead(
                actor=request.actor,
                lead_id=lead_id,
                customer_id=given["customer_id"],
                deal=Deal(given["deal"], given["amount"]) if given["deal"] else None,
                now=timezone.now(),
            )
            notify(request, _("The lead is a customer now."))
            if made.opportunity_id:
                return redirect("sales:opportunity", made.opportunity_id)
            return redirect("customers:record", made.customer_id)
    return _record(request, lead_id, form)


@require_POST
@page(permission="sales.edit")
def remove(request: HttpRequest, lead_id: uuid.UUID) -> HttpResponse:
    actions.remove_lead(actor=request.actor, lead_id=lead_id, now=timezone.now())
    notify(request, _("The lead is removed."), undo=reverse("sales:lead_restore", args=[lead_id]))
    return redirect("sales:leads")


@require_POST
@page(permission="sales.edit")
def restore(request: HttpRequest, lead_id: uuid.UUID) -> HttpResponse:
    actions.restore_lead(actor=request.actor, lead_id=lead_id, now=timezone.now())
    notify(request, _("The lead is there again."))
    return redirect("sales:lead", lead_id)
