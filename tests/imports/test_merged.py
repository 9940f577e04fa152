"""A file that names a customer by the code from before a merge finds whom it is part of today."""

import pytest

from tests.imports.importing import HEADER, NOW, import_text, query
from zhiyin.customers import actions
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import scope


@pytest.fixture
def merged(gao):
    with scope(gao.tenant_id):
        one, two, three = (
            actions.create_customer(actor=gao, name=name, code=code, now=NOW)
            for name, code in [("王小明", "K1"), ("王晓明", "K2"), ("小明", "K3")]
        )
        actions.merge_customers(actor=gao, survivor_id=two.pk, customer_ids=[three.pk], now=NOW)
        actions.merge_customers(actor=gao, survivor_id=one.pk, customer_ids=[two.pk], now=NOW)
    return one


def test_customers_by_old_codes_are_those_they_are_part_of(gao, merged):
    batch = import_text(gao, "客户编号,客户名称,城市\nk3,王小明,上海\nK9,新客户,\n", kind="customers")
    assert batch.result["effect"] == {"customers_created": 1, "customers_changed": 1}
    assert query(gao, "SELECT code, city FROM customers_customer ORDER BY code") == [
        ("K1", "上海"),
        ("K9", ""),
    ]


def test_orders_by_old_codes_go_to_the_file_of_today(gao, merged):
    batch = import_text(gao, f"{HEADER}1,2026-01-05,K3,P1,1,10\n2,2026-01-06,K1,P1,1,10\n", kind="orders")
    assert batch.state == "applied", batch.job.error
    assert query(gao, "SELECT DISTINCT customer_id FROM commerce_order") == [(merged.pk,)]
    with scope(gao.tenant_id):
        assert Customer.objects.count() == 1
