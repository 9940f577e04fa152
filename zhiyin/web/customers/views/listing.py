"""The list of customers: search, filters, saved views, columns."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from zhiyin.analytics.choices import ValueGroup
from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import CustomerKind, Stage, Status
from zhiyin.customers.models import SavedView
from zhiyin.customers.queries import SORTS, Count, CustomerFilter
from zhiyin.platform.errors import Invalid
from zhiyin.web.customers.forms import parse_filter
from zhiyin.web.customers.table import columns as all_columns
from zhiyin.web.http import HttpRequest, notify, page, render
from zhiyin.web.tables import Row, Table, changed, without
from zhiyin.web.templatetags.zhiyin import number

CHOSEN = "customers_columns"
MOST_ROWS = 50
CHOICES = {"kind": CustomerKind, "status": Status, "stage": Stage, "group": ValueGroup}
LABELS: dict[str, str | Promise] = {
    "q": gettext_lazy("Search"),
    "kind": gettext_lazy("Kind"),
    "status": gettext_lazy("Status"),
    "stage": gettext_lazy("Lifecycle stage"),
    "owner": gettext_lazy("Owner"),
    "unit": gettext_lazy("Unit"),
    "tag": gettext_lazy("Tag"),
    "source": gettext_lazy("Source"),
    "country": gettext_lazy("Country"),
    "group": gettext_lazy("RFM group"),
    "created_from": gettext_lazy("Created since"),
    "created_to": gettext_lazy("Created until"),
    "last_from": gettext_lazy("Last purchase since"),
    "last_to": gettext_lazy("Last purchase until"),
    "ordered": gettext_lazy("Has bought"),
    "value_min": gettext_lazy("Value from"),
    "value_max": gettext_lazy("Value up to"),
    "rfm": gettext_lazy("Recency and frequency score"),
    "spend_min": gettext_lazy("Has paid at least"),
    "alive_max": gettext_lazy("Probability of being a customer at most"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    remove_url: str


@page(permission="customers.view")
def customer_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(request.GET)
    sort = checked_sort(request.GET.get("sort", ""), SORTS, "name")
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.list_customers(request.actor, where, sort=sort, after=token, limit=MOST_ROWS)  # type: ignore[arg-type]
    table = _table(request, sort, found.rows)
    count = (
        Count(len(found.rows), exact=True)
        if not token and not found.next
        else queries.count_customers(request.actor, where)
    )
    context = {
        "page": found,
        "table": table,
        "body": table.body(found.rows),
        "count": count,
        "summary": summary(count),
        "chips": _chips(request.GET, where),
        "where": where,
        "kept": kept(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
        "more": bool(found.next or found.previous),
    }
    if not request.htmx:
        views = queries.saved_views(request.actor, "customers")
        view = _current(request, views)
        context |= {"tabs": _tabs(request, views), "view": view, "view_shared": view and not view.member_id}
    return render(request, "customers/list.html", context, partial="list")


def _table(request: HttpRequest, sort: str, rows: list[Any]) -> Table:
    chosen = frozenset(request.GET.getlist("columns") or request.session.get(CHOSEN, ()))
    tags: dict[Any, list[Row]] = {}
    if "tags" in chosen and rows:
        tags = queries.tags_of(row["id"] for row in rows)  # type: ignore[assignment]
    return Table(all_columns(request.actor, request.tenant.currency, tags), chosen, _link, request.GET, sort)


def _link(row: Row) -> tuple[str, str]:
    return f"/customers/{row['id']}/", row["name"]


@page(permission="customers.view")
def filters(request: HttpRequest) -> HttpResponse:
    """The panel of filters with what can be chosen, read only when somebody opens it."""
    where = parse_filter(request.GET)
    context = {
        "where": where,
        "choices": {
            name: [(value, label, value in getattr(where, name)) for value, label in choices.choices]
            for name, choices in CHOICES.items()
        },
        "owners": queries.owners(request.actor),
        "units": queries.units(request.actor),
        "tags": queries.tags(),
        "countries": queries.used_values("country"),
        "chosen": {str(each) for name in ("owner", "unit", "tag") for each in getattr(where, name)},
        "sort": request.GET.get("sort", ""),
        "hidden": access.hidden(request.actor),
    }
    return render(request, "customers/filters.html", context)


@require_POST
@page(permission="customers.view")
def columns(request: HttpRequest) -> HttpResponse:
    """Keep the columns that this person wants to see, in this browser's session."""
    known = {column.key for column in all_columns(request.actor, "", {})}
    request.session[CHOSEN] = [key for key in request.POST.getlist("columns") if key in known]
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return redirect("customers:list")


@require_POST
@page(permission="customers.view")
def save_view(request: HttpRequest) -> HttpResponse:
    query = QueryDict(request.POST.get("query", "")).copy()
    for name in ("view", "after", "before"):
        query.pop(name, None)
    view = actions.save_view(
        actor=request.actor,
        page="customers",
        name=request.POST.get("name", ""),
        query=query.urlencode(),
        columns=request.session.get(CHOSEN, []),
        shared=bool(request.POST.get("shared")),
        now=timezone.now(),
    )
    notify(request, _("The view is kept."))
    return redirect(_view_url(view))


@require_POST
@page(permission="customers.view")
def delete_view(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    actions.delete_view(actor=request.actor, view_id=view_id, now=timezone.now())
    notify(request, _("The view is gone."))
    return redirect("customers:list")


def summary(count: Count) -> str:
    """ "1,204 customers", or "about 12,300 customers" where counting would take long."""
    written = number(count.number)
    if count.exact:
        return ngettext("%(count)s customer", "%(count)s customers", count.number) % {"count": written}
    return _("about %(count)s customers") % {"count": written}


def checked_sort(sort: str, known: Any, default: str) -> str:
    """An order from the address. Raises ``Invalid`` when there is no such order."""
    if not sort:
        return default
    if sort.removeprefix("-") not in known:
        raise Invalid(_("There is no such order."), field="sort")
    return sort


def kept(query: QueryDict) -> list[tuple[str, str]]:
    """What the search box's form carries along besides the words in it."""
    leave = ("q", "after", "before", "partial")
    return [(name, value) for name, values in query.lists() if name not in leave for value in values]


def _view_url(view: SavedView) -> str:
    query = f"{view.query}&view={view.pk}" if view.query else f"view={view.pk}"
    shown = "".join(f"&columns={key}" for key in view.columns)
    return f"{reverse('customers:list')}?{query}{shown}"


def _current(request: HttpRequest, views: list[SavedView]) -> SavedView | None:
    return next((view for view in views if str(view.pk) == request.GET.get("view")), None)


def _tabs(request: HttpRequest, views: list[SavedView]) -> list[Tab]:
    """Everybody, one's own, the most valuable, then the saved views."""
    listed = reverse("customers:list")
    current = request.GET.get("view", "")
    mine = f"{listed}?owner={request.actor.member_id}&view=mine"
    tabs = [
        Tab(_("All customers"), listed, not current),
        Tab(_("Mine"), mine, current == "mine"),
        Tab(_("Most valuable"), f"{listed}?sort=-value&view=value", current == "value"),
        Tab(_("New"), f"{listed}?sort=-created&view=new", current == "new"),
    ]
    if "value" in access.hidden(request.actor):
        tabs.pop(2)
    if request.actor.member_id is None or request.actor.scope == "own":
        tabs.pop(1)
    return tabs + [Tab(view.name, _view_url(view), str(view.pk) == current) for view in views]


def _chips(query: QueryDict, where: CustomerFilter) -> list[Chip]:
    """One chip for each value that narrows the list."""
    names = queries.labels(where)
    chips: list[Chip] = []
    for field, label in LABELS.items():
        value = getattr(where, field)
        if field == "q" or value in (None, [], ""):
            continue
        for each in value if isinstance(value, list) else [value]:
            raw = _raw(query, field, each)
            url = without(query, field, raw) if isinstance(value, list) else changed(query, **{field: None})
            chips.append(Chip(str(label), _shown(field, each, names), url))
    return chips


def _raw(query: QueryDict, field: str, value: Any) -> str:
    """The text in the address behind a parsed value."""
    return next((raw for raw in query.getlist(field) if raw.lower() == str(value).lower()), str(value))


def _shown(field: str, value: Any, names: dict[str, str]) -> str:
    if field in CHOICES and value in CHOICES[field].values:
        return str(CHOICES[field](value).label)
    if value == "none":
        return _("Nobody")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float):
        return number(value)
    return names.get(str(value), str(value))
