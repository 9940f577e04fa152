"""Contact points on their page."""

import datetime

from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.models import ContactPoint

Now = datetime.datetime


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
