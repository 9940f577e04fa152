"""The pages of products and orders."""

import datetime
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.commerce import actions, queries
from zhiyin.commerce.actions import NewLine
from zhiyin.commerce.models import Payment, Product
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.models import Customer

Now = datetime.datetime


@pytest.fixture
def client(cast: Company) -> Client:
    return cast.gao.client


@pytest.fixture
def shop(cast: Company, now: Now) -> dict[str, Any]:
    with cast.scope():
        product = actions.create_product(
            actor=cast.gao.actor,
            code="K1",
            name="电水壶 <b>",
            price="199.9",
            cost="80",
            category="厨房",
            now=now,
        )
        buyer = customer_actions.create_customer(actor=cast.lin.actor, name="王<b>", now=now)
        order = actions.create_order(
            actor=cast.lin.actor,
            lines=[NewLine(product.pk, Decimal(3))],
            customer_id=buyer.pk,
            channel="web",
            now=now,
        )
        return {"product": product, "buyer": buyer, "order": order}


def _page(client: Client, url: str, **more: Any) -> str:
    response = client.get(url, **more)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens(client: Client, shop: dict[str, Any], language: str) -> None:
    client.cookies["zhiyin_language"] = language
    product, order, buyer = (shop[name].pk for name in ("product", "order", "buyer"))
    for url in [
        "/orders/", f"/orders/?customer={buyer}&channel=web&total_min=5&anonymous=false", "/orders/?kind=return",
        f"/orders/{order}/", "/orders/new/", "/orders/filters/?kind=sale", f"/orders/new/?customer={buyer}", "/products/", "/products/?q=shui",
        f"/products/{product}/", f"/products/{product}/sales/", "/products/new/", f"/products/{product}/edit/",
        f"/customers/{buyer}/?tab=orders", "/search/?q=K1", f"/search/?q={shop['order'].number[:5]}",
    ]:  # fmt: skip
        html = _page(client, url)
        assert '<b>"' not in html
        assert "王<b>" not in html
        assert "电水壶 <b>" not in html


def test_payments_and_returns_on_the_record(client: Client, cast: Company, shop: dict[str, Any]) -> None:
    base = f"/orders/{shop['order'].pk}/"
    assert client.post(f"{base}pay/", {"amount": "1000", "method": "cash"}).status_code == 422
    assert client.post(f"{base}pay/", {"amount": "500", "method": "cash"}).status_code == 302
    assert client.post(f"{base}return/", {"back-1": "2"}).status_code == 302
    assert client.post(f"{base}return/", {"back-1": "2"}).status_code == 409
    assert client.post(f"{base}return/", {"back-1": "x"}).status_code == 400
    with cast.scope():
        assert Payment.objects.get().amount == 500
        assert queries.returnable(shop["order"].pk) == {shop["product"].pk: 1}
        assert queries.outstanding(shop["order"]) == Decimal("-300.1")


def test_the_sales_of_a_product_come_after_the_page(client: Client, shop: dict[str, Any]) -> None:
    html = _page(client, f"/products/{shop['product'].pk}/sales/")
    assert "data-chart" in html
    assert re.search(r"¥599\.70", html)
    seen = _page(client, f"/products/{shop['product'].pk}/")
    assert f"/products/{shop['product'].pk}/sales/" in seen


def test_a_product_is_changed_and_the_second_editor_told(
    client: Client, cast: Company, shop: dict[str, Any]
) -> None:
    url = f"/products/{shop['product'].pk}/edit/"
    values = {"code": "K1", "name": "Kettle", "price": "150", "is_active": "on", "version": "1"}
    assert client.post(url, values).status_code == 302
    assert client.post(url, {**values, "price": "1"}).status_code == 422
    with cast.scope():
        assert Product.objects.get().price == 150


@pytest.mark.parametrize(
    "url", ["/orders/?kind=x", "/orders/?date_from=x", "/products/?sort=x", "/orders/?after=!"]
)
def test_an_address_that_means_nothing_is_refused(client: Client, url: str) -> None:
    assert client.get(url).status_code == 400


def test_who_sees_no_orders_sees_none_on_the_record(cast: Company, shop: dict[str, Any], now: Now) -> None:
    with cast.scope():
        role = cast.lin.member.role
        role.permissions = [each for each in role.permissions if not each.startswith("orders.")]
        role.save()
        buyer = Customer.objects.get(pk=shop["buyer"].pk)
    html = _page(cast.lin.client, f"/customers/{buyer.pk}/")
    assert shop["order"].number not in html
    assert "599.7" not in html
