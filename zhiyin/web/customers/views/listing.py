"""The list of customers: search, filters, saved views, columns."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRedirect

from zhiyin.customers import access, queries
from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import PREFIX, looked_up, own_among
from zhiyin.customers.filters import Condition, Group, Node, Words, parse, terms
from zhiyin.customers.queries import SORTS, Count, CustomerFilter, CustomerRow
from zhiyin.platform.database.bounded import TookTooLong
from zhiyin.platform.paging import Page
from zhiyin.web.customers import builder
from zhiyin.web.customers.table import columns as all_columns
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.tables import Row, Table, changed, without
from zhiyin.web.templatetags.zhiyin import number

MOST_ROWS = 50

KEPT = Kept(
    "customers", "customers.view", "customers:list", lambda request: all_columns(request.actor, "", {})
)
columns, save_view, change_view, delete_view = keeping(KEPT)


@page(permission="customers.view")
def customer_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(CustomerFilter, request.GET)
    sort = _sort(request)
    token = request.GET.get("after") or request.GET.get("before") or ""
    asked = queries.CustomerList(request.actor, where)
    found, problem = _found(asked, sort, token)
    table = _table(request, sort, found.rows)
    count = (
        Count(len(found.rows), exact=True)
        if problem or (not token and not found.next)
        else asked.count(shown=len(found.rows))
    )
    context = {
        "page": found,
        "table": table,
        "body": _body(request, table, found.rows),
        "count": count,
        "summary": summary(count),
        "chips": _chips(request, where),
        "where": where,
        "problem": problem,
        "kept": carried(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
        "more": bool(found.next or found.previous),
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request))
    return render(request, "customers/list.html", context, partial="list")


def _sort(request: HttpRequest) -> Any:
    """The order asked for; whether there is a field of the company's own the list itself says."""
    asked = request.GET.get("sort", "")
    return asked if asked.removeprefix("-").startswith(PREFIX) else checked_sort(asked, SORTS, "name")


def _found(asked: queries.CustomerList, sort: Any, token: str) -> tuple[Page[CustomerRow], str]:
    """A page of the list; none, and why, of one whose filter reads too many."""
    try:
        return asked.page(sort=sort, after=token, limit=MOST_ROWS), ""
    except TookTooLong as error:
        return Page([], None, None), str(error.message)


def _table(request: HttpRequest, sort: str, rows: list[Any]) -> Table:
    chosen = KEPT.chosen(request)
    tags: dict[Any, list[Row]] = {}
    if "tags" in chosen and rows:
        tags = queries.tags_of(row["id"] for row in rows)  # type: ignore[assignment]
    protected = queries.protected_until(row["id"] for row in rows) if "protected" in chosen and rows else {}
    made = all_columns(request.actor, request.tenant.currency, tags, protected)
    return Table(made, chosen, _link, request.GET, sort)


def _body(request: HttpRequest, table: Table, rows: list[Any]) -> Any:
    """The rows; what links in them lead to is asked for at once."""
    own = own_among(request.actor, KEPT.chosen(request))
    if not any(each.type == FieldType.LINK for each in own.values()):
        return table.body(rows)
    with looked_up(own.values(), [row["custom"] for row in rows]):
        return table.body(rows)


def _link(row: Row) -> tuple[str, str]:
    return f"/customers/{row['id']}/", row["name"]


@page(permission="customers.view")
def filters(request: HttpRequest) -> HttpResponse:
    """The form of a filter, after each of its steps; once it is whole, the list that it narrows."""
    known = terms(request.actor)
    what = request.GET.get("do", "")
    if f"{builder.ROOT}.match" in request.GET:
        root = builder.of_form(request.GET)
        builder.changed(root, what)
    else:
        tree = parse_filter(CustomerFilter, request.GET).tree()
        root = builder.of_filter(tree, known, queries.codes_of(request.actor, tree))
    if what == "show":
        keys = queries.keys_of(request.actor, builder.codes(root))
        tree = builder.filter_of(root, known, keys, timezone.localdate())
        if not builder.has_problems(root):
            return _shown(request, tree)
    context = {
        "line": builder.lines(root, known),
        "likely": [known.known[name] for name in builder.LIKELY if name in known.known],
        "carried": [(name, request.GET[name]) for name in ("q", "sort", "view") if request.GET.get(name)],
    }
    return render(request, "customers/filters.html", context)


@page(permission="customers.view")
def filter_rows(request: HttpRequest) -> HttpResponse:
    """The rows of a filter that is part of a larger form, after a choice in one of them."""
    line = builder.lines(builder.of_form(request.GET), terms(request.actor))
    context = {"line": line, "rows_url": reverse("customers:filter_rows")}
    return render(request, "customers/_filter_group.html", context)


def _shown(request: HttpRequest, tree: Group) -> HttpResponse:
    """The list that a filter narrows."""
    query = {name: request.GET[name] for name in ("q", "sort", "view") if request.GET.get(name)}
    if tree.of:
        query["filter"] = tree.written()
    address = f"{reverse('customers:list')}?{urlencode(query)}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def summary(count: Count) -> str:
    """ "1,204 customers", or "about 12,300 customers" where counting would take long."""
    written = number(count.number)
    if count.exact:
        return ngettext("%(count)s customer", "%(count)s customers", count.number) % {"count": written}
    if count.least:
        return _("more than %(count)s customers") % {"count": written}
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
    """One chip for each value of a short parameter and for each condition of the filter that narrows the list."""
    tree = where.tree()
    if not tree.of:
        return []
    say = Words(terms(request.actor), tree)
    edit = f"{reverse('customers:filters')}?{request.GET.urlencode()}"
    chips = [_chip(say, node, url, edit) for node, url in _short(request.GET, where)]
    asked = parse(where.filter)
    if asked.match == "all":
        for number, node in enumerate(asked.of):
            rest = Group(of=[*asked.of[:number], *asked.of[number + 1 :]])
            chips.append(_chip(say, node, changed(request.GET, filter=rest.written() or None), edit))
    elif asked.of:
        chips.append(_chip(say, asked, changed(request.GET, filter=None), edit))
    return chips


def _chip(say: Words, node: Node, url: str, edit: str) -> Chip:
    if isinstance(node, Condition):
        return Chip(say.label(node), say.value(node), url, edit)
    return Chip("", say.sentence(node), url, edit)


def _short(query: QueryDict, where: CustomerFilter) -> Iterator[tuple[Node, str]]:
    """The conditions of the short parameters, one by one, with the address without each."""
    for name in CustomerFilter.model_fields:
        if name in ("q", "filter") or name not in where.model_fields_set:
            continue
        value = getattr(where, name)
        for each in value if isinstance(value, list) else [value]:
            only = CustomerFilter.model_validate({name: [each] if isinstance(value, list) else each})
            raw = next((raw for raw in query.getlist(name) if raw.lower() == str(each).lower()), str(each))
            url = without(query, name, raw) if isinstance(value, list) else changed(query, **{name: None})
            for node in only.short():
                yield node, url
