"""Own fields that link: written by code or name, kept as ids, within reach, leading on after a merge."""

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.fields import shown
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid

Now = datetime.datetime


def add(company: Company, now: Now, target: str, key: str = "to") -> CustomField:
    rules = FieldRules(f"Link {key}", target=target)
    return actions.create_field(actor=company.gao.actor, type="link", key=key, rules=rules, now=now)


def made(company: Company, now: Now, name: str = "王小明", **values: Any) -> Customer:
    return actions.create_customer(actor=company.lin.actor, name=name, fields=values, now=now)


def test_a_customer_by_code_or_id(inside: Company, now: Now) -> None:
    own, partner = add(inside, now, "customer"), made(inside, now, "李四")
    for given in (partner.code, f" {partner.code.lower()} ", str(partner.pk)):
        customer = made(inside, now, to=given)
        assert customer.custom == {"to": str(partner.pk)}
        assert shown(own, customer.custom["to"]) == partner.code
    for given in ("nobody", str(uuid.uuid4()), "a\0b"):
        with pytest.raises(Invalid) as refused:
            made(inside, now, to=given)
        assert refused.value.field == "x_to"


def test_a_customer_out_of_reach_is_none(inside: Company, now: Now) -> None:
    add(inside, now, "customer")
    theirs = actions.create_customer(actor=inside.wu.actor, name="赵六", now=now)
    for given in (theirs.code, str(theirs.pk)):
        with pytest.raises(Invalid):
            made(inside, now, to=given)


def test_it_leads_on_after_a_merge_and_back(inside: Company, now: Now) -> None:
    own, first, second = add(inside, now, "customer"), made(inside, now, "李四"), made(inside, now, "李四")
    customer = made(inside, now, to=second.code)
    done = actions.merge_customers(
        actor=inside.ma.actor, survivor_id=first.pk, customer_ids=[first.pk, second.pk], now=now
    )
    assert shown(own, customer.custom["to"]) == first.code
    changed = actions.update_customer(
        actor=inside.lin.actor, customer_id=customer.pk, changes={}, fields={"to": first.code}, now=now
    )
    assert changed.custom == customer.custom, "a form that shows the survivor's code changes nothing"
    actions.undo_merge(actor=inside.ma.actor, merge_id=done.merge.pk, now=now)
    assert shown(own, customer.custom["to"]) == second.code


def test_a_colleague_and_a_product(inside: Company, now: Now) -> None:
    add(inside, now, "member", "helper")
    ma = inside.ma.member
    assert made(inside, now, helper=ma.name).custom == {"helper": str(ma.pk)}
    assert made(inside, now, helper=inside.ma.user.email).custom == {"helper": str(ma.pk)}
    with pytest.raises(Invalid):
        add(inside, now, "galaxy", "other")


def test_on_the_page(cast: Company, now: Now) -> None:
    with cast.scope():
        add(cast, now, "customer")
        partner = made(cast, now, "李四光")
        customer = made(cast, now, to=partner.code)
        theirs = actions.create_customer(actor=cast.wu.actor, name="赵六", now=now)
    lin = cast.lin.client
    record = reverse("customers:record", args=[customer.pk])
    assert (
        f'<a href="{reverse("customers:record", args=[partner.pk])}">李四光</a>'
        in lin.get(record).content.decode()
    )
    assert f'value="{partner.code}"' in lin.get(f"{record}edit/").content.decode()
    options = reverse("customers:link_options", args=["x_to"])
    assert (
        f'<option value="{partner.code}">李四光</option>'
        in lin.get(options, {"x_to": "李四"}).content.decode()
    )
    assert theirs.code not in lin.get(options, {"x_to": "赵六"}).content.decode()
    assert lin.post(f"{record}field/x_to/", {"x_to": theirs.code}).status_code == 422
    assert lin.post(f"{record}field/x_to/", {"x_to": ""}).status_code == 302
    with cast.scope():
        assert Customer.objects.get(pk=customer.pk).custom == {}


def test_more_rows_with_links_are_no_more_statements(cast: Company, now: Now) -> None:
    with cast.scope():
        add(cast, now, "customer")
        partners = [made(cast, now, f"伙伴{number}") for number in range(6)]
        made(cast, now, to=partners[0].code)
    lin, address = cast.lin.client, f"{reverse('customers:list')}?columns=x_to&columns=city"

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = lin.get(address).content.decode()
        assert f'<td class="">{partners[0].code}</td>' in page
        return len(asked)

    statements()
    before = statements()
    with cast.scope():
        for partner in partners[1:]:
            made(cast, now, to=partner.code)
    assert statements() == before
