"""A company's own fields in files of customers: recognised, checked, written, put back."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.imports.importing import NOW, import_text, query, step, upload
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.imports.actions import choose_columns, file_preview
from zhiyin.platform import files
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.tenancy import scope

FILE = """客户编号,客户名称,会员等级,积分,签约日期,爱好,VIP,员工规模,随便
K1,王小明,金,"1,200.5",2024/3/5,茶;书,是,,x
K2,颐和电器有限公司,银,,2024/12/31,书、棋,no,500,y
"""


@pytest.fixture
def fields(gao):
    with scope(gao.tenant_id):
        for key, label, type, more in [
            ("level", "会员等级", "choice", {"options": ("金", "银")}),
            ("points", "积分", "number", {"least": "0"}),
            ("signed", "签约日期", "date", {}),
            ("likes", "爱好", "choices", {"options": ("茶", "书", "棋")}),
            ("vip", "VIP", "yes_no", {}),
            ("size", "员工规模", "number", {"kind": "organisation"}),
            ("rank", "评级", "text", {"default": "C"}),
            ("any", "某日", "date", {}),
        ]:
            rules = FieldRules(label, **more)
            actions.create_field(actor=gao, type=type, key=key, rules=rules, now=NOW)


def kept(actor):
    rows = query(actor, "SELECT code, custom FROM customers_customer ORDER BY code")
    return {code: json.loads(custom) for code, custom in rows}


def test_columns_are_recognised_by_label_and_never_by_content_alone(gao, fields):
    batch = upload(gao, FILE, kind="customers")
    assert batch.mapping["x_level"] == "会员等级"
    assert batch.mapping["x_signed"] == "签约日期"
    assert "x_any" not in batch.mapping
    assert "随便" not in batch.mapping.values()
    assert file_preview(batch).decisions["x_signed"].name


def test_values_are_kept_as_on_a_page(gao, fields):
    batch = import_text(gao, FILE, kind="customers")
    assert batch.state == "applied", batch.job.error
    assert kept(gao) == {
        "K1": {
            "level": "金", "points": 1200.5, "signed": "2024-03-05", "likes": ["茶", "书"], "vip": True, "rank": "C",
        },
        "K2": {
            "level": "银", "signed": "2024-12-31", "likes": ["书", "棋"], "vip": False, "size": 500, "rank": "C",
        },
    }  # fmt: skip
    assert query(gao, "SELECT count(*) FROM customers_fieldvalue")[0][0] == 14
    step(gao, batch, "undo")
    assert query(gao, "SELECT count(*) FROM customers_fieldvalue")[0][0] == 0


def test_what_a_field_does_not_take_is_refused_with_the_reason(gao, fields):
    batch = import_text(
        gao, "客户编号,会员等级,积分\nK1,铜,1\nK2,金,-1\nK3,金,abc\nK4,银,7\n", kind="customers"
    )
    assert kept(gao) == {"K4": {"level": "银", "points": 7, "rank": "C"}}
    assert batch.result["refused"] == 3
    with scope(gao.tenant_id), files.local_path(batch.refused_file) as path:
        rows = list(csv.DictReader(io.StringIO(Path(path).read_text("utf-8-sig"))))
    assert [row["客户编号"] for row in rows] == ["K1", "K2", "K3"]
    assert rows[0]["Reason"].startswith("会员等级")


def test_own_fields_of_customers_there_already_are_changed_and_put_back_one_by_one(gao, fields):
    import_text(gao, FILE, kind="customers")
    before = kept(gao)
    batch = import_text(gao, "客户编号,会员等级,积分\nk1,银,\nK2,银,3\n", kind="customers")
    assert batch.result["effect"] == {"customers_created": 0, "customers_changed": 2}
    assert kept(gao)["K1"]["level"] == "银"
    assert kept(gao)["K1"]["points"] == 1200.5
    with scope(gao.tenant_id):
        entry = query(
            gao,
            "SELECT changes FROM platform_auditentry WHERE changes ? 'x_points' AND subject_kind = 'customer'",
        )
        assert any(json.loads(row[0])["x_points"] == [None, 3] for row in entry)
        key = query(gao, "SELECT id FROM customers_customer WHERE code = 'K2'")[0][0]
        actions.update_customer(actor=gao, customer_id=key, changes={}, fields={"points": 9}, now=NOW)
    step(gao, batch, "undo")
    assert kept(gao) == {"K1": before["K1"], "K2": {**before["K2"], "points": 9}}


NEW = "客户编号,客户名称,开票日,信用分,是否协会,等级,门店编码,备注说明\n" + "".join(
    f"K{n},客户{n},2024-01-{n:02},{n * 10},{'是' if n % 2 else '否'},{'AB'[n % 2]},00{n},{'长' * 201}\n"
    for n in range(1, 21)
)


def test_unknown_columns_become_fields_and_go_with_the_import(gao):
    batch = upload(gao, NEW, kind="customers")
    unknown = file_preview(batch).unknown
    assert unknown == {
        "开票日": "date", "信用分": "number", "是否协会": "yes_no", "等级": "choice", "门店编码": "text",
        "备注说明": "long_text",
    }  # fmt: skip
    with scope(gao.tenant_id):
        choose_columns(actor=gao, import_id=batch.id, new_fields=unknown, now=NOW)
    checked = step(gao, batch, "check")
    assert checked.state == "checked", checked.job.error
    assert checked.result["refused"] == 0
    assert query(gao, "SELECT count(*) FROM customers_customfield WHERE ready = ''") == [(0,)]
    batch = step(gao, batch, "apply")
    assert batch.state == "applied", batch.job.error
    made = dict(query(gao, "SELECT label, type FROM customers_customfield WHERE ready = ''"))
    assert made == unknown
    assert sorted(kept(gao)["K3"].values(), key=str) == sorted(
        ["2024-01-03", 30, True, "B", "003", "长" * 201], key=str
    )
    assert query(gao, "SELECT options FROM customers_customfield WHERE type = 'choice'  AND ready = ''") == [
        (["A", "B"],)
    ]
    step(gao, batch, "undo")
    assert query(gao, "SELECT count(*) FROM customers_customfield WHERE ready = ''") == [(0,)]


def test_a_new_field_that_is_used_meanwhile_stays(gao):
    batch = upload(gao, NEW, kind="customers")
    with scope(gao.tenant_id):
        choose_columns(actor=gao, import_id=batch.id, new_fields={"信用分": "number"}, now=NOW)
        key = actions.create_customer(actor=gao, name="别人", now=NOW).pk
    step(gao, batch, "apply")
    with scope(gao.tenant_id):
        (name,) = query(gao, "SELECT key FROM customers_customfield WHERE ready = ''")[0]
        actions.update_customer(actor=gao, customer_id=key, changes={}, fields={name: 5}, now=NOW)
    step(gao, batch, "undo")
    assert query(gao, "SELECT label FROM customers_customfield WHERE ready = ''") == [("信用分",)]


def test_only_who_may_manage_fields_makes_them(gao):
    batch = upload(gao, NEW, kind="customers")
    actor = replace(gao, permissions=gao.permissions - {"settings.manage"})
    with scope(gao.tenant_id), pytest.raises(PermissionDenied):
        choose_columns(actor=actor, import_id=batch.id, new_fields={"信用分": "number"}, now=NOW)
    with scope(gao.tenant_id), pytest.raises(Invalid):
        choose_columns(actor=gao, import_id=batch.id, new_fields={"没有": "number"}, now=NOW)
    with scope(gao.tenant_id), pytest.raises(Invalid):
        choose_columns(actor=gao, import_id=batch.id, new_fields={"信用分": "formula"}, now=NOW)


def test_new_customers_need_what_is_required_and_known_ones_keep_theirs(gao):
    with scope(gao.tenant_id):
        required = FieldRules("会员等级", required=True)
        actions.create_field(actor=gao, type="text", key="level", rules=required, now=NOW)
        actions.create_field(
            actor=gao, type="text", key="rank", rules=FieldRules("评级", required=True, default="C"), now=NOW
        )
        actions.create_customer(
            actor=gao, name="王小明", code="K1", fields={"level": "金", "rank": "A"}, now=NOW
        )
    rows = "客户编号,客户名称,会员等级,评级\nK1,王晓明,,\nK2,李雷,,B\nK3,韩梅,银,\n"
    batch = import_text(gao, rows, kind="customers")
    assert batch.result["refused"] == 1
    assert kept(gao) == {"K1": {"level": "金", "rank": "A"}, "K3": {"level": "银", "rank": "C"}}
    lacking = import_text(gao, "客户编号,客户名称\nK4,孙悟空\n", kind="customers")
    assert lacking.result["refused"] == 0
    told = [each["text"] for each in lacking.result["messages"]]
    assert any("must be filled in, and no column" in text for text in told)


def test_new_customers_need_what_is_required_as_things_are(gao):
    with scope(gao.tenant_id):
        for key, label, more in [
            ("size", "员工规模", {}),
            ("industry", "行业", {"required_when": 'kind = "organisation" and size >= 100'}),
            ("permit", "许可证", {"required_when": 'city = "上海"', "kind": "person"}),
        ]:
            rules = FieldRules(label, **more)
            actions.create_field(
                actor=gao, type="number" if key == "size" else "text", key=key, rules=rules, now=NOW
            )
        actions.create_customer(actor=gao, name="老客户有限公司", code="K0", fields={"size": 5}, now=NOW)
    rows = """客户编号,客户名称,城市,员工规模,行业
K0,老客户有限公司,北京,500,
K1,大昌有限公司,北京,500,
K2,小昌有限公司,北京,5,
K3,中昌有限公司,上海,500,电器
K4,王小明,上海,500,
K5,李雷,北京,500,
"""
    batch = import_text(gao, rows, kind="customers")
    assert batch.result["refused"] == 2
    assert [told["values"]["field"] for told, _count in batch.result["refusals"]] == ["行业", "许可证"]
    assert set(kept(gao)) == {"K0", "K2", "K3", "K5"}
