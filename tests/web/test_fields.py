"""Own fields on pages and in the API: settings, form, record, two editors, trail."""

import datetime
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.models import Customer, CustomField

Now = datetime.datetime


class Shop:
    def __init__(self, company: Company, now: Now) -> None:
        self.company, self.now = company, now

    def field(self, type: str, label: str, key: str, **rules: Any) -> CustomField:
        with self.company.scope():
            return actions.create_field(
                actor=self.company.gao.actor,
                type=type,
                key=key,
                rules=FieldRules(label, **rules),
                now=self.now,
            )

    def customer(self, **values: Any) -> Customer:
        with self.company.scope():
            return actions.create_customer(
                actor=self.company.lin.actor, name="王小明", fields=values, now=self.now
            )

    def form(self) -> dict[str, Any]:
        owner = str(self.company.lin.member.pk)
        return {"name": "王", "kind": "person", "status": "potential", "owner_id": owner}

    def values(self, customer: Customer) -> dict[str, Any]:
        with self.company.scope():
            return dict(Customer.objects.get(pk=customer.pk).custom)


@pytest.fixture
def shop(cast: Company, now: Now) -> Shop:
    for person in (cast.lin, cast.ma, cast.gao):
        person.client.cookies["zhiyin_language"] = "en"
    return Shop(cast, now)


def typed(page: str) -> dict[str, list[str]]:
    """What a browser sends back of a form left as it is."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        ticked = ("checkbox" not in tag and "radio" not in tag) or "checked" in tag
        if name and ticked:
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [html.unescape(chosen[1]) if chosen else ""]
    return found


def get(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_administrator_adds_a_field_and_it_is_there(shop: Shop) -> None:
    gao, lin = shop.company.gao.client, shop.company.lin.client
    assert "No fields of your own yet" in get(gao, reverse("customers:fields"))
    said = {
        "label": "Hobbies",
        "type": "choices",
        "options": "tea\nchess",
        "section": "Life",
        "key": "hobbies",
    }
    assert gao.post(reverse("customers:create_field"), said).status_code == 302
    refused = gao.post(reverse("customers:create_field"), {**said, "key": ""})
    assert refused.status_code == 422
    assert "There is a field of this name already." in refused.content.decode()
    form = {**shop.form(), "x_hobbies": ["tea", "chess"]}
    record = lin.post(reverse("customers:create"), form).headers["Location"]
    page = get(lin, record)
    assert "Life" in page
    assert "tea, chess" in page


def test_an_error_stands_beside_its_field(shop: Shop) -> None:
    shop.field("number", "Children", "children", required=True, most="20")
    lin = shop.company.lin.client
    for given in ("", "99"):
        form = {**shop.form(), "x_children": given}
        answer = lin.post(reverse("customers:create"), form)
        assert answer.status_code == 422
        assert 'id="id_x_children_error"' in answer.content.decode()


def test_a_field_of_organisations_is_not_asked_of_a_person(shop: Shop) -> None:
    shop.field("number", "Staff", "staff", kind="organisation", required=True)
    lin = shop.company.lin.client
    form = {**shop.form(), "x_staff": "5"}
    record = lin.post(reverse("customers:create"), form).headers["Location"]
    assert "Staff" not in get(lin, record)
    refused = lin.post(reverse("customers:create"), {**form, "kind": "organisation", "x_staff": ""})
    assert refused.status_code == 422
    assert b"id_x_staff_error" in refused.content


def test_two_editors_meet_field_by_field(shop: Shop) -> None:
    shop.field("choices", "Hobbies", "hobbies", options=("tea", "chess", "books"))
    shop.field("number", "Children", "children")
    customer = shop.customer(hobbies=["tea"], children=1)
    lin, address = shop.company.lin.client, reverse("customers:edit", args=[customer.pk])
    first = typed(get(lin, address))
    second = {**first, "x_hobbies": ["tea", "books"]}
    assert lin.post(address, {**first, "x_children": "2"}).status_code == 302
    assert lin.post(address, second).status_code == 302
    assert shop.values(customer) == {"hobbies": ["tea", "books"], "children": 2}
    met = lin.post(address, {**first, "x_children": "3"})
    assert met.status_code == 422
    assert "Somebody changed this to “2”" in met.content.decode()
    assert lin.post(address, typed(met.content.decode())).status_code == 302
    assert shop.values(customer)["children"] == 3


def test_a_field_is_changed_where_it_stands(shop: Shop) -> None:
    shop.field("date", "Wedding", "wedding")
    customer = shop.customer()
    lin, address = shop.company.lin.client, reverse("customers:field", args=[customer.pk, "x_wedding"])
    assert 'type="date"' in get(lin, address)
    assert lin.post(address, {"x_wedding": "2020-05-20", "version": "1"}).status_code == 302
    assert shop.values(customer) == {"wedding": "2020-05-20"}
    assert lin.get(reverse("customers:field", args=[customer.pk, "x_nothing"])).status_code == 404


def test_who_is_not_named_sees_it_nowhere(shop: Shop) -> None:
    shop.field("text", "Secret", "secret", roles=(shop.company.ma.member.role_id,))
    customer = shop.customer()
    record, ma = reverse("customers:record", args=[customer.pk]), shop.company.ma.client
    assert ma.post(f"{record}field/x_secret/", {"x_secret": "sssh", "version": "1"}).status_code == 302
    lin, gao = shop.company.lin.client, shop.company.gao.client
    addresses = [record, f"{record}edit/", f"{record}trail/", f"/api/v1{record}", "/api/v1/customer-fields/"]
    addresses += [reverse("accounts:audit"), "/api/v1/audit/", f"/api/v1{record}trail/"]
    for address in addresses:
        for client in (lin, gao):
            assert "sssh" not in get(client, address), address
            assert "x_secret" not in get(client, address), address
    assert "sssh" in get(ma, record)
    assert lin.get(f"{record}field/x_secret/").status_code == 404


def test_by_program(shop: Shop) -> None:
    shop.field("number", "Children", "children")
    lin = shop.company.lin.client
    body = {"name": "王", "fields": {"children": 2}}
    made = lin.post("/api/v1/customers/", body, content_type="application/json").json()
    assert made["fields"] == {"children": 2}
    address = f"/api/v1/customers/{made['id']}/"
    patch = {"version": 1, "fields": {"children": None}}
    assert lin.patch(address, patch, content_type="application/json").json()["fields"] == {"children": None}
    patch = {"version": 2, "fields": {"nonsense": 1}}
    assert lin.patch(address, patch, content_type="application/json").status_code == 400


def test_the_trail_says_it_in_words(shop: Shop) -> None:
    shop.field("yes_no", "Smokes", "smokes")
    customer = shop.customer(smokes=True)
    page = get(shop.company.gao.client, reverse("customers:trail", args=[customer.pk]))
    assert re.search(r"Smokes</span>\s*Yes", page)


def test_more_fields_are_no_more_statements(shop: Shop) -> None:
    customer = shop.customer()
    lin, address = shop.company.lin.client, reverse("customers:record", args=[customer.pk])

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            lin.get(address)
        return len(asked)

    statements()
    before = statements()
    for number in range(5):
        shop.field("text", f"Field {number}", f"f{number}")
    assert statements() == before


def test_the_preview_shows_what_is_asked_of_each_kind(shop: Shop) -> None:
    shop.field("number", "Staff", "staff", kind="organisation")
    shop.field("number", "Children", "children", kind="person")
    gao = shop.company.gao.client
    for kind, there, absent in (("person", "Children", "Staff"), ("organisation", "Staff", "Children")):
        page = get(gao, f"{reverse('customers:preview_fields')}?kind={kind}")
        assert there in page
        assert absent not in page
