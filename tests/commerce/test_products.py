"""Products: what may be kept, how they are found, what they sold."""

import datetime
from decimal import Decimal

import pytest

from tests.cast import Company
from zhiyin.commerce import actions, queries
from zhiyin.commerce.actions import NewLine, ReturnedLine
from zhiyin.commerce.actions.products import ProductCodeTaken
from zhiyin.commerce.models import Product
from zhiyin.commerce.queries import ProductFilter
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry

Now = datetime.datetime


def test_a_product_is_priced_in_the_companys_currency(inside: Company, kettle: Product) -> None:
    kettle.refresh_from_db()
    assert (kettle.price, kettle.currency, kettle.name_key) == (Decimal("199.9"), "CNY", "dian shui hu")


@pytest.mark.parametrize(
    "values", [{"code": " "}, {"code": "a", "price": "-1"}, {"code": "a", "cost": "x"}, {"code": "a" * 65}]
)
def test_what_a_product_cannot_be(inside: Company, now: Now, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        actions.create_product(actor=inside.gao.actor, now=now, **values)


def test_codes_differ_by_case_and_are_used_once(inside: Company, kettle: Product, now: Now) -> None:
    actions.create_product(actor=inside.gao.actor, code="k1", now=now)
    with pytest.raises(ProductCodeTaken):
        actions.create_product(actor=inside.gao.actor, code=" K1", now=now)


def test_changes_are_versioned_and_audited(inside: Company, kettle: Product, now: Now) -> None:
    change = {"actor": inside.gao.actor, "product_id": kettle.pk, "now": now}
    actions.update_product(**change, changes={"price": "150"}, version=1)
    with pytest.raises(Conflict):
        actions.update_product(**change, changes={"price": "140"}, version=1)
    with pytest.raises(PermissionDenied):
        actions.update_product(**{**change, "actor": inside.lin.actor}, changes={"price": "1"})
    entry = AuditEntry.objects.filter(subject_id=kettle.pk).latest("id")
    assert entry.changes == {"price": ["199.9000", "150.0000"]}


@pytest.mark.parametrize(
    ("words", "found"), [("水壶", 1), ("dian", 1), ("k1", 1), ("fan", 1), ("a", 2), ("%", 0), ("dian f", 0)]
)
def test_products_are_found(inside: Company, kettle: Product, fan: Product, words: str, found: int) -> None:
    assert len(queries.list_products(ProductFilter(q=words)).rows) == found
    assert len(queries.find_products(words)) == found


def test_sales_by_month_and_buyers_take_returns_off(
    inside: Company, other: Company, kettle: Product, fan: Product, buyer: Customer, now: Now
) -> None:
    lin = inside.lin.actor
    sold = [NewLine(kettle.pk, Decimal(3), Decimal(10)), NewLine(fan.pk, Decimal(1))]
    moment = datetime.datetime(2026, 3, 31, 17, tzinfo=datetime.UTC)  # April already in Shanghai
    order = actions.create_order(actor=lin, customer_id=buyer.pk, lines=sold, ordered_at=moment, now=now)
    back = [ReturnedLine(1, Decimal(1))]
    actions.record_return(
        actor=lin, order_id=order.pk, lines=back, now=datetime.datetime(2026, 5, 2, tzinfo=datetime.UTC)
    )
    months = queries.sales_by_month(lin, kettle.pk)
    assert [(row.month.month, row.quantity, row.amount) for row in months] == [(4, 3, 30), (5, -1, -10)]
    (top,) = queries.buyers_of(lin, kettle.pk)
    assert (top["name"], top["quantity"], top["amount"], top["orders"]) == ("王小明", 2, 20, 2)
    assert queries.buyers_of(inside.wu.actor, kettle.pk) == []
    assert queries.sales_by_month(inside.wu.actor, kettle.pk) == []
    assert queries.used_values(lin, "country") == ["中国"]
    assert queries.used_values(inside.wu.actor, "country") == []
    with other.scope():
        assert queries.sales_by_month(other.gao.actor, kettle.pk) == []
