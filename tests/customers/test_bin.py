"""The bin: in with all that hangs on a customer, out again, or gone for good."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Company
from tests.imports.importing import contents, import_text
from zhiyin.accounts.models import Tenant
from zhiyin.analytics.models import CustomerValue
from zhiyin.commerce.models import Order
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.actions.records import CodeInBin
from zhiyin.customers.models import ContactPoint, Customer, Merge, Note, TimelineEvent, Undo
from zhiyin.platform import crypto
from zhiyin.platform.errors import Conflict, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.tenancy import with_gone

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    with cast.scope():
        yield cast


@pytest.fixture
def wang(inside: Company) -> Customer:
    lin = inside.lin.actor
    made = actions.create_customer(actor=lin, name="王小明", code="K-1", now=NOW)
    actions.add_note(actor=lin, customer_id=made.pk, body="hello", now=NOW)
    actions.add_contact(actor=lin, customer_id=made.pk, kind="phone", value="13800138000", now=NOW)
    Order.objects.create(number="1", customer=made, ordered_at=NOW, currency="CNY")
    return made


def delete(company: Company, *customers: Customer) -> actions.Done:
    return actions.delete_customer(actor=company.ma.actor, customer_id=customers[0].pk, now=NOW)


def state(company: Company) -> dict[str, Any]:
    tables = contents(company.gao.actor)
    return {name: rows for name, rows in tables.items() if name != "customers_customersearch"}


def test_who_is_in_the_bin_is_in_no_list_and_comes_back_whole(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    before = state(inside)
    delete(inside, wang)
    assert not Customer.objects.exists()
    assert queries.list_customers(gao, queries.CustomerFilter()).rows == []
    assert queries.quick_search(gao, "王小明") == []
    with pytest.raises(NotFound):
        queries.record_customer(gao, wang.pk)
    found = queries.bin_customers(inside.ma.actor)
    assert [(each.pk, each.gone_by) for each in found.rows] == [(wang.pk, "马超")]
    assert actions.restore_customers(actor=inside.ma.actor, customer_ids=[wang.pk], now=NOW) == [wang.pk]
    assert state(inside) == before
    assert [row["name"] for row in queries.quick_search(gao, "王小明")] == ["王小明"]
    told = AuditEntry.objects.filter(subject_id=wang.pk).order_by("id").values_list("action", flat=True)
    assert list(told)[-2:] == ["customers.customer_deleted", "customers.customer_restored"]


def test_the_message_takes_it_back_once(inside: Company, wang: Customer) -> None:
    done = delete(inside, wang)
    assert done.undo_id
    undone = actions.undo_change(actor=inside.ma.actor, undo_id=done.undo_id, now=NOW)
    assert (undone.restored, undone.left) == (1, 0)
    assert Customer.objects.get().pk == wang.pk
    with pytest.raises(Conflict):
        actions.undo_change(actor=inside.ma.actor, undo_id=done.undo_id, now=NOW)


def test_many_go_at_once_and_only_those_within_reach(inside: Company, wang: Customer) -> None:
    others = [actions.create_customer(actor=inside.wu.actor, name=f"客户{n}", now=NOW) for n in range(3)]
    everybody = actions.Selection(where=queries.CustomerFilter())
    done = actions.delete_customers(actor=inside.ma.actor, selection=everybody, now=NOW)
    assert done.count == 1
    assert Customer.objects.count() == len(others)
    assert done.undo_id
    assert actions.undo_change(actor=inside.ma.actor, undo_id=done.undo_id, now=NOW).restored == 1
    with pytest.raises(PermissionDenied):
        actions.delete_customers(actor=inside.lin.actor, selection=everybody, now=NOW)


def test_others_in_the_bin_are_neither_seen_nor_restored(inside: Company, wang: Customer) -> None:
    other = actions.create_customer(actor=inside.wu.actor, name="李雷", now=NOW)
    actions.delete_customer(actor=inside.gao.actor, customer_id=other.pk, now=NOW)
    assert queries.bin_customers(inside.ma.actor).rows == []
    with pytest.raises(NotFound):
        actions.restore_customers(actor=inside.ma.actor, customer_ids=[other.pk], now=NOW)


def test_search_order_and_who(inside: Company) -> None:
    gao = inside.gao.actor
    for number, name in enumerate(("乙", "甲", "丙")):
        made = actions.create_customer(actor=gao, name=name, code=f"B{number}", now=NOW)
        actions.delete_customer(actor=gao, customer_id=made.pk, now=NOW + number * DAY)

    def names(**asked: str) -> list[str]:
        return [each.name for each in queries.bin_customers(gao, **asked).rows]

    assert names() == ["丙", "甲", "乙"]
    assert names(sort="gone_at") == ["乙", "甲", "丙"]
    assert names(sort="name") == ["丙", "甲", "乙"]
    assert names(text="b1") == ["甲"]
    assert names(by="高敏") == ["丙", "甲", "乙"]
    assert names(by="别人") == []


def test_a_code_in_the_bin_is_told_at_entry_and_at_import(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    delete(inside, wang)
    with pytest.raises(CodeInBin):
        actions.create_customer(actor=gao, name="别人", code="k-1", now=NOW)
    done = import_text(gao, "客户编号,客户名称\nK-1,王小明\nK-2,李雷\n", kind="customers")
    assert (done.result["refused"], done.result["effect"]["customers_created"]) == (1, 1)
    orders = "订单号,客户编号,日期,货号,数量,单价\n7,K-1,2026-01-01,P1,1,5\n8,K-2,2026-01-01,P1,1,5\n"
    assert import_text(gao, orders, kind="orders").result["refused"] == 1


def test_purging_leaves_the_totals_and_nothing_else(inside: Company, wang: Customer) -> None:
    delete(inside, wang)
    with pytest.raises(PermissionDenied):
        actions.purge_customers(actor=inside.ma.actor, customer_ids=[wang.pk], now=NOW)
    assert actions.purge_customers(actor=inside.gao.actor, customer_ids=[wang.pk], now=NOW) == 1
    for model in (ContactPoint, Note, TimelineEvent, CustomerValue):
        assert not model.objects.filter(customer_id=wang.pk).exists()
    assert Order.objects.get().customer_id is None
    assert queries.bin_customers(inside.gao.actor).rows == []
    actions.create_customer(actor=inside.gao.actor, name="别人", code="K-1", now=NOW)
    entry = AuditEntry.objects.get(action="customers.customer_purged")
    assert entry.changes == {"code": ["K-1", None]}


def test_whoever_was_merged_into_the_purged_goes_too(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    twin = actions.create_customer(actor=gao, name="王晓明", code="K-9", now=NOW)
    other = actions.create_customer(actor=gao, name="李雷", code="K-8", now=NOW)
    actions.add_note(actor=gao, customer_id=twin.pk, body="只有他的", now=NOW)
    actions.merge_customers(actor=gao, survivor_id=wang.pk, customer_ids=[twin.pk], now=NOW)
    delete(inside, wang)
    assert actions.purge_customers(actor=gao, customer_ids=[wang.pk], now=NOW) == 1
    with with_gone():
        assert list(Customer.objects.values_list("pk", flat=True)) == [other.pk]
    assert not Merge.objects.exists()
    assert not Undo.objects.exists()
    assert crypto.destroyed() == {wang.pk, twin.pk}


def test_nobody_who_is_there_is_purged(inside: Company, wang: Customer) -> None:
    with pytest.raises(NotFound):
        actions.purge_customers(actor=inside.gao.actor, customer_ids=[wang.pk, uuid.uuid4()], now=NOW)
    assert Customer.objects.exists()


def test_the_clock_purges_after_the_companys_days(cast: Company) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(bin_days=10)
    with cast.scope():
        gao = cast.gao.actor
        for code in ("old", "new"):
            made = actions.create_customer(actor=gao, name=code, code=code, now=NOW)
            actions.delete_customer(
                actor=gao, customer_id=made.pk, now=NOW - (11 if code == "old" else 9) * DAY
            )
    tasks.purge_bin(NOW)
    with cast.scope():
        assert [each.code for each in queries.bin_customers(cast.gao.actor).rows] == ["new"]


def test_the_pages_delete_restore_and_purge(cast: Company) -> None:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    with cast.scope():
        made = actions.create_customer(actor=cast.gao.actor, name="王小明", code="K-1", now=NOW)
    assert "The bin is empty" in client.get("/customers/bin/").content.decode()
    assert client.post(f"/customers/{made.pk}/delete/").status_code == 302
    assert "王小明" in client.get("/customers/bin/").content.decode()
    assert client.post("/customers/bin/restore/", {"ids": [made.pk]}).url == f"/customers/{made.pk}/"
    assert client.post("/customers/bulk/", {"action": "delete", "ids": [made.pk]}).status_code == 302
    assert client.post("/customers/bin/purge/", {"ids": ["x"]}).status_code == 400
    assert client.post("/customers/bin/purge/", {"ids": [made.pk]}).status_code == 302
    assert "The bin is empty" in client.get("/customers/bin/").content.decode()


def test_a_program_does_it_too(cast: Company) -> None:
    client = cast.gao.client
    with cast.scope():
        made = actions.create_customer(actor=cast.gao.actor, name="王小明", code="K-1", now=NOW)
    assert client.delete(f"/api/v1/customers/{made.pk}/").status_code == 204
    assert [each["code"] for each in client.get("/api/v1/bin/").json()["items"]] == ["K-1"]
    body = {"ids": [str(made.pk)]}
    assert client.post("/api/v1/bin/restore/", body, content_type="application/json").json() == {"count": 1}
    assert client.delete(f"/api/v1/customers/{made.pk}/").status_code == 204
    assert client.post("/api/v1/bin/purge/", body, content_type="application/json").json() == {"count": 1}
    assert client.post("/api/v1/bin/purge/", body, content_type="application/json").status_code == 404


def test_who_was_purged_and_came_back_with_an_old_backup_is_purged_again(
    inside: Company, wang: Customer
) -> None:
    other = actions.create_customer(actor=inside.lin.actor, name="李四", now=NOW)
    delete(inside, wang)
    actions.purge_customers(actor=inside.gao.actor, customer_ids=[wang.pk], now=NOW)
    Customer.objects.create(pk=wang.pk, name="王小明", code="K-1", created_at=NOW, updated_at=NOW)
    with pytest.raises(PermissionDenied):
        actions.erase_again(actor=inside.lin.actor, most=10, now=NOW)
    gao = inside.gao.actor
    assert [actions.erase_again(actor=gao, most=10, now=NOW) for _time in range(2)] == [1, 0]
    assert list(Customer.objects.values_list("pk", flat=True)) == [other.pk]
