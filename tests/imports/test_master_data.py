"""Files of customers and of products: created, overwritten, put back."""

import json
from decimal import Decimal

import pytest

from tests.imports.importing import NOW, contents, import_text, query, step
from zhiyin.activities import actions as activities
from zhiyin.customers import actions
from zhiyin.customers.actions import Answer
from zhiyin.customers.models import Customer, RelationType
from zhiyin.platform.tenancy import scope

CUSTOMERS = """客户编号,客户名称,手机,邮箱,城市,国家
K1,王小明,139 0000 0000,Wang@Example.com,上海,中国
K2,颐和电器有限公司,,,北京,中国
"""
PRODUCTS = "货号,商品名称,类别,价格,成本\nP1,电饭煲,厨电,￥1299,800\nP2,热水壶,厨电,99,\n"


def customers(actor):
    return query(actor, "SELECT code, name, kind, city FROM customers_customer ORDER BY code")


def test_customers_with_their_contact_points(gao):
    batch = import_text(gao, CUSTOMERS, kind="customers")
    assert batch.state == "applied", batch.job.error
    assert customers(gao) == [
        ("K1", "王小明", "person", "上海"),
        ("K2", "颐和电器有限公司", "organisation", "北京"),
    ]
    assert query(gao, "SELECT kind, value_key, is_primary FROM customers_contactpoint ORDER BY 1") == [
        ("email", "wang@example.com", True),
        ("phone", "+8613900000000", True),
    ]
    step(gao, batch, "undo")
    assert not any(contents(gao).values())


def test_customers_there_already_are_changed_and_put_back(gao):
    import_text(gao, CUSTOMERS, kind="customers")
    before = contents(gao)
    batch = import_text(
        gao,
        "客户编号,客户名称,城市,手机\nk1,王晓明,,13911111111\nK2,,天津,\nK3,新客户,广州,\n",
        kind="customers",
    )
    assert batch.result["effect"] == {"customers_created": 1, "customers_changed": 2}
    assert customers(gao) == [
        ("K1", "王晓明", "person", "上海"),
        ("K2", "颐和电器有限公司", "organisation", "天津"),
        ("K3", "新客户", "person", "广州"),
    ]
    assert query(gao, "SELECT count(*) FROM customers_customersearch WHERE text LIKE '%%wangxiaoming%%'") == [
        (1,)
    ]
    step(gao, batch, "undo")
    assert contents(gao) == before


def test_documents_of_an_import_lie_in_the_order_of_names(gao):
    names = ["赵一", "安二", "张三", "陈四", "安三"]
    rows = "".join(f"K{number},{name}\n" for number, name in enumerate(names))
    import_text(gao, f"客户编号,客户名称\n{rows}", kind="customers")
    found = [key for (key,) in query(gao, "SELECT name_key FROM customers_customersearch ORDER BY ctid")]
    assert found == sorted(found) == ["an er", "an san", "chen si", "zhang san", "zhao yi"]


def test_undo_leaves_what_was_edited_since(gao):
    import_text(gao, CUSTOMERS, kind="customers")
    batch = import_text(gao, "客户编号,客户名称,城市\nK1,王晓明,杭州\nK3,新客户,广州\n", kind="customers")
    with scope(gao.tenant_id):
        Customer.objects.filter(code="K1").update(city="苏州", version=3)
        Customer.objects.filter(code="K3").update(name="改过", version=2)
    undone = step(gao, batch, "undo")
    assert undone.result["undone"] == {"customers_deleted": 0, "customers_kept": 1, "customers_restored": 1}
    assert [(code, name, city) for code, name, _, city in customers(gao)] == [
        ("K1", "王小明", "苏州"),
        ("K2", "颐和电器有限公司", "北京"),
        ("K3", "改过", "广州"),
    ]


@pytest.mark.parametrize("use", ["follow_up", "task", "consent", "relation", "note", "tag"])
def test_undo_keeps_whoever_something_refers_to(gao, use):
    batch = import_text(gao, CUSTOMERS, kind="customers")
    with scope(gao.tenant_id):
        one, other = Customer.objects.order_by("code").values_list("pk", flat=True)
        _use(gao, use, one, other)
    undone = step(gao, batch, "undo")
    kept = 2 if use == "relation" else 1
    assert undone.result["undone"]["customers_kept"] == kept, undone.job.error
    assert len(customers(gao)) == kept


def _use(actor, use, one, other):
    about = {"actor": actor, "customer_id": one, "now": NOW}
    match use:
        case "follow_up":
            activities.add_follow_up(kind="call", body="谈过", **about)
        case "task":
            activities.create_task(title="回电", **about)
        case "consent":
            actions.record_consent(purpose_id=None, answer=Answer("refused", "talk"), **about)
        case "relation":
            kind = RelationType.objects.get(code="works_at")
            actions.add_relation(other_id=other, type_id=kind.pk, **about)
        case "note":
            actions.add_note(body="记下", **about)
        case "tag":
            tag = actions.create_tag(actor=actor, name="重点", colour="red", now=NOW)
            actions.set_tags(tag_ids=[tag.pk], **about)


def test_products_are_created_changed_and_put_back(gao):
    import_text(gao, PRODUCTS, kind="products")
    assert query(
        gao, "SELECT code, name, category, price, cost, currency FROM commerce_product ORDER BY code"
    ) == [
        ("P1", "电饭煲", "厨电", Decimal(1299), Decimal(800), "CNY"),
        ("P2", "热水壶", "厨电", Decimal(99), None, "CNY"),
    ]
    before = contents(gao)
    batch = import_text(gao, "货号,价格,成本\nP2,89,60\np2,1,1\n", kind="products")
    assert batch.result["effect"] == {"products_created": 1, "products_changed": 1}
    step(gao, batch, "undo")
    assert contents(gao) == before


def test_wrong_values_are_refused_row_by_row(gao):
    rows = "P3,x,y,-1,1\n,x,y,1,1\n" + "P" * 65 + ",x,y,1,1\nP4,ok,y,5,1\n"
    batch = import_text(gao, PRODUCTS + rows, kind="products")
    assert batch.result["refused"] == 3
    assert query(gao, "SELECT count(*) FROM commerce_product") == [(3,)]


def test_every_kind_of_contact_point_can_be_brought_along(gao):
    text = (
        "客户编号,客户名称,微信号,OpenID,UnionID,外部联系人ID,QQ号,微博,抖音号,省份,城市,区县,乡镇街道,详细地址,邮编\n"
        "K1,王小明,wang_xm88,oGZUI0egBJY1zhBYw2KhdUfwVJJE,o6_bmasdasdsad6_2sgVt7hMZOPfL,wmqfasd1e1927831123109rBAAAA,"
        "010001,@来去之间,dy.wang,浙江省,杭州市,西湖区,灵隐街道,龙井路1号,010013\n"
        "K2,李雷,,,,,98765,,,,上海,,,衡山路1号,\n"
    )
    batch = import_text(gao, text, kind="customers")
    assert batch.state == "applied", batch.job.error
    found = query(
        gao,
        "SELECT code, p.kind, p.value, p.value_key FROM customers_contactpoint p"
        " JOIN customers_customer c ON c.id = customer_id ORDER BY 1, 2",
    )
    assert found == [
        (
            "K1",
            "address",
            "浙江省 杭州市 西湖区 灵隐街道 龙井路1号 010013",
            "浙江省 杭州市 西湖区 灵隐街道 龙井路1号 010013",
        ),
        ("K1", "douyin", "dy.wang", "dy.wang"),
        ("K1", "openid", "oGZUI0egBJY1zhBYw2KhdUfwVJJE", "ogzui0egbjy1zhbyw2khdufwvjje"),
        ("K1", "qq", "010001", "010001"),
        ("K1", "unionid", "o6_bmasdasdsad6_2sgVt7hMZOPfL", "o6_bmasdasdsad6_2sgvt7hmzopfl"),
        ("K1", "wechat", "wang_xm88", "wang_xm88"),
        ("K1", "wecom", "wmqfasd1e1927831123109rBAAAA", "wmqfasd1e1927831123109rbaaaa"),
        ("K1", "weibo", "@来去之间", "来去之间"),
        ("K2", "address", "衡山路1号", "衡山路1号"),
        ("K2", "qq", "98765", "98765"),
    ]
    ((parts,),) = query(gao, "SELECT parts::text FROM customers_contactpoint WHERE parts <> '{}'")
    assert json.loads(parts) == {
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "township": "灵隐街道",
        "street": "龙井路1号",
        "postcode": "010013",
    }
    assert query(gao, "SELECT count(*) FROM customers_customersearch WHERE text LIKE '%%wang_xm88%%'") == [
        (1,)
    ]
    step(gao, batch, "undo")
    assert not any(contents(gao).values())
