"""The tab, the form with its picker, the graph: what stands there and what does not."""

import datetime
import json
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Company, Person
from zhiyin.customers import actions
from zhiyin.customers.models import Customer, Relation, RelationType

Now = datetime.datetime
HTMX = {"HX-Request": "true"}


class Shop:
    """Customers of Lin's, and what she does with them."""

    def __init__(self, company: Company, now: Now) -> None:
        self.company, self.now = company, now
        with company.scope():
            self.kinds = {each.code: each for each in RelationType.objects.all()}

    def customer(self, name: str, kind: str = "organisation", by: Person | None = None) -> Customer:
        with self.company.scope():
            who = (by or self.company.lin).actor
            return actions.create_customer(actor=who, name=name, kind=kind, now=self.now)

    def relate(self, code: str, source: Customer, target: Customer, **more: Any) -> Relation:
        with self.company.scope():
            return actions.add_relation(
                actor=self.company.gao.actor,
                customer_id=source.pk,
                other_id=target.pk,
                type_id=self.kinds[code].pk,
                now=self.now,
                **more,
            )

    def tab(self, customer: Customer, client: Client | None = None) -> str:
        client = client or self.company.lin.client
        address = reverse("customers:record", args=[customer.pk])
        return client.get(f"{address}?tab=relations").content.decode()


@pytest.fixture
def shop(cast: Company, now: Now) -> Shop:
    return Shop(cast, now)


def test_nothing_yet_says_what_would_be_here(shop: Shop) -> None:
    page = shop.tab(shop.customer("颐和"))
    assert "还没有客户关系" in page
    assert 'name="what"' in page
    read_only = shop.tab(shop.customer("颐和二"), shop.company.xu.client)
    assert 'name="what"' not in read_only


def test_the_buying_centre(shop: Shop) -> None:
    firm = shop.customer("颐和")
    shop.relate("works_at", shop.customer("王小明", "person"), firm, title="店员")
    shop.relate("works_at", shop.customer("李总", "person"), firm, role="decision_maker", title="总经理")
    page = shop.tab(firm)
    assert page.index("李总") < page.index("王小明"), "the weightiest role first"
    assert "采购中心" in page
    assert "尚不清楚：影响者, 采购者, 使用者" in page


def test_a_name_out_of_reach_stands_nowhere(shop: Shop) -> None:
    mine, hers = shop.customer("林的客户"), shop.customer("吴的客户", by=shop.company.wu)
    shop.relate("parent", hers, mine)
    lin, gao = shop.company.lin.client, shop.company.gao.client
    pages = [
        reverse("customers:record", args=[mine.pk]) + "?tab=relations",
        reverse("customers:graph", args=[mine.pk]),
        reverse("customers:timeline", args=[mine.pk]),
        reverse("customers:relation_rows", args=[mine.pk, shop.kinds["parent"].pk, "in"]),
    ]
    for address in pages:
        assert "吴的客户" in gao.get(address).content.decode(), address
        told = lin.get(address).content.decode()
        assert "吴的客户" not in told, address
        assert str(hers.pk) not in told, address
    assert "还没有客户关系" in shop.tab(mine)


def test_the_picker_finds_those_that_fit(shop: Shop) -> None:
    wang, firm = shop.customer("颐小明", "person"), shop.customer("颐和电器")
    shop.customer("颐小红", "person")
    address = reverse("customers:draft_relation", args=[wang.pk])
    what = f"{shop.kinds['works_at'].pk}:out"
    client = shop.company.lin.client
    found = client.post(
        address, {"what": what, "who": "颐"}, headers={**HTMX, "HX-Target": "relation-picks"}
    ).content.decode()
    assert "颐和电器" in found
    assert "颐小红" not in found, "a person is no employer"
    chosen = client.post(
        address, {"what": what, "choose": str(firm.pk)}, headers={**HTMX, "HX-Target": "relation-form"}
    ).content.decode()
    assert f'name="other" value="{firm.pk}"' in chosen
    assert 'name="role"' in chosen
    whole = client.post(address, {"what": what, "who": "颐"}).content.decode()
    assert "<html" in whole
    assert "颐和电器" in whole


def test_added_changed_removed_and_back(shop: Shop) -> None:
    wang, firm = shop.customer("王小明", "person"), shop.customer("颐和")
    client = shop.company.lin.client
    what = f"{shop.kinds['works_at'].pk}:in"
    add = reverse("customers:add_relation", args=[firm.pk])
    assert client.post(add, {"what": what, "who": "王"}).status_code == 422
    given = {"what": what, "other": str(wang.pk), "role": "buyer", "title": "店长", "since": "2024-03-01"}
    assert client.post(add, given).status_code == 302
    again = client.post(add, given)
    assert again.status_code == 422
    assert "店长" in again.content.decode(), "what was typed stays"
    with shop.company.scope():
        relation = Relation.objects.get()
    assert (relation.source_id, relation.since) == (wang.pk, datetime.date(2024, 3, 1))
    edit = reverse("customers:relation", args=[firm.pk, relation.pk])
    page = client.get(edit).content.decode()
    seen = dict(re.findall(r'name="(initial-\w+)" value="([^"]*)"', page))
    saved = client.post(edit, {**seen, "role": "user", "title": "店长", "since": "2024-03-01", "until": ""})
    assert saved.status_code == 302
    client.post(reverse("customers:remove_relation", args=[firm.pk, relation.pk]))
    page = shop.tab(firm)
    undo = re.search(r"/customers/undo/[0-9a-f-]+/", page)
    assert undo
    assert client.post(undo[0]).status_code == 302
    with shop.company.scope():
        assert Relation.objects.get().role == "user"


def test_many_come_page_by_page(shop: Shop) -> None:
    dealer = shop.customer("经销")
    for number in range(27):
        shop.relate("dealer", shop.customer(f"门店{number:02}"), dealer)
    page = shop.tab(dealer)
    assert len(set(re.findall(r"门店\d\d", page))) == 25
    more = re.search(r'hx-get="([^"]+before=[^"]+)"', page)
    assert more
    address = more[1].replace("&amp;", "&")
    client = shop.company.lin.client
    rest = client.get(address, headers=HTMX).content.decode()
    assert sorted(set(re.findall(r"门店\d\d", rest))) == ["门店00", "门店01"]
    assert "<html" not in rest
    assert "<html" in client.get(address).content.decode()
    assert client.get(address.replace("before=", "before=x")).status_code == 400


def test_the_graph_can_be_walked(shop: Shop) -> None:
    a, b, c = (shop.customer(name) for name in ("甲", "乙", "丙"))
    shop.relate("guarantor", a, b)
    shop.relate("guarantor", b, c)
    address = reverse("customers:graph", args=[a.pk])
    page = shop.company.lin.client.get(f"{address}?depth=1").content.decode()
    drawing = json.loads(page.split('<script type="application/json">')[1].split("</script>")[0])
    urls = {node["name"]: node["url"] for node in drawing["nodes"]}
    assert urls == {
        "甲": f"/customers/{a.pk}/?tab=relations",
        "乙": f"/customers/{b.pk}/relations/graph/?depth=1",
    }
    assert "丙" in shop.company.lin.client.get(f"{address}?depth=2").content.decode()
    alone = shop.customer("孤")
    empty = shop.company.lin.client.get(reverse("customers:graph", args=[alone.pk]))
    assert "还没有可画的内容" in empty.content.decode()


def test_the_numbers_of_a_group_need_their_permissions(shop: Shop) -> None:
    head, part = shop.customer("总"), shop.customer("分")
    shop.relate("parent", part, head)
    assert "含全部下级合计" in shop.tab(head)
    with shop.company.scope():
        role = shop.company.lin.member.role
        role.permissions = ["customers.view"]
        role.save()
    page = shop.tab(head)
    assert "含全部下级合计" not in page
    assert "已消费" not in page


def test_the_number_of_statements_is_fixed(shop: Shop) -> None:
    firm = shop.customer("颐和")

    def more() -> None:
        shop.relate("works_at", shop.customer("王", "person"), firm)
        shop.relate("parent", shop.customer("分"), firm)
        shop.relate("guarantor", firm, shop.customer("担保"))

    def asked() -> int:
        shop.tab(firm)
        with CaptureQueriesContext(connection) as caught:
            shop.tab(firm)
        return len(caught)

    more()
    few = asked()
    for _ in range(4):
        more()
    assert asked() == few


def test_an_unknown_side_is_not_found(shop: Shop, stranger: uuid.UUID) -> None:
    firm = shop.customer("颐和")
    client = shop.company.lin.client
    for type_id, way in ((stranger, "in"), (shop.kinds["parent"].pk, "up")):
        address = reverse("customers:relation_rows", args=[firm.pk, type_id, way])
        assert client.get(address).status_code == 404


def test_the_list_of_customers_behind_a_dealer(shop: Shop) -> None:
    dealer, near, far = (shop.customer(name) for name in ("经销", "近店", "远店"))
    hers = shop.customer("吴的经销", by=shop.company.wu)
    shop.customer("无关")
    shop.relate("dealer", near, dealer)
    shop.relate("dealer", far, dealer, until=shop.now.date() - datetime.timedelta(days=9))
    shop.relate("dealer", near, hers)
    link = re.search(r'href="(/customers/\?related=[^"]+)"', shop.tab(dealer))
    assert link
    client = shop.company.lin.client
    page = client.get(link[1]).content.decode()
    assert "近店" in page
    assert "远店" not in page, "it has ended"
    assert "无关" not in page
    assert "经销商: 经销" in page
    hidden = client.get(link[1].replace(str(dealer.pk), str(hers.pk))).content.decode()
    assert "近店" not in hidden
    assert "吴的经销" not in hidden
