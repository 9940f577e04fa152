"""Orders: what is created, what is told, and that nothing is lost or doubled."""

from decimal import Decimal

import pytest

from tests.imports.importing import contents, import_text, query, step, upload
from zhiyin.commerce.totals import totals
from zhiyin.imports.messages import Message
from zhiyin.platform import files
from zhiyin.platform.tenancy import scope

FILE = """订单号,日期,客户编号,客户名称,商品编码,商品名称,数量,单价
A1,2024-03-05 10:00,K001,王小明,P1,电饭煲,2,"￥1,299.00"
A1,2024-03-05 10:00,K001,王小明,P2,热水壶,1,99
A2,2024-03-06,K002,李芳有限公司,P1,电饭煲,1,1299
A3,2024-03-07,,,P2,热水壶,3,99
"""


def texts(batch, key="messages"):
    return [Message.from_json(m if key == "messages" else m[0]).english() for m in batch.result[key]]


def refused_text(actor, batch):
    with scope(actor.tenant_id):
        return files.open(batch.refused_file_id).read().decode("utf-8-sig")


def test_a_chinese_file_is_recognised_and_applied(gao):
    batch = import_text(gao, FILE, kind="")
    assert batch.state == "applied", batch.job.error
    assert batch.kind == "orders"
    with scope(gao.tenant_id):
        found = totals(gao)
    assert (found["orders"], found["lines"], found["customers"], found["products"]) == (3, 4, 2, 2)
    assert found["value"] == Decimal(2 * 1299 + 99 + 1299 + 297)
    assert query(gao, "SELECT code, name, name_key, kind FROM customers_customer ORDER BY code") == [
        ("K001", "王小明", "wang xiao ming", "person"),
        ("K002", "李芳有限公司", "li fang you xian gong si", "organisation"),
    ]
    (at,), *_ = query(gao, "SELECT ordered_at FROM commerce_order WHERE number = 'A1'")
    assert at.isoformat() == "2024-03-05T02:00:00+00:00", "times are the company's, kept as UTC"
    kinds = query(gao, "SELECT kind, count(*) FROM customers_timelineevent GROUP BY 1 ORDER BY 1")
    assert kinds == [("created", 2), ("order", 2)]
    assert query(
        gao,
        "SELECT count(*) FROM audit_entry WHERE action = 'imports.import_applied'"
        if False
        else "SELECT count(*) FROM outbox_event WHERE name = 'imports.import_applied'",
    ) == [(1,)]


def test_new_customers_are_found_by_pinyin(gao):
    import_text(gao, FILE, kind="orders")
    (text,) = query(
        gao,
        "SELECT s.text FROM customers_customersearch s JOIN customers_customer c ON c.id = s.customer_id"
        " WHERE c.code = 'K001'",
    )
    assert "wangxiaoming" in text[0]
    assert "wxm" in text[0]


def test_the_same_file_again_changes_nothing(gao):
    import_text(gao, FILE, kind="orders")
    before = contents(gao)
    again = import_text(gao, FILE, kind="orders")
    assert again.result["effect"]["lines_known"] == 4
    assert contents(gao) == before


def test_the_same_lines_in_another_order_and_format_change_nothing(gao):
    import_text(gao, FILE, kind="orders")
    before = contents(gao)
    header, *rows = FILE.strip().split("\n")
    turned = "\n".join([header, *reversed(rows)]).replace("￥1,299.00", "1299.0").encode("gb18030")
    import_text(gao, turned, kind="orders")
    assert contents(gao) == before


def test_a_further_line_of_a_known_order_is_added_and_taken_back(gao):
    import_text(gao, FILE, kind="orders")
    before = contents(gao)
    more = FILE + "A1,2024-03-05 10:00,K001,王小明,P3,滤芯,1,50\n"
    batch = import_text(gao, more, kind="orders")
    assert batch.result["effect"]["lines_created"] == 1
    assert query(gao, "SELECT line_count, total FROM commerce_order WHERE number = 'A1'") == [
        (3, Decimal(2747))
    ]
    step(gao, batch, "undo")
    assert contents(gao) == before


def test_undo_leaves_what_others_use(gao):
    first = import_text(gao, FILE, kind="orders")
    second = import_text(
        gao, FILE.replace("A1,", "B1,").replace("A2,", "B2,").replace("A3,", "B3,"), kind="orders"
    )
    undone = step(gao, first, "undo")
    assert undone.result["undone"]["customers_kept"] == 2
    assert undone.result["undone"]["products_kept"] == 2
    with scope(gao.tenant_id):
        assert totals(gao)["orders"] == 3
    step(gao, second, "undo")
    with scope(gao.tenant_id):
        assert totals(gao)["lines"] == 0


def test_lines_alike_are_kept_and_reported(gao):
    batch = import_text(gao, FILE + "A3,2024-03-07,,,P2,热水壶,3,99\n", kind="orders")
    assert batch.result["counts"]["duplicates"] == 1
    with scope(gao.tenant_id):
        assert totals(gao)["duplicates"] == 1
    assert any("repeats a line" in text for text in texts(batch))


def test_codes_that_differ_by_blanks_or_case_are_one_customer(gao):
    batch = import_text(gao, FILE + "A4,2024-03-08,ｋ 001,王小明,P1,电饭煲,1,1299\n", kind="orders")
    assert batch.result["counts"]["customers"] == 2
    assert any("differ only by blanks or case" in text for text in texts(batch))


def test_future_dates_are_refused_and_negative_totals_are_told(gao):
    rows = "A4,2027-01-01,K001,王小明,P1,电饭煲,1,1299\nA5,2024-03-09,K001,王小明,P1,电饭煲,1,-20\n"
    batch = import_text(gao, FILE + rows, kind="orders")
    assert texts(batch, "refusals") == ["The date lies in the future."]
    assert any("negative total" in text for text in texts(batch))
    assert "A4,2027-01-01" in refused_text(gao, batch)


def test_returns_are_kept_as_returns(gao):
    rows = "CA1,2024-03-09,K001,王小明,P1,电饭煲,-1,1299\nA6,2024-03-09,K001,王小明,P1,电饭煲,-2,1299\n"
    import_text(gao, FILE + rows, kind="orders")
    found = query(gao, "SELECT number, kind FROM commerce_order WHERE kind = 'return' ORDER BY 1")
    assert found == [("A6", "return")] or found == [("A6", "return"), ("CA1", "return")]


def test_dates_in_two_formats_refuse_the_rows_that_do_not_fit(gao):
    rows = "A7,05/03/2024,K001,王小明,P1,电饭煲,1,1299\n"
    batch = import_text(gao, FILE + rows, kind="orders")
    assert batch.result["refused"] == 1
    assert texts(batch, "refusals") == ["Date: not a date written YYYY-MM-DD."]


def test_the_refused_file_can_be_mended_and_imported_again(gao):
    batch = import_text(gao, FILE + "A8,2024-03-09,=K009,王小明,P1,电饭煲,两,1299\n", kind="orders")
    text = refused_text(gao, batch)
    assert "'=K009" in text, "no spreadsheet runs it"
    assert texts(batch, "refusals") == ["Quantity: not a number."]
    mended = import_text(gao, text.replace("两", "2"), kind="orders")
    assert mended.result["refused"] == 0
    assert mended.result["effect"]["lines_created"] == 1
    assert query(gao, "SELECT count(*) FROM customers_customer WHERE code = '=K009'") == [(1,)]


def test_a_file_without_order_numbers_makes_one_order_a_customer_and_day(gao):
    batch = import_text(
        gao, "客户编号,日期,金额\nK1,2024-01-01,10\nK1,2024-01-01,5\nK1,2024-01-02,7.5\n", kind="orders"
    )
    with scope(gao.tenant_id):
        found = totals(gao)
    assert (found["orders"], found["value"]) == (2, Decimal("22.5"))
    assert any("no order numbers" in text for text in texts(batch))


def test_a_dry_run_writes_nothing(gao):
    before = contents(gao)
    batch = step(gao, upload(gao, FILE), "check")
    assert batch.result["effect"] == {
        "customers_new": 2, "products_new": 2, "orders_new": 3, "lines_new": 4, "lines_known": 0,
    }  # fmt: skip
    assert contents(gao) == before


def test_nobody_else_sees_it(gao, other):
    import_text(gao, FILE, kind="orders")
    assert not any(contents(other.gao.actor).values())


@pytest.mark.parametrize("kind", ["orders", "customers"])
def test_without_permission_nothing_is_read(cast, kind):
    from zhiyin.platform.errors import PermissionDenied

    with pytest.raises(PermissionDenied):
        upload(cast.lin.actor, FILE, kind=kind)


def test_a_large_file_worked_on_on_disk_comes_out_the_same(gao, other, monkeypatch):
    rows = "A4,2024-13-08,K001,王小明,P1,电饭煲,1,1299\nA5,2024-03-08,K003,王小明,P1,电饭煲,x,1299\n"
    small = import_text(gao, FILE + rows, kind="orders")
    monkeypatch.setattr("zhiyin.imports.running.LARGE", 0)
    large = import_text(other.gao.actor, FILE + rows, kind="orders")
    for key in ("rows", "refused", "counts", "totals", "effect", "messages", "refusals"):
        assert large.result[key] == small.result[key]
    lines = "SELECT position, quantity, unit_price, amount, digest FROM commerce_orderline ORDER BY digest"
    assert query(other.gao.actor, lines) == query(gao, lines)
