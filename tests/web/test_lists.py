"""Every list keeps the columns and views that people choose, each list its own."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.cast import Company
from zhiyin.commerce.actions import NewLine, create_order, create_product
from zhiyin.customers.actions import create_customer
from zhiyin.customers.models import SavedView

# list, its pages that keep columns and views, a column shown at first, a filter
LISTS = [
    ("customers:list", "customers:columns", "customers:save_view", "customers:delete_view", "code", "q=K1"),
    (
        "commerce:orders", "commerce:order_columns", "commerce:save_order_view", "commerce:delete_order_view",
        "channel", "kind=sale",
    ),
    (
        "commerce:products", "commerce:product_columns", "commerce:save_product_view",
        "commerce:delete_product_view", "category", "active=true",
    ),
]  # fmt: skip
LABELS = {"code": "Code", "channel": "Channel", "category": "Category"}


@pytest.fixture
def shop(cast: Company) -> Company:
    now = timezone.now()
    with cast.scope():
        create_customer(actor=cast.gao.actor, name="王小明", code="K1", now=now)
        product = create_product(actor=cast.gao.actor, code="P1", name="Kettle", price="5", now=now)
        create_order(actor=cast.gao.actor, lines=[NewLine(product.pk, 1)], now=now)
    for person in (cast.gao, cast.lin):
        person.client.cookies["zhiyin_language"] = "en"
    return cast


def headings(page: str) -> list[str]:
    return [re.sub("<[^>]*>", "", cell) for cell in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)]


@pytest.mark.parametrize(("listed", "columns", "save", "delete", "column", "query"), LISTS)
def test_columns_and_views_are_kept(
    shop: Company, listed: str, columns: str, save: str, delete: str, column: str, query: str
) -> None:
    client = shop.gao.client
    assert LABELS[column] in headings(client.get(reverse(listed)).content.decode())
    chosen = ["name", "number", "status", "total", "price"]
    client.post(reverse(columns), {"columns": chosen})
    narrowed = headings(client.get(reverse(listed)).content.decode())
    assert LABELS[column] not in narrowed
    saved = client.post(reverse(save), {"name": "Kept one", "query": query, "shared": "1"})
    client.post(reverse(columns), {"columns": []})
    assert LABELS[column] in headings(client.get(reverse(listed)).content.decode())
    again = client.get(saved.headers["Location"])
    assert headings(again.content.decode()) == narrowed
    assert query in saved.headers["Location"]
    assert 'aria-current="page"' in re.search(r"<a[^>]*>\s*Kept one", again.content.decode()).group(0)  # type: ignore[union-attr]
    for other in {each[0] for each in LISTS} - {listed}:
        assert ">Kept one" not in shop.lin.client.get(reverse(other)).content.decode()
    assert "Kept one" in shop.lin.client.get(reverse(listed)).content.decode()
    with shop.scope():
        view = SavedView.objects.get()
    client.post(
        reverse(delete.replace("delete", "change"), args=[view.pk]), {"name": "Named anew", "query": query}
    )
    assert "Named anew" in client.get(reverse(listed)).content.decode()
    gone = client.post(reverse(delete, args=[view.pk]), follow=True)
    assert ">Named anew" not in gone.content.decode()
    undo = reverse("customers:restore_view", args=[view.pk])
    assert undo in gone.content.decode()
    client.post(undo)
    assert "Named anew" in client.get(reverse(listed)).content.decode()
