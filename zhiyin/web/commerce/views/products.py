"""Products: list, record with what it sold, new, edit."""

import uuid
from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.commerce import access, actions, queries
from zhiyin.commerce.models import Product
from zhiyin.commerce.queries import MonthOfSales, ProductFilter
from zhiyin.customers import queries as customers
from zhiyin.web.charts import Chart, Series
from zhiyin.web.commerce.forms import ProductForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Chip, Kept, Tab, carried, checked_sort, keeping, parse_filter
from zhiyin.web.tables import Column, Row, Table, changed, text, without
from zhiyin.web.templatetags.zhiyin import KeyNumber, money, number, percent

KEPT = Kept("products", "products.view", "commerce:products", lambda _request: _columns())
columns, save_view, change_view, delete_view = keeping(KEPT)


@page(permission="products.view")
def product_list(request: HttpRequest) -> HttpResponse:
    where = parse_filter(ProductFilter, request.GET)
    sort = checked_sort(request.GET.get("sort", ""), ("name", "code"), "name")
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.list_products(where, sort=sort, after=token)  # type: ignore[arg-type]
    count = customers.count(queries.matching_products(where))
    table = Table(_columns(), KEPT.chosen(request), _link, request.GET, sort, choosable=False)
    written = number(count.number)
    exact = ngettext("%(count)s product", "%(count)s products", count.number) % {"count": written}
    context = {
        "page": found,
        "table": table,
        "body": table.body(found.rows),
        "summary": exact if count.exact else _("about %(count)s products") % {"count": written},
        "chips": [
            Chip(_("Category"), each, without(request.GET, "category", each)) for each in where.category
        ],
        "where": where,
        "kept": carried(request.GET),
        "categories": [] if request.htmx else queries.categories(),
        "query": request.GET.urlencode(),
        "all_columns": table.all_headings,
    }
    if not request.htmx:
        context |= KEPT.context(request, _tabs(request, where))
    return render(request, "commerce/products.html", context, partial="list")


def _tabs(request: HttpRequest, where: ProductFilter) -> list[Tab]:
    address = reverse("commerce:products")
    states = [(None, _("All products")), (True, _("On sale")), (False, _("Not on sale"))]
    return [
        Tab(
            label,
            f"{address}{changed(request.GET, active=None if value is None else str(value).lower(), view=None)}",
            where.active is value and not request.GET.get("view"),
        )
        for value, label in states
    ]


def _columns() -> list[Column]:
    off = f'<span class="badge">{escape(_("not on sale"))}</span>'
    return [
        Column("name", _("Product"), lambda row: escape(row["name"] or row["code"]), "name", fixed=True),
        Column("code", _("Code"), text("code"), "code"),
        Column("category", _("Category"), text("category")),
        Column("unit", _("Unit of sale"), text("unit")),
        Column("price", _("Price"), lambda row: money(row["price"], row["currency"]), numeric=True),
        Column("cost", _("Cost"), lambda row: money(row["cost"], row["currency"]), numeric=True),
        Column("active", _("State"), lambda row: "" if row["is_active"] else off),
    ]


def _link(row: Row) -> tuple[str, str]:
    return f"/products/{row['id']}/", row["name"] or row["code"]


@page(permission="products.view")
def product(request: HttpRequest, product_id: uuid.UUID) -> HttpResponse:
    found = access.product(product_id)
    numbers = [KeyNumber(_("Price"), money(found.price, found.currency))]
    if found.cost is not None:
        numbers.append(KeyNumber(_("Cost"), money(found.cost, found.currency)))
        if found.price:
            numbers.append(KeyNumber(_("Margin"), percent((found.price - found.cost) / found.price)))
    return render(request, "commerce/product.html", {"product": found, "numbers": numbers})


@page(permission="orders.view")
def sales(request: HttpRequest, product_id: uuid.UUID) -> HttpResponse:
    """What a product sold by month and to whom; read after the page, because it reads all its lines."""
    found = access.product(product_id)
    months = queries.sales_by_month(request.actor, product_id)
    context = {
        "product": found,
        "chart": _chart(found, months) if months else None,
        "buyers": queries.buyers_of(request.actor, product_id),
        "currency": request.tenant.currency,
    }
    return render(request, "commerce/product_sales.html", context)


def _chart(product: Product, months: Sequence[MonthOfSales]) -> Chart:
    """Months without sales are shown as nothing sold."""
    by_month = {each.month: each for each in months}
    first, last = months[0].month, months[-1].month
    span = (last.year - first.year) * 12 + last.month - first.month + 1
    shown = [
        first.replace(
            year=first.year + (first.month - 1 + step) // 12, month=(first.month - 1 + step) % 12 + 1
        )
        for step in range(span)
    ]
    best = max(months, key=lambda each: each.amount)
    return Chart(
        key="sales",
        title=_("The best month was %(month)s with %(amount)s")
        % {"month": f"{best.month:%Y-%m}", "amount": money(best.amount, product.currency)},
        kind="bar",
        categories=[f"{month:%Y-%m}" for month in shown],
        series=[
            Series(
                _("Sales"), [float(by_month[month].amount) if month in by_month else 0.0 for month in shown]
            )
        ],
        x_label=_("Month"),
        y_label=_("Sales"),
        format="money",
        currency=product.currency,
    )


@page(permission="products.edit")
def create(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            made = actions.create_product(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            notify(request, _("The product is there."))
            return redirect("commerce:product", made.pk)
    return render(request, "commerce/product_form.html", {"form": form})


@page(permission="products.edit")
def edit(request: HttpRequest, product_id: uuid.UUID) -> HttpResponse:
    found = access.product(product_id)
    initial = {name: getattr(found, name) for name in ProductForm.base_fields}
    form = ProductForm(request.POST or None, initial=initial)
    if form.is_valid():
        version = request.POST.get("version", "")
        with refusals(form):
            actions.update_product(
                actor=request.actor,
                product_id=product_id,
                changes={name: form.cleaned_data[name] for name in form.changed_data},
                version=int(version) if version.isdecimal() and len(version) < 10 else None,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("commerce:product", product_id)
    return render(request, "commerce/product_form.html", {"form": form, "product": found})
