"""The list of customers: search, filters, saved views, columns."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhiyin.analytics.choices import ValueGroup
from zhiyin.customers import access, queries
from zhiyin.customers.choices import CustomerKind, Stage, Status
from zhiyin.customers.queries import SORTS, Count, CustomerFilter
from zhiyin.web.customers.table import columns as all_columns
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.tables import Row, Table, changed, without
from zhiyin.web.templatetags.zhiyin import number, percent

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
    "related": gettext_lazy("Relation"),
}


KEPT = Kept(
    "customers", "customers.view", "customers:list", lambda request: all_columns(request.actor, "", {})
)
columns, save_view, delete_view = keeping(KEPT)


@page(permission="customers.view")
def customer_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(CustomerFilter, request.GET)
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
        "chips": _chips(request, where),
        "where": where,
        "kept": carried(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
        "more": bool(found.next or found.previous),
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request))
    return render(request, "customers/list.html", context, partial="list")


def _table(request: HttpRequest, sort: str, rows: list[Any]) -> Table:
    chosen = KEPT.chosen(request)
    tags: dict[Any, list[Row]] = {}
    if "tags" in chosen and rows:
        tags = queries.tags_of(row["id"] for row in rows)  # type: ignore[assignment]
    return Table(all_columns(request.actor, request.tenant.currency, tags), chosen, _link, request.GET, sort)


def _link(row: Row) -> tuple[str, str]:
    return f"/customers/{row['id']}/", row["name"]


@page(permission="customers.view")
def filters(request: HttpRequest) -> HttpResponse:
    """The panel of filters with what can be chosen, read only when somebody opens it."""
    where = parse_filter(CustomerFilter, request.GET)
    context = {
        "where": where,
        "choices": {
            name: [(value, label, value in getattr(where, name)) for value, label in choices.choices]
            for name, choices in CHOICES.items()
        },
        "owners": queries.owners(request.actor),
        "units": queries.units(request.actor),
        "tags": queries.tags(),
        "countries": queries.used_values(request.actor, "country"),
        "chosen": {str(each) for name in ("owner", "unit", "tag") for each in getattr(where, name)},
        "sort": request.GET.get("sort", ""),
        "hidden": access.hidden(request.actor),
    }
    return render(request, "customers/filters.html", context)


def summary(count: Count) -> str:
    """ "1,204 customers", or "about 12,300 customers" where counting would take long."""
    written = number(count.number)
    if count.exact:
        return ngettext("%(count)s customer", "%(count)s customers", count.number) % {"count": written}
    return _("about %(count)s customers") % {"count": written}


def _tabs(request: HttpRequest) -> list[Tab]:
    """Everybody, one's own, the most valuable, the newest."""
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
    return tabs


def _chips(request: HttpRequest, where: CustomerFilter) -> list[Chip]:
    """One chip for each value that narrows the list."""
    query = request.GET
    names = queries.labels(where) | queries.related_labels(request.actor, where.related)
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


def _shown(field: str, value: Any, names: dict[str, str]) -> str:  # noqa: PLR0911  # one kind of value a line
    if field in CHOICES and value in CHOICES[field].values:
        return str(CHOICES[field](value).label)
    if value == "none":
        return _("Nobody")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field == "alive_max":
        return percent(value, 0)
    if field == "related":
        return names.get(value, "–")
    if field == "rfm":
        return _("recency %(recency)s, frequency %(frequency)s") % {
            "recency": value[0],
            "frequency": value[1],
        }
    if isinstance(value, float):
        return number(value)
    return names.get(str(value), str(value))
