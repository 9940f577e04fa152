"""The real file: half a million lines, totals known from elsewhere."""

from decimal import Decimal

import pytest

from tests.imports.importing import contents, import_text, step, upload
from tests.shared import RETAIL, shared_data
from zhiyin.commerce.totals import totals
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.slow


def _totals(actor):
    with scope(actor.tenant_id):
        return totals(actor)


def test_totals_are_exact_then_nothing_doubles_then_all_is_taken_back(own):
    batch = upload(own, shared_data("online_retail.parquet"))
    assert batch.kind == "orders"
    assert batch.mapping == {
        "order_number": "InvoiceNo", "ordered_at": "InvoiceDate", "customer_code": "CustomerID",
        "country": "Country",
        "product_code": "StockCode", "product_name": "Description", "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }  # fmt: skip

    checked = step(own, batch, "check")
    assert checked.result["rows"] == 541_909
    assert checked.result["refused"] == 0
    assert checked.result["effect"]["lines_new"] == 541_909
    assert _totals(own)["lines"] == 0

    applied = step(own, checked, "apply")
    assert applied.state == "applied", applied.job.error
    assert _totals(own) == RETAIL
    counts, file_totals = applied.result["counts"], applied.result["totals"]
    assert {key: counts[key] for key in RETAIL if key in counts} == {
        key: RETAIL[key] for key in RETAIL if key in counts
    }
    assert Decimal(file_totals["value"]) == RETAIL["value"]
    assert Decimal(file_totals["quantity"]) == RETAIL["quantity"]

    again = import_text(own, shared_data("online_retail.parquet"), kind="orders")
    assert again.result["effect"] == {
        "products_created": 0, "products_changed": 0, "customers_created": 0, "customers_changed": 0,
        "orders_created": 0, "orders_known": 25_900, "orders_changed": 0, "lines_created": 0,
        "lines_known": 541_909,
    }  # fmt: skip
    assert _totals(own) == RETAIL

    step(own, again, "undo")
    assert _totals(own) == RETAIL
    undone = step(own, applied, "undo")
    assert undone.state == "undone", undone.job.error
    assert undone.result["undone"]["lines_deleted"] == 541_909
    assert not any(contents(own).values())
