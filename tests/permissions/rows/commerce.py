"""Who may do what with products and orders. The order of the rows is 林岚's customer's."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.customers import customer
from tests.permissions.table import Row
from zhiyin.commerce import actions
from zhiyin.commerce.actions import NewLine
from zhiyin.commerce.models import ExchangeRate
from zhiyin.customers.actions import save_view

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ALL = "302 200*8"
SEEN = "302 200 404 200 404 404 200 200 404"
CHANGED = "302 302 404 302 404 403 403 302 404"
API_SEEN = "401 200 404 200 404 404 200 200 404"
API_CHANGED = "401 201 404 201 404 403 403 201 404"


def product(company: Company) -> Given:
    made = actions.create_product(
        actor=company.gao.actor, code="K1", name="水壶", price=Decimal(5), now=timezone.now()
    )
    return {"product_id": made.pk}


def order(company: Company) -> Given:
    line = NewLine(product(company)["product_id"], Decimal(3))
    buyer = customer(company)["customer_id"]
    made = actions.create_order(actor=company.lin.actor, lines=[line], customer_id=buyer, now=timezone.now())
    return {"order_id": made.pk}


def view(page: str) -> Callable[[Company], Given]:
    def given(company: Company) -> Given:
        kept = save_view(actor=company.lin.actor, page=page, name="mine", query="", now=timezone.now())
        return {"view_id": kept.pk}

    return given


def form(company: Company, _given: Given) -> Given:
    key = str(product(company)["product_id"])
    buyer = str(customer(company)["customer_id"])
    return {"product": key, "quantity": "1", "price": "2", "customer": buyer}


def body(company: Company, _given: Given) -> Given:
    return {"lines": [{"product_id": str(product(company)["product_id"]), "quantity": "1"}]}


def rate(company: Company) -> Given:
    day = timezone.localdate()
    actions.set_rates(
        actor=company.gao.actor, rates=[actions.Rate("EUR", day, Decimal("7.8"))], now=timezone.now()
    )
    return {"rate_id": ExchangeRate.objects.get().pk}


RATE = {"rates": "EUR 2026-11-20 7.81"}
# only administrators
RATED, API_RATED = "302 403*6 302 302", "401 403*6 200 200"

ROWS = [
    Row("GET", "commerce:rates", "302 403*6 200 200"),
    Row("POST", "commerce:rates", RATED, data=RATE),
    Row("POST", "commerce:restore_rate", RATED, query="rates=EUR+2026-11-20+7.81"),
    Row("POST", "commerce:remove_rate", "302 403*6 302 404", given=rate),
    Row("GET", "api:list_rates", API_RATED),
    Row("PUT", "api:set_rates", API_RATED, data={"rates": [{"currency": "EUR", "day": "2026-11-20", "rate": "7.81"}]}),
    Row("DELETE", "api:remove_rate", "401 403*6 204 404", given=rate),
    Row("GET", "web:search", ALL, query="q=wang"),
    Row("GET", "commerce:orders", ALL),
    Row("GET", "commerce:order_filters", ALL),
    Row("GET", "commerce:order", SEEN, given=order),
    Row("GET", "commerce:order_create", "302 200*4 403*2 200 200"),
    Row("POST", "commerce:order_create", "302 302 422 302 422 403 403 302 422", data=form),
    Row("GET", "commerce:order_draft", "302*5 403*2 302 302"),
    Row("POST", "commerce:order_draft", "302 200*4 403*2 200 200", data={"words": "k"}),
    Row("GET", "commerce:order_pay", "302*5 403*2 302*2", given=order, note="leads to the order"),
    Row("POST", "commerce:order_pay", CHANGED, given=order, data={"amount": "1", "method": "cash"}),
    Row("POST", "commerce:order_return", CHANGED, given=order, data={"back-1": "1"}),
    Row("POST", "commerce:order_columns", "302*9", data={"columns": ["total"]}),
    Row("POST", "commerce:save_order_view", "302*9", data={"name": "x", "query": "q=x"}),
    Row("POST", "commerce:save_order_view", "302*5 403*2 302*2", data={"name": "x", "shared": "1"}, note="shared"),
    Row("POST", "commerce:delete_order_view", "302*2 404*7", given=view("orders")),
    Row("POST", "commerce:change_order_view", "302*2 404*7", given=view("orders"), data={"name": "x"}),
    Row("POST", "commerce:product_columns", "302*9", data={"columns": ["price"]}),
    Row("POST", "commerce:save_product_view", "302*9", data={"name": "x", "query": "q=x"}),
    Row("POST", "commerce:save_product_view", "302 403*6 302*2", data={"name": "x", "shared": "1"}, note="shared"),
    Row("POST", "commerce:delete_product_view", "302*2 404*7", given=view("products")),
    Row("POST", "commerce:change_product_view", "302*2 404*7", given=view("products"), data={"name": "x"}),
    Row("GET", "commerce:products", ALL),
    Row("GET", "commerce:product", "302 200*7 404", given=product),
    Row("GET", "commerce:product_sales", "302 200*7 404", given=product),
    Row("GET", "commerce:product_create", "302 403*6 200 200"),
    Row("POST", "commerce:product_create", "302 403*6 302 302", data={"code": "X"}),
    Row("GET", "commerce:product_edit", "302 403*6 200 404", given=product),
    Row("POST", "commerce:product_edit", "302 403*6 302 404", given=product, data={"code": "X"}),
    Row("GET", "api:list_products", "401 200*8"),
    Row("POST", "api:create_product", "401 403*6 201 201", data={"code": "X"}),
    Row("GET", "api:read_product", "401 200*7 404", given=product),
    Row(
        "PATCH", "api:update_product", "401 403*6 200 404", given=product, data={"version": 1, "name": "x"}
    ),
    Row("GET", "api:list_orders", "401 200*8"),
    Row("POST", "api:create_order", "401 201*4 403*2 201 400", data=body),
    Row("GET", "api:read_order", API_SEEN, given=order),
    Row(
        "POST", "api:record_return", API_CHANGED, given=order,
        data={"lines": [{"position": 1, "quantity": "1"}]},
    ),
    Row("POST", "api:record_payment", API_CHANGED, given=order, data={"amount": "1"}),
]  # fmt: skip
