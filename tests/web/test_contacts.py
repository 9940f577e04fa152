"""Contact points on their page."""

import datetime
import html
import re

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.models import ContactPoint, Undo

Now = datetime.datetime


@pytest.fixture(autouse=True)
def english(cast: Company) -> None:
    cast.lin.client.cookies["zhiyin_language"] = "en"


def edited(cast: Company, now: Now, point: ContactPoint, **typed: str) -> ContactPoint:
    address = reverse("customers:contact", args=[point.customer_id, point.pk])
    form = cast.lin.client.get(address).context["form"]
    left = {name: form.initial.get(name) or "" for name in form.fields}
    assert cast.lin.client.post(address, {**left, **typed}).status_code == 302
    with cast.scope():
        return ContactPoint.objects.get(pk=point.pk)


def test_what_an_address_says_stays_when_its_label_changes(cast: Company, now: Now) -> None:
    parts = {"country": "中国", "city": "上海", "district": "徐汇区", "street": "衡山路 1 号"}
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王", now=now)
        point = actions.add_contact(
            actor=cast.lin.actor,
            customer_id=customer.pk,
            kind="address",
            value="衡山路",
            parts=parts,
            now=now,
        )
    after = edited(cast, now, point, label="家")
    assert (after.label, after.value, after.parts) == ("家", "衡山路", parts)
    after = edited(cast, now, point, district="静安区")
    assert after.value == "中国 上海 静安区 衡山路 1 号"


def test_an_imported_address_is_one_line_that_can_be_changed(cast: Company, now: Now) -> None:
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王", now=now)
        line = "长" * 350
        point = ContactPoint.objects.create(customer=customer, kind="address", value=line, value_key=line)
    after = edited(cast, now, point, label="公司")
    assert (after.label, after.value, after.parts) == ("公司", line, {"street": line})


def test_the_file_says_who_else_has_a_number_and_no_more_than_that(cast: Company, now: Now) -> None:
    with cast.scope():
        wang = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        mother = actions.create_customer(actor=cast.lin.actor, name="王妈妈", now=now)
        secret = actions.create_customer(actor=cast.wu.actor, name="隔壁的秘密", now=now)
        for owner, each in ((cast.lin, wang), (cast.lin, mother), (cast.wu, secret)):
            actions.add_contact(
                actor=owner.actor, customer_id=each.pk, kind="phone", value="13800138000", now=now
            )
    page = cast.lin.client.get(reverse("customers:record", args=[wang.pk]) + "?tab=contacts").content.decode()
    assert "王妈妈" in page
    listed = re.search(r'href="(/customers/\?filter=[^"]+)"', page)
    assert listed
    both = cast.lin.client.get(html.unescape(listed[1])).context["page"].rows
    assert {row["name"] for row in both} == {"王小明", "王妈妈"}
    assert "1 customer that you may not see" in page
    assert "隔壁的秘密" not in page
    assert str(secret.pk) not in page


def test_a_removed_contact_point_can_be_put_back(cast: Company, now: Now) -> None:
    with cast.scope():
        wang = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        point = actions.add_contact(
            actor=cast.lin.actor, customer_id=wang.pk, kind="qq", value="10001", now=now
        )
    removal = reverse("customers:remove_contact", args=[wang.pk, point.pk])
    page = cast.lin.client.post(removal, {"version": point.version}, follow=True).content.decode()
    with cast.scope():
        undo = reverse("customers:undo", args=[Undo.objects.get().pk])
    assert undo in page
    told = cast.lin.client.post(undo, follow=True).content.decode()
    assert "The contact point is there again." in told
    with cast.scope():
        assert ContactPoint.objects.get().value == "10001"


def test_what_is_wrong_stands_at_its_field(cast: Company, now: Now) -> None:
    with cast.scope():
        wang = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
    address = reverse("customers:add_contact", args=[wang.pk])
    typed = {"kind": "qq", "value": "abc"}
    form = cast.lin.client.post(address, typed).context["form"]
    assert form.errors == {"value": ["A QQ number has 5 to 12 digits."]}
    form = cast.lin.client.post(address, {**typed, "value": "10001", "verified_on": "2020-01-01"}).context[
        "form"
    ]
    assert form.errors == {"verified_how": ["Say how it was verified."]}
