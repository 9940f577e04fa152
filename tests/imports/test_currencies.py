"""An amount marked with another currency than the company's is told, beside the column and in the result."""

import pytest

from tests.imports.importing import import_text, upload
from tests.imports.test_orders import texts
from zhiyin.accounts.models import Tenant
from zhiyin.imports import actions
from zhiyin.platform.tenancy import scope

HEADER = "order number,date,customer id,product code,quantity,unit price"


def file_of(*prices, currency=""):
    rows = [
        f"A{n},2024-03-0{n},K1,P1,1,{price}{',' + currency if currency else ''}"
        for n, price in enumerate(prices, 1)
    ]
    return "\n".join([HEADER + (",currency" if currency else ""), *rows]) + "\n"


def warned(actor, content, currency):
    Tenant.objects.filter(pk=actor.tenant_id).update(currency=currency)
    batch = upload(actor, content, kind="orders")
    with scope(actor.tenant_id):
        beside = {field: message.english() for field, message in actions.file_preview(batch).warnings.items()}
    in_result = [
        text for text in texts(import_text(actor, content, kind="orders")) if "not converted" in text
    ]
    assert list(beside.values()) == in_result
    return beside


@pytest.mark.parametrize(
    ("price", "currency", "sign"),
    [
        ('"¥1,234.50"', "GBP", "¥"),
        ("$5", "EUR", "$"),
        ("5 €", "CNY", "€"),
        ("CNY 5", "GBP", "CNY"),
        ("HK$5", "USD", "HK$"),
        ("5元", "USD", "元"),
    ],
)
def test_a_sign_of_another_currency_is_told(gao, price, currency, sign):
    told = warned(gao, file_of("1", price), currency)
    assert list(told) == ["unit_price"]
    assert f"carry {sign}," in told["unit_price"]
    assert f"taken as {currency}" in told["unit_price"]


@pytest.mark.parametrize(
    ("price", "currency"),
    [
        ("¥5", "CNY"),
        ("¥5", "JPY"),
        ("US$5", "USD"),
        ("$5", "AUD"),
        ("£5", "GBP"),
        ("5", "EUR"),
        ("rmb5", "CNY"),
    ],
)
def test_the_companys_own_sign_is_not(gao, price, currency):
    assert not warned(gao, file_of(price), currency)


def test_a_column_that_names_the_currency_is_heeded(gao):
    assert not warned(gao, file_of("¥5", currency="CNY"), "GBP")
