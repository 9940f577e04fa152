"""Opportunities: list, record with its way through the stages, new, edit, move, remove."""

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from zhiyin.approvals.queries import answers_to
from zhiyin.commerce.queries import converted
from zhiyin.customers import access as customer_access
from zhiyin.customers import queries as customers
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Closing
from zhiyin.sales.approvals import CODES
from zhiyin.sales.choices import Category, Horizon, StageKind
from zhiyin.sales.models import Opportunity, Stage
from zhiyin.sales.queries import SORTS, OpportunityFilter, OpportunitySort, Sums
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.sales.forms import ClosingForm, EditOpportunityForm, NewOpportunityForm
from zhiyin.web.tables import Column, Row, Table, changed, text, without
from zhiyin.web.templatetags.zhiyin import KeyNumber, ago, day, money, number

STATE_CLASS = {StageKind.WON: "is-good", StageKind.LOST: "is-bad"}
LABELS = {
    "stage": gettext_lazy("Stage"),
    "pipeline": gettext_lazy("Pipeline"),
    "owner": gettext_lazy("Owner"),
    "unit": gettext_lazy("Unit"),
    "customer": gettext_lazy("Customer"),
    "category": gettext_lazy("In the forecast"),
    "horizon": gettext_lazy("Buying horizon"),
    "source": gettext_lazy("Source"),
    "amount_min": gettext_lazy("Amount from"),
    "amount_max": gettext_lazy("Amount up to"),
    "expected_from": gettext_lazy("Expected from"),
    "expected_to": gettext_lazy("Expected until"),
    "closed_from": gettext_lazy("Closed from"),
    "closed_to": gettext_lazy("Closed until"),
    "overdue": gettext_lazy("Overdue"),
    "stuck": gettext_lazy("Stuck"),
    "aimless": gettext_lazy("Without a next step"),
}
MOST_ROWS = 50
KEPT = Kept("opportunities", "sales.view", "sales:opportunities", lambda _request: _columns())
columns, save_view, change_view, delete_view = keeping(KEPT)


@page(permission="sales.view")
def opportunity_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(OpportunityFilter, request.GET)
    sort = checked_sort(request.GET.get("sort", ""), SORTS, "expected")
    token = request.GET.get("after") or request.GET.get("before") or ""
    now, today = timezone.now(), timezone.localdate()
    found = queries.list_opportunities(
        request.actor,
        where,
        sort=cast(OpportunitySort, sort),
        after=token,
        limit=MOST_ROWS,
        now=now,
        today=today,
    )
    rows = queries.matching_opportunities(request.actor, where, now=now, today=today)
    table = Table(_columns(), KEPT.chosen(request), _link, request.GET, sort, choosable=False)
    context = {
        "page": found,
        "table": table,
        "body": table.body(found.rows),
        "summary": _summary(queries.sum_opportunities(rows), request.tenant.currency),
        "chips": _chips(request, where),
        "where": where,
        "kept": carried(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request))
    return render(request, "sales/opportunities.html", context, partial="list")


def _summary(sums: list[Sums], currency: str) -> str:
    """ "12 opportunities · ¥1,204,000 + €5,000 (¥1,243,050 at EUR 7.81 of 20 November) · ¥300,000 weighted"."""
    count = sum(each.count for each in sums)
    said = [ngettext("%(count)s opportunity", "%(count)s opportunities", count) % {"count": number(count)}]
    if amounts := [money(each.amount, each.currency) for each in sums if each.amount]:
        said.append(" + ".join(amounts) + _in_own(sums, currency))
    if weighted := [money(each.weighted, each.currency) for each in sums if each.weighted]:
        said.append(_("%(amount)s weighted") % {"amount": " + ".join(weighted)})
    if unknown := sum(each.unknown for each in sums):
        said.append(_("%(count)s without an amount") % {"count": number(unknown)})
    return " · ".join(said)


def _in_own(sums: list[Sums], currency: str) -> str:
    """The sum in the company's currency, where there are others, with the rates and what has none."""
    amounts = {each.currency: each.amount for each in sums}
    whole = converted(amounts, currency=currency, day=timezone.localdate())
    if not whole.rates:
        return ""
    rates = ", ".join(f"{each.currency} {each.rate.normalize()} ({day(each.day)})" for each in whole.rates)
    told = _(" = %(amount)s at %(rates)s") % {"amount": money(whole.amount, currency), "rates": rates}
    return told + (_(", without %s") % ", ".join(whole.missing) if whole.missing else "")


def _tabs(request: HttpRequest) -> list[Tab]:
    address = reverse("sales:opportunities")
    mine = {"owner": str(request.actor.member_id), "state": "open", "view": "mine"}
    tabs = [
        (_("All"), {}),
        (_("Mine"), mine),
        (_("Overdue"), {"overdue": "true", "view": "overdue"}),
        (_("Stuck"), {"stuck": "true", "view": "stuck"}),
        (_("Without a next step"), {"aimless": "true", "view": "aimless"}),
        (StageKind.WON.label, {"state": "won", "sort": "-closed", "view": "won"}),
        (StageKind.LOST.label, {"state": "lost", "sort": "-closed", "view": "lost"}),
    ]
    view = request.GET.get("view", "")
    return [
        Tab(str(label), f"{address}{_query(asked)}", view == asked.get("view", "")) for label, asked in tabs
    ]


def _query(asked: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in asked.items()) if asked else ""


def _columns() -> list[Column]:
    return [
        Column("name", _("Opportunity"), text("name"), "name", fixed=True),
        Column("customer", _("Customer"), _customer),
        Column("stage", _("Stage"), _stage),
        Column(
            "amount", _("Amount"), lambda row: money(row["amount"], row["currency"]), "amount", numeric=True,
            down_first=True,
        ),
        Column("probability", _("Probability"), _probability, numeric=True),
        Column("expected", _("Expected close"), _expected, "expected"),
        Column("next", _("Next step"), _next),
        Column("owner", _("Owner"), text("owner__name")),
        Column("category", _("In the forecast"), lambda row: escape(Category(row["category"]).label), shown=False),
        Column("horizon", _("Buying horizon"), _horizon, shown=False),
        Column("source", _("Source"), text("source"), shown=False),
        Column("since", _("In the stage since"), lambda row: str(ago(row["stage_since"])), shown=False),
        Column("code", _("Code"), text("code"), shown=False),
        Column("created", _("Created"), lambda row: day(row["created_at"]), "created", down_first=True, shown=False),
        Column("closed", _("Closed on"), lambda row: day(row["closed_on"]), "closed", down_first=True, shown=False),
        Column("reason", _("Reason"), text("reason__name"), shown=False),
    ]  # fmt: skip


def _customer(row: Row) -> str:
    if not row["customer_id"]:
        return '<span class="text-3">–</span>'
    return f'<a href="/customers/{row["customer_id"]}/">{escape(row["customer__name"])}</a>'


def _stage(row: Row) -> str:
    kind = STATE_CLASS.get(row["state"], "")
    return f'<span class="badge {kind}">{escape(row["stage__name"])}</span>'


def _probability(row: Row) -> str:
    known = (row[name] for name in ("probability", "stage__probability", "stage__usual"))
    chance = next((each for each in known if each is not None), None)
    return "–" if chance is None or row["state"] != StageKind.OPEN else f"{chance} %"


def _expected(row: Row) -> str:
    late = row["state"] == StageKind.OPEN and row["expected_on"] and row["expected_on"] < timezone.localdate()
    return (
        f'<span class="badge is-warn">{day(row["expected_on"])}</span>' if late else day(row["expected_on"])
    )


def _next(row: Row) -> str:
    on = f' <span class="text-3">{day(row["next_on"])}</span>' if row["next_on"] else ""
    return f"{escape(row['next_step'])}{on}"


def _horizon(row: Row) -> str:
    return escape(Horizon(row["horizon"]).label) if row["horizon"] else ""


def _link(row: Row) -> tuple[str, str]:
    return f"/sales/opportunities/{row['id']}/", row["name"]


def _chips(request: HttpRequest, where: OpportunityFilter) -> list[Chip]:
    names = _names(request, where)
    chips = []
    for field, label in LABELS.items():
        value = getattr(where, field)
        if value in (None, []):
            continue
        for each in value if isinstance(value, list) else [value]:
            several = isinstance(value, list)
            drop = (
                without(request.GET, field, str(each)) if several else changed(request.GET, **{field: None})
            )
            chips.append(Chip(str(label), names.get(str(each), _said(each)), drop))
    return chips


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(getattr(value, "label", value))


def _names(request: HttpRequest, where: OpportunityFilter) -> dict[str, str]:
    """The names of what a filter names by its key."""
    names = {"none": _("Nobody")}
    if where.stage or where.pipeline:
        for each in access.stages():
            names |= {str(each.pk): each.name, str(each.pipeline_id): each.pipeline.name}
    if where.owner:
        names |= {str(each["id"]): str(each["name"]) for each in customers.owners(request.actor)}
    if where.unit:
        names |= {str(each["id"]): str(each["name"]) for each in customers.units(request.actor)}
    if where.customer:
        found = customer_access.customers(request.actor).filter(pk=where.customer).first()
        names[str(where.customer)] = found.name if found else "–"
    return names


@page(permission="sales.view")
def filters(request: HttpRequest) -> HttpResponse:
    """The panel of filters with what can be chosen, read only when somebody opens it."""
    where = parse_filter(OpportunityFilter, request.GET)
    context = {
        "where": where,
        "stages": access.stages(),
        "chosen_stages": [str(each) for each in where.stage],
        "owners": customers.owners(request.actor),
        "chosen_owners": [str(each) for each in where.owner],
        "horizons": Horizon.choices,
        "categories": Category.choices,
    }
    return render(request, "sales/opportunity_filters.html", context)


@dataclass(frozen=True, slots=True)
class Step:
    """A stage as the record shows it on the way: passed, the present one, or to come."""

    stage: Stage
    current: bool
    passed: bool


@page(permission="sales.view")
def opportunity(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    return _record(request, opportunity_id)


def _record(
    request: HttpRequest, opportunity_id: uuid.UUID, closing: ClosingForm | None = None
) -> HttpResponse:
    found = access.opportunity(request.actor, opportunity_id)
    stages = queries.stages_of(found.pipeline_id)
    withheld = customer_access.withheld(request.actor, [found.customer_id])
    within = access.opportunities(request.actor, "write").filter(pk=opportunity_id).exists()
    context = {
        "opportunity": found,
        "row": queries.opportunity_row(request.actor, opportunity_id),
        "sees_customer": bool(found.customer_id) and not withheld and request.actor.may("customers.view"),
        "state_class": STATE_CLASS.get(StageKind(found.state), ""),
        "steps": [
            Step(each, each.pk == found.stage_id, each.position < found.stage.position)
            for each in stages
            if each.kind == StageKind.OPEN
        ],
        "endings": [each for each in stages if each.kind != StageKind.OPEN],
        "stays": queries.stays_of(found),
        "contents": queries.contents(request.actor, found),
        "numbers": _numbers(found),
        "may_edit": request.actor.may("sales.edit") and within,
        "closing": closing,
        "won": ClosingForm(StageKind.WON, auto_id="won-%s"),
        "lost": ClosingForm(StageKind.LOST, auto_id="lost-%s"),
        "approvals": answers_to(request.actor, CODES, found.pk),
        "is_stuck": queries.is_stuck(found, timezone.now()),
    }
    return render(request, "sales/opportunity.html", context, status=422 if closing else 200)


def _numbers(found: Opportunity) -> list[KeyNumber]:
    chance = found.stage.chance if found.probability is None else found.probability
    numbers = [KeyNumber(_("Amount"), money(found.amount, found.currency))]
    if found.discount:
        numbers.append(KeyNumber(_("Discount"), money(found.discount, found.currency)))
    if found.state == StageKind.OPEN and chance is not None:
        numbers.append(KeyNumber(_("Probability"), f"{chance} %", _basis(found)))
    if found.closed_on:
        numbers.append(KeyNumber(_("Closed on"), day(found.closed_on)))
    elif found.expected_on:
        numbers.append(KeyNumber(_("Expected close"), day(found.expected_on)))
    return numbers


def _basis(found: Opportunity) -> str:
    """Where its probability comes from."""
    if found.probability is not None:
        return _("by hand")
    if found.stage.probability is not None:
        return _("of its stage")
    return _("won, of %s that came so far and were closed") % number(found.stage.usual_of)


@page(permission="sales.edit")
def create(request: HttpRequest) -> HttpResponse:
    initial: dict[str, Any] = {"owner_id": request.actor.member_id, "currency": request.tenant.currency}
    if key := request.GET.get("customer", ""):
        buyer = customer_access.customers(request.actor).filter(pk__in=_keys(key)).first()
        initial["customer"] = buyer.code if buyer else ""
        initial["customer_id"] = buyer.pk if buyer else None
    form = NewOpportunityForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            made = actions.create_opportunity(
                actor=request.actor, now=timezone.now(), **form.values(list(form.cleaned_data))
            )
            notify(request, _("The opportunity is there."))
            return redirect("sales:opportunity", made.pk)
    return render(request, "sales/opportunity_form.html", {"form": form})


def _keys(text: str) -> list[uuid.UUID]:
    """The key that an address or a form names; none for what is no key."""
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


@page(permission="sales.edit")
def buyers(request: HttpRequest) -> HttpResponse:
    """Customers who fit what is typed into the form."""
    found = customers.quick_search(request.actor, request.GET.get("customer", "")[:200])
    return render(request, "customers/link_options.html", {"found": found})


@page(permission="sales.edit")
def edit(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    found = access.opportunity(request.actor, opportunity_id, need="write")
    initial = {name: getattr(found, name) for name in EditOpportunityForm.base_fields if name != "customer"}
    hidden = customer_access.withheld(request.actor, [found.customer_id])
    initial |= {
        "customer": found.customer.code if found.customer and not hidden else "",
        "customer_id": found.customer_id,
        "discount": found.discount or None,
        "owner_name": found.owner.name if found.owner else "",
    }
    form = EditOpportunityForm(request.actor, request.POST or None, initial=initial)
    if form.is_valid():
        with refusals(form):
            actions.update_opportunity(
                actor=request.actor,
                opportunity_id=opportunity_id,
                changes=form.values(form.changed_data),
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("sales:opportunity", opportunity_id)
    return render(request, "sales/opportunity_form.html", {"form": form, "opportunity": found})


@require_POST
@page(permission="sales.edit")
def move(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    """Into the stage of the button that was pressed; a stage that closes asks why beside it."""
    stage = access.stages().filter(pk__in=_keys(request.POST.get("stage", ""))).first()
    form = ClosingForm(stage.kind if stage else StageKind.OPEN, request.POST)
    version = request.POST.get("version", "")
    if form.is_valid():
        with refusals(form):
            given = form.cleaned_data
            moved = actions.move_opportunity(
                actor=request.actor,
                opportunity_id=opportunity_id,
                stage_id=stage.pk if stage else uuid.UUID(int=0),
                version=int(version) if version.isdecimal() and len(version) < 10 else None,
                closing=Closing(given.get("reason_id"), given["text"], given["on"]),
                now=timezone.now(),
            )
            notify(request, _("It is in the stage “%s” now.") % moved.stage.name)
            return redirect("sales:opportunity", opportunity_id)
    return _record(request, opportunity_id, form)


@require_POST
@page(permission="sales.edit")
def remove(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    actions.remove_opportunity(actor=request.actor, opportunity_id=opportunity_id, now=timezone.now())
    notify(
        request,
        _("The opportunity is removed."),
        undo=reverse("sales:opportunity_restore", args=[opportunity_id]),
    )
    return redirect("sales:opportunities")


@require_POST
@page(permission="sales.edit")
def restore(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    actions.restore_opportunity(actor=request.actor, opportunity_id=opportunity_id, now=timezone.now())
    notify(request, _("The opportunity is there again."))
    return redirect("sales:opportunity", opportunity_id)
