"""Orders: list, record, new by hand, returns, payments."""

import uuid
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from zhiyin.commerce import access, actions, queries
from zhiyin.commerce.actions import ReturnedLine
from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.queries import OrderFilter
from zhiyin.customers import access as customer_access
from zhiyin.customers import queries as customers
from zhiyin.platform.errors import Invalid
from zhiyin.web.commerce.forms import PaymentForm, number_or_none
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.tables import Column, Row, Table, changed, text, without
from zhiyin.web.templatetags.zhiyin import KeyNumber, day, money, number

LABELS = {
    "kind": gettext_lazy("Kind"),
    "customer": gettext_lazy("Customer"),
    "date_from": gettext_lazy("Since"),
    "date_to": gettext_lazy("Until"),
    "total_min": gettext_lazy("Total from"),
    "total_max": gettext_lazy("Total up to"),
    "country": gettext_lazy("Country"),
    "channel": gettext_lazy("Channel"),
    "anonymous": gettext_lazy("Without a customer"),
}


KEPT = Kept("orders", "orders.view", "commerce:orders", lambda _request: _columns())
columns, save_view, change_view, delete_view = keeping(KEPT)


@page(permission="orders.view")
def order_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(OrderFilter, request.GET)
    sort = checked_sort(request.GET.get("sort", ""), ("date",), "-date")
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.list_orders(request.actor, where, sort=sort, after=token)  # type: ignore[arg-type]
    count = customers.kept_count(
        lambda: queries.matching_orders(request.actor, where), same=("orders", request.actor.reach, where)
    )
    table = Table(_columns(), KEPT.chosen(request), _link, request.GET, sort, choosable=False)
    written = number(count.number)
    exact = ngettext("%(count)s order", "%(count)s orders", count.number) % {"count": written}
    context = {
        "page": found,
        "table": table,
        "body": table.body(found.rows),
        "summary": exact if count.exact else _("about %(count)s orders") % {"count": written},
        "chips": _chips(request, where),
        "where": where,
        "kept": carried(request.GET),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request, where))
    return render(request, "commerce/orders.html", context, partial="list")


@page(permission="orders.view")
def filters(request: HttpRequest) -> HttpResponse:
    """The panel of filters with what can be chosen, read only when somebody opens it."""
    context = {
        "where": parse_filter(OrderFilter, request.GET),
        "countries": queries.used_values(request.actor, "country"),
        "channels": queries.used_values(request.actor, "channel"),
    }
    return render(request, "commerce/order_filters.html", context)


def _columns() -> list[Column]:
    kinds = {
        OrderKind.SALE: escape(OrderKind.SALE.label),
        OrderKind.RETURN: f'<span class="badge is-warn">{escape(OrderKind.RETURN.label)}</span>',
    }
    return [
        Column("number", _("Number"), text("number"), fixed=True),
        Column("date", _("Date"), lambda row: day(row["ordered_at"]), "date", down_first=True),
        Column("customer", _("Customer"), _customer),
        Column("kind", _("Kind"), lambda row: kinds.get(row["kind"], "")),
        Column("country", _("Country"), text("country")),
        Column("channel", _("Channel"), text("channel")),
        Column("lines", _("Lines"), lambda row: number(row["line_count"]), numeric=True),
        Column("quantity", _("Quantity"), lambda row: number(row["quantity"]), numeric=True),
        Column("total", _("Total"), lambda row: money(row["total"], row["currency"]), numeric=True),
    ]


def _customer(row: Row) -> str:
    if not row["customer_id"]:
        return f'<span class="text-3">{escape(_("anonymous"))}</span>'
    return f'<a href="/customers/{row["customer_id"]}/">{escape(row["customer__name"])}</a>'


def _link(row: Row) -> tuple[str, str]:
    return f"/orders/{row['id']}/", row["number"]


def _tabs(request: HttpRequest, where: OrderFilter) -> list[Tab]:
    address = reverse("commerce:orders")
    kinds = [("", _("All orders")), ("sale", _("Sales")), ("return", _("Returns"))]
    return [
        Tab(
            str(label),
            f"{address}{changed(request.GET, kind=value or None, view=None)}",
            (where.kind or "") == value and not request.GET.get("view"),
        )
        for value, label in kinds
    ]


def _chips(request: HttpRequest, where: OrderFilter) -> list[Chip]:
    chips = []
    for field, label in LABELS.items():
        value = getattr(where, field)
        if field == "kind" or value in (None, [], ""):
            continue
        for each in value if isinstance(value, list) else [value]:
            shown = str(each)
            if field == "customer":
                found = customer_access.customers(request.actor).filter(pk=each).first()
                shown = found.name if found else "–"
            elif isinstance(each, bool):
                shown = _("Yes") if each else _("No")
            drop = (
                without(request.GET, field, str(each))
                if isinstance(value, list)
                else changed(request.GET, **{field: None})
            )
            chips.append(Chip(str(label), shown, drop))
    return chips


@page(permission="orders.view")
def order(request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
    return _order_page(request, order_id)


def _order_page(request: HttpRequest, order_id: uuid.UUID, form: PaymentForm | None = None) -> HttpResponse:
    found = access.order(request.actor, order_id)
    due = queries.outstanding(found) if found.kind == OrderKind.SALE else None
    left = queries.returnable(order_id)
    lines = [
        {"line": line, "left": min(line.quantity, left.get(line.product_id, Decimal(0)))}
        for line in queries.lines_of(order_id)
    ]
    numbers = [
        KeyNumber(_("Total"), money(found.total, found.currency)),
        KeyNumber(_("Quantity"), number(found.quantity)),
    ]
    payments = queries.payments_of(order_id)
    # a file of sales says nothing of payments: their absence is no debt
    if due is not None and (payments or found.import_id is None):
        numbers.append(KeyNumber(_("Still to pay"), money(due, found.currency)))
    context = {
        "order": found,
        "numbers": numbers,
        "lines": lines,
        "returns": queries.returns_of(order_id),
        "payments": payments,
        "due": due,
        "may_edit": request.actor.may("orders.edit") and found.kind == OrderKind.SALE,
        "may_return": any(each["left"] > 0 for each in lines),  # type: ignore[operator]
        "form": form or PaymentForm(initial={"amount": due and f"{due.normalize():f}"}),
        "sees_customer": found.customer_id is not None and request.actor.may("customers.view"),
    }
    return render(request, "commerce/order.html", context)


@page(permission="orders.edit")
def pay(request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":  # the address stays in the bar after a refusal
        return redirect("commerce:order", order_id)
    form = PaymentForm(request.POST)
    if form.is_valid():
        with refusals(form):
            actions.record_payment(
                actor=request.actor, order_id=order_id, now=timezone.now(), **form.cleaned_data
            )
            notify(request, _("The payment is recorded."))
            return redirect("commerce:order", order_id)
    return _order_page(request, order_id, form)


@require_POST
@page(permission="orders.edit")
def give_back(request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
    """Record a return: a quantity for each line, empty where nothing comes back."""
    lines = []
    for name in request.POST:
        value = request.POST.get(name, "")
        position = name.removeprefix("back-")
        if name.startswith("back-") and position.isdecimal() and value.strip() not in ("", "0"):
            quantity = number_or_none(value)
            if quantity is None:
                raise Invalid(_("This is not a number that can be kept."), field=name)
            lines.append(ReturnedLine(int(position), quantity))
    back = actions.record_return(actor=request.actor, order_id=order_id, lines=lines, now=timezone.now())
    notify(request, _("The return is recorded."))
    return redirect("commerce:order", back.pk)
