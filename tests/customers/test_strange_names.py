"""Names of one and of 200 characters, rare characters, emoji, from right to left: kept, shown, found, written as they are."""

import csv
import datetime
import html
import io
from urllib.parse import urlencode

import openpyxl
import pytest

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.errors import Invalid

NAMES = (
    "李",
    "A",
    "长" * 200,
    "𠮷",
    "𠮷野家贸易",
    "😀",
    "小店👨\u200d👩\u200d👧 2 号",
    "محمد علي",
    "שלום בע״מ",
    "René Müller-Łukasz",
    "ກຂ ไทย हिन्दी",
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_name_goes_everywhere_as_it_is(cast: Company, name: str) -> None:
    client = cast.gao.client
    form = {"name": name, "kind": "person", "status": "potential", "owner_id": "", "code": "S-1"}
    answer = client.post("/customers/new/", form)
    assert answer.status_code == 302, answer.content.decode()
    with cast.scope():
        made = Customer.objects.get(code="S-1")
        assert made.name == name
    page = html.unescape(client.get(f"/customers/{made.pk}/").content.decode())
    assert f">{name}</h1>" in page.replace("\n", "")
    assert name in html.unescape(client.get("/customers/").content.decode())
    assert client.get(f"/api/v1/customers/{made.pk}/").json()["name"] == name
    listed = client.get(f"/customers/?{urlencode({'q': name})}").content.decode()
    assert str(made.pk) in listed
    found = client.get(f"/api/v1/customers/?{urlencode({'q': name})}").json()
    assert [each["name"] for each in found["items"]] == [name]


def test_files_have_them_too(cast: Company, now: datetime.datetime) -> None:
    with cast.scope():
        for number, name in enumerate(NAMES):
            actions.create_customer(actor=cast.gao.actor, name=name, code=f"S-{number:02}", now=now)
        written: dict[str, io.BytesIO] = {"csv": io.BytesIO(), "xlsx": io.BytesIO()}
        for style, stream in written.items():
            rows = Customer.objects.order_by("code")
            write_customers(rows, stream, columns=["code", "name"], actor=cast.gao.actor, style=style)
    text = written["csv"].getvalue().decode("utf-8-sig")
    assert [row[1] for row in list(csv.reader(io.StringIO(text)))[1:]] == list(NAMES)
    sheet = openpyxl.load_workbook(io.BytesIO(written["xlsx"].getvalue())).active
    assert sheet is not None
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == list(NAMES)


def test_each_character_of_a_rare_name_finds_it(inside: Company, now: datetime.datetime) -> None:
    for name in ("𠮷野家贸易", "محمد علي"):
        actions.create_customer(actor=inside.gao.actor, name=name, now=now)
    for asked, name in (("𠮷野", "𠮷野家贸易"), ("野家", "𠮷野家贸易"), ("علي", "محمد علي")):
        rows = queries.list_customers(inside.gao.actor, CustomerFilter(q=asked)).rows
        assert [row["name"] for row in rows] == [name]


@pytest.mark.parametrize("name", ["长" * 201, "", " \u3000", "a\0b"])
def test_what_is_no_name_is_refused(inside: Company, now: datetime.datetime, name: str) -> None:
    with pytest.raises(Invalid):
        actions.create_customer(actor=inside.gao.actor, name=name, now=now)
