"""A company's own fields in lists: their index, filters, order, columns, files."""

import csv
import datetime
import io
import json
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from tests.cast import Company
from tests.customers.test_fields import add, put
from zhiyin.customers import actions, queries
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import Customer, FieldValue
from zhiyin.customers.queries import CustomerFilter, counting
from zhiyin.customers.queries.listing import page, question
from zhiyin.platform.errors import Invalid, PermissionDenied

Now = datetime.datetime
VALUES: list[dict[str, Any]] = [
    {
        "card": "VIP-100%",
        "points": -2.5,
        "since": "2025-12-31",
        "level": "金",
        "likes": "茶\n书",
        "vip": "no",
    },
    {"card": "vip-200", "points": 7, "since": "2026-01-31", "level": "银", "likes": "书", "vip": "yes"},
    {"card": "Ωmega", "points": 7, "level": "金", "about": "x" * 300 + " Needle"},
    {"points": 100},
    {},
]


@pytest.fixture
def people(inside: Company, now: Now) -> list[Customer]:
    add(inside, now, "text", "Card", key="card")
    add(inside, now, "number", "Points", key="points")
    add(inside, now, "date", "Since", key="since")
    add(inside, now, "choice", "Level", key="level", options=("金", "银", "铜"))
    add(inside, now, "choices", "Likes", key="likes", options=("茶", "书", "棋"))
    add(inside, now, "yes_no", "VIP", key="vip")
    add(inside, now, "long_text", "About", key="about")
    return [
        actions.create_customer(
            actor=inside.lin.actor, name=f"客户{number}", code=f"C{number}", fields=values, now=now
        )
        for number, values in enumerate(VALUES)
    ]


def codes(company: Company, who: str = "gao", sort: Any = "name", **where: Any) -> list[str]:
    actor = company.people[who].actor
    return [row["code"] for row in queries.list_customers(actor, CustomerFilter(**where), sort=sort).rows]


def asked(field: str, op: str, value: Any = None) -> str:
    said = {"field": f"x_{field}", "op": op} | ({} if value is None else {"value": value})
    return json.dumps({"of": [said]})


@pytest.mark.parametrize(
    ("field", "op", "value", "found"),
    [
        ("card", "in", ["VIP-200", "ωMEGA"], "12"),
        ("card", "not_in", ["vip-200"], "0234"),
        ("card", "starts", "vip-", "01"),
        ("card", "starts", "VIP-1", "0"),
        ("card", "contains", "0%", "0"),
        ("card", "contains", "MEG", "2"),
        ("card", "empty", None, "34"),
        ("card", "filled", None, "012"),
        ("points", "at_least", 7, "123"),
        ("points", "at_most", -2.5, "0"),
        ("points", "between", [0, 99], "12"),
        ("points", "is", 100, "3"),
        ("since", "since", "2026-01-01", "1"),
        ("since", "between", ["2025-12-31", "2026-01-31"], "01"),
        ("level", "in", ["金"], "02"),
        ("level", "not_in", ["金"], "134"),
        ("likes", "in", ["茶", "棋"], "0"),
        ("likes", "all", ["茶", "书"], "0"),
        ("likes", "not_in", ["茶"], "1234"),
        ("vip", "is", True, "1"),
        ("vip", "is", False, "0"),
        ("about", "contains", "needle", "2"),
    ],
)
def test_each_operator_finds_by_the_index(
    people: list[Customer], inside: Company, field: str, op: str, value: Any, found: str
) -> None:
    assert codes(inside, filter=asked(field, op, value)) == [f"C{each}" for each in found]
    assert codes(inside, "lin", filter=asked(field, op, value)) == [f"C{each}" for each in found]
    assert codes(inside, "wu", filter=asked(field, op, value)) == []


def test_the_index_follows_what_each_customer_has(people: list[Customer], inside: Company, now: Now) -> None:
    first = people[0]
    put(inside, now, first, points=None, card="new", likes="棋")
    kept = FieldValue.objects.filter(customer_id=first.pk).order_by("text")
    assert [each.text for each in kept] == ["2025-12-31", "false", "new", "棋", "金"]
    Customer.objects.update(custom={})
    assert not FieldValue.objects.exists()
    put(inside, now, first, points=1)
    Customer.objects.filter(pk=first.pk).delete()
    assert not FieldValue.objects.filter(customer_id=first.pk).exists()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("x_points", "01234"), ("-x_points", "32104"), ("x_level", "20134"), ("-x_since", "10423")],
)
def test_pages_in_the_order_of_an_own_field(
    people: list[Customer], inside: Company, sort: Any, expected: str
) -> None:
    """Whoever has no value comes last, whatever the direction; a page is as long as it says."""
    for who in ("gao", "lin"):
        whole = codes(inside, who, sort)
        filled = [each for each in whole if each[1] in expected.rstrip("34")]
        assert len(whole) == 5
        assert sorted(filled) == sorted(f"C{each}" for each in expected.rstrip("34"))
        there, after = [], ""
        for _page in range(5):
            page = queries.list_customers(
                inside.people[who].actor, CustomerFilter(), sort=sort, after=after, limit=2
            )
            there += [row["code"] for row in page.rows]
            after = page.next or ""
            if not after:
                break
        assert there == whole
        values = [
            Customer.objects.get(code=each).custom.get(sort.lstrip("-").removeprefix("x_")) for each in whole
        ]
        known = [each for each in values if each is not None]
        assert known == sorted(known, reverse=sort.startswith("-"))
        assert values[len(known) :] == [None] * (5 - len(known))


def test_an_order_and_a_filter_on_one_field_meet(people: list[Customer], inside: Company) -> None:
    found = codes(inside, sort="-x_points", filter=asked("points", "at_least", 0))
    assert (found[0], set(found)) == ("C3", {"C1", "C2", "C3"})
    assert codes(inside, sort="x_points", filter=asked("points", "empty")) == ["C4"]


@pytest.mark.parametrize("sort", ["x_likes", "-x_about", "x_nothing"])
def test_there_is_no_order_of_several_choices_or_long_text(
    people: list[Customer], inside: Company, sort: Any
) -> None:
    with pytest.raises(Invalid):
        codes(inside, sort=sort)


def test_what_a_role_sees_in_part_is_masked_in_rows_and_no_order(
    people: list[Customer], inside: Company
) -> None:
    actor = replace(inside.lin.actor, fields={"x_card": "masked", "x_points": "hidden"})
    rows = queries.list_customers(actor, CustomerFilter()).rows
    assert "points" not in rows[0]["custom"]
    assert rows[0]["custom"]["card"] != "VIP-100%"
    for name in ("x_card", "x_points"):
        with pytest.raises(PermissionDenied):
            queries.list_customers(actor, CustomerFilter(), sort=name)
    stream = io.BytesIO()
    write_customers(Customer.objects.all(), stream, columns=[], actor=actor, style="csv")
    text = stream.getvalue().decode("utf-8-sig")
    assert "VIP-100%" not in text
    assert "Points" not in text


def test_files_hold_numbers_and_days_as_such_and_no_formulas(
    people: list[Customer], inside: Company, now: Now
) -> None:
    put(inside, now, people[0], card="=1+1")
    columns = ["code", "x_card", "x_points", "x_since", "x_likes", "x_vip"]
    stream = io.BytesIO()
    actor = inside.gao.actor
    write_customers(Customer.objects.all(), stream, columns=columns, actor=actor, style="csv")
    rows = list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))
    assert rows[1][:4] == ["C0", "'=1+1", "-2.5", "2025-12-31"]
    stream = io.BytesIO()
    write_customers(Customer.objects.all(), stream, columns=columns, actor=actor, style="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][1:4] == ["=1+1", -2.5, datetime.datetime(2025, 12, 31)]
    assert sheet["B2"].data_type == "s"
    assert sheet["D2"].number_format == "yyyy-mm-dd"


def test_however_many_fit_a_list_is_the_same(
    inside: Company, people: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are looked up, some told apart on the way by a table in memory, and of many each is looked at."""
    filters = [
        asked("points", "at_least", 0),
        asked("since", "since", "2025-01-01"),
        asked("level", "in", ["金"]),
    ]
    orders = ("name", "-created", "-value", "x_points", "-x_since")
    found = []
    for few, some in ((5, 5), (0, 5), (0, 0)):
        monkeypatch.setattr(question, "FEW", few)
        monkeypatch.setattr(question, "SOME", some)
        monkeypatch.setattr(page, "SOME", some)
        found.append([codes(inside, sort=sort, filter=each) for each in filters for sort in orders])
    assert found[0] == found[1] == found[2]
    assert {len(each) for each in found[0]} == {2, 3}


def test_a_count_told_by_an_index_is_about_right(
    inside: Company, people: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "EXACT_UP_TO", 1)
    where = CustomerFilter(filter=asked("points", "at_least", 0))
    assert queries.count_customers(inside.gao.actor, where) == queries.Count(3, exact=False)
