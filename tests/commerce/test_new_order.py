"""An order written by hand: customer and products found as one types, with scripts and without; nothing is lost."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.commerce import actions
from zhiyin.commerce.models import Order, Product
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.models import Customer

Now = datetime.datetime
NEW, DRAFT = "/orders/new/", "/orders/new/draft/"


@pytest.fixture
def client(cast: Company) -> Client:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    return client


@pytest.fixture
def kettle(cast: Company, now: Now) -> Product:
    with cast.scope():
        return actions.create_product(actor=cast.gao.actor, code="K1", name="电水壶", price="199.9", now=now)


@pytest.fixture
def wang(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return customer_actions.create_customer(actor=cast.lin.actor, name="王小明", code="C 7", now=now)


def _piece(client: Client, target: str, data: dict[str, Any]) -> str:
    """What htmx gets to replace ``target``."""
    answer = client.post(DRAFT, data, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert f'id="{target}"' in html
    assert "<html" not in html
    return html


def _typed(product: Product, **more: Any) -> dict[str, Any]:
    return {"product": [str(product.pk)], "quantity": ["3"], "price": ["0.10"], **more}


@pytest.mark.parametrize("words", ["小明", "wangxiao", "wxm", "C 7"])
def test_a_customer_is_found_as_one_types_and_picked(client: Client, wang: Customer, words: str) -> None:
    found = _piece(client, "customer-picks", {"who": words})
    assert f'name="choose" value="{wang.pk}"' in found
    assert 'role="option"' in found
    picked = _piece(client, "order-customer", {"who": words, "choose": str(wang.pk)})
    assert f'name="customer" value="{wang.pk}"' in picked
    again = _piece(client, "order-customer", {"customer": str(wang.pk), "drop": "1"})
    assert 'name="who"' in again
    assert "No customer fits." in _piece(client, "customer-picks", {"who": "nobody"})


def test_without_scripts_a_code_or_a_pick_is_enough(client: Client, wang: Customer, kettle: Product) -> None:
    html = client.post(DRAFT, {"who": "c7", "words": "K1", "channel": "web"}).content.decode()
    assert "<html" in html
    assert f'name="customer" value="{wang.pk}"' in html
    assert f'name="product" value="{kettle.pk}"' in html
    assert 'value="199.9"' in html
    assert 'value="web"' in html
    searched = client.post(DRAFT, {"who": "小明", "words": "dian shui"}).content.decode()
    assert f'name="choose" value="{wang.pk}" formaction="{DRAFT}"' in searched
    assert f'name="add" value="{kettle.pk}" formaction="{DRAFT}"' in searched


def test_enter_in_a_field_never_records_the_order(client: Client) -> None:
    """A browser presses the form's first submit button."""
    html = client.get(NEW).content.decode()
    form = html[html.index('id="order-form"') :]
    first = re.search(r"<button[^>]*>", form)
    assert first
    assert f'formaction="{DRAFT}"' in first[0]


def test_products_are_added_reckoned_and_taken_away(client: Client, kettle: Product) -> None:
    key = str(kettle.pk)
    for words in ("水壶", "dian shui", "dianshui", "dsh", "k1"):
        assert f'name="add" value="{key}"' in _piece(client, "product-picks", {"words": words})
    assert "No product fits." in _piece(client, "product-picks", {"words": "hsd"})
    # a code typed in full may be the beginning of a longer one: while the list is looked at nothing is added
    assert 'name="product"' not in _piece(client, "product-picks", {"words": "K1"})
    added = _piece(client, "order-lines", {"add": key})
    assert 'value="199.9"' in added
    assert "data-focus" in added
    typed = {"product": [key, key], "quantity": ["3", "x"], "price": ["0.10", "1"]}
    reckoned = _piece(client, "order-amounts", typed)
    assert "¥0.30" in reckoned
    assert "This is not a number that can be kept." in reckoned
    assert 'name="quantity"' not in reckoned  # what is being typed is left alone
    fewer = _piece(client, "order-lines", {**typed, "remove": "1"})
    assert fewer.count('name="product"') == 1


def test_it_is_recorded(client: Client, cast: Company, wang: Customer, kettle: Product) -> None:
    whole = _typed(kettle, customer=str(wang.pk), number="H-1")
    assert client.post(NEW, whole).status_code == 302
    assert client.post(NEW, _typed(kettle, who="c7", number="H-2")).status_code == 302
    assert client.post(NEW, _typed(kettle, number="H-3")).status_code == 302
    with cast.scope():
        orders = dict(Order.objects.values_list("number", "customer_id"))
        assert orders == {"H-1": wang.pk, "H-2": wang.pk, "H-3": None}
        assert str(Order.objects.get(number="H-1").total) == "0.3000"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"quantity": ["x"]}, "This is not a number that can be kept."),
        ({"quantity": [""]}, "How many?"),
        ({"quantity": ["-1"]}, "A quantity is more than nothing"),
        ({"price": ["1.23456"]}, "This has more than four decimal places."),
        ({"price": [""]}, "At what price?"),
        ({"product": [], "quantity": [], "price": []}, "Add the first product."),
        ({"who": "somebody"}, "Choose the customer from the list, or empty the field."),
        ({"words": "K1"}, "Choose the product from the list, or empty the field."),
        ({"ordered_at": "yesterday"}, "Enter a valid date/time."),
        ({"ordered_at": "2999-01-01T00:00"}, "An order lies in the past."),
        ({"customer": "01a20448-0000-7000-8000-000000000000"}, "This customer cannot be found any more."),
    ],
)
def test_wrong_input_is_told_and_nothing_typed_is_lost(
    client: Client, cast: Company, kettle: Product, wrong: dict[str, Any], told: str
) -> None:
    typed = _typed(kettle, number="H-9", channel="fair & square") | wrong
    answer = client.post(NEW, typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert told in html
    kept = [
        value for values in typed.values() for value in (values if isinstance(values, list) else [values])
    ]
    for value in kept:
        if value and value != wrong.get("customer"):
            assert f'value="{value.replace("&", "&amp;")}"' in html
    with cast.scope():
        assert not Order.objects.exists()


def test_a_number_taken_and_a_customer_out_of_reach_keep_the_draft(
    client: Client, cast: Company, wang: Customer, kettle: Product
) -> None:
    assert client.post(NEW, _typed(kettle, number="H-1")).status_code == 302
    again = client.post(NEW, _typed(kettle, number="H-1"))
    assert again.status_code == 422
    assert "Another order has this number already." in again.content.decode()
    foreign = cast.wu.client.post(NEW, _typed(kettle, customer=str(wang.pk), number="H-2"))
    assert foreign.status_code == 422
    with cast.scope():
        assert Order.objects.count() == 1


def test_who_may_not_see_customers_records_anonymous_sales_only(
    cast: Company, wang: Customer, kettle: Product
) -> None:
    with cast.scope():
        role = cast.lin.member.role
        role.permissions = ["orders.edit", "orders.view"]
        role.save()
    lin = cast.lin.client
    assert 'name="who"' not in lin.get(NEW).content.decode()
    assert str(wang.pk) not in lin.post(DRAFT, {"who": "小明"}).content.decode()
