"""The form in which a filter is made, step by step, and what the list says of it."""

import html
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test.html import Element, parse_html
from django.urls import reverse
from django.utils import timezone

from tests.cast import Company
from zhiyin.customers.actions import create_customer
from zhiyin.platform.database.bounded import TookTooLong

LIST, FORM = reverse("customers:list"), reverse("customers:filters")


@pytest.fixture
def shop(cast: Company) -> Company:
    now = timezone.now()
    with cast.scope():
        for name, more in [
            ("王小明", {"status": "loyal", "country": "中国"}),
            ("李雷", {"status": "lost"}),
            ("Ann", {}),
        ]:
            create_customer(actor=cast.gao.actor, name=name, now=now, **more)  # type: ignore[arg-type]
    for person in (cast.gao, cast.an):
        person.client.cookies["zhiyin_language"] = "en"
    return cast


def within(element: Element, *names: str, **attributes: str) -> list[Element]:
    """Elements of these names with these attributes, in the order of the page."""
    found = []
    for each in element.children:
        if isinstance(each, Element):
            has = dict(each.attributes)
            wanted = {name.rstrip("_"): value for name, value in attributes.items()}
            if each.name in names and all(
                value in str(has.get(name, "")).split(" ") for name, value in wanted.items()
            ):
                found.append(each)
            found += within(each, *names, **attributes)
    return found


def text(element: Element) -> str:
    parts = [text(each) if isinstance(each, Element) else str(each) for each in element.children]
    return " ".join(" ".join(parts).split())


def attribute(element: Element, name: str) -> str:
    return html.unescape(str(dict(element.attributes).get(name) or ""))


def parsed(page: bytes) -> Element:
    root = Element("page", [])
    root.children = [parse_html(page.decode())]
    return root


def chosen(select: Element) -> str:
    options = within(select, "option")
    return attribute(
        next((each for each in options if "selected" in dict(each.attributes)), options[0]), "value"
    )


def form_of(page: bytes) -> tuple[Element, dict[str, Any]]:
    """The form, and what a browser would send of it."""
    (form,) = within(parsed(page), "form", class_="filters")
    sent: dict[str, Any] = {}
    for each in within(form, "input", "select"):
        if each.name == "select":
            sent.setdefault(attribute(each, "name"), []).append(chosen(each))
        elif attribute(each, "type") != "checkbox" or "checked" in dict(each.attributes):
            sent.setdefault(attribute(each, "name"), []).append(attribute(each, "value"))
    return form, sent


def rows(page: bytes) -> list[str]:
    """The names that a list shows, sorted."""
    return sorted(text(each) for body in within(parsed(page), "tbody") for each in within(body, "th"))


def step(client: Any, sent: dict[str, Any], do: str = "") -> tuple[Element, dict[str, Any]]:
    answer = client.get(FORM, {**sent, "do": do}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return form_of(answer.content)


def shown(client: Any, sent: dict[str, Any]) -> str:
    answer = client.get(FORM, {**sent, "do": "show"})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def test_a_filter_is_built_step_by_step_shown_in_words_and_changed(shop: Company) -> None:
    client = shop.gao.client
    form, sent = form_of(client.get(FORM, {"q": "", "sort": "-created"}).content)
    assert "Status" in text(form)
    _form, sent = step(client, sent, "add:r:status")
    assert sent["r-0.field"] == ["status"]
    sent["r-0.value"] = ["loyal", "lost"]
    _form, sent = step(client, sent, "group:r")
    assert sent["r-0.value"] == ["loyal", "lost"]
    assert sent["r-1.match"] == ["any"]
    sent |= {"r-1-0.field": "country", "r-1-1.field": "value"}
    _form, sent = step(client, sent)
    sent |= {"r-1-0.value": ["中国", ""], "r-1-1.op": "at_least", "r-1-1.value": "1000"}
    address = shown(client, sent)
    query = parse_qs(urlsplit(address).query)
    assert query["sort"] == ["-created"]
    assert json.loads(query["filter"][0]) == {
        "of": [
            {"field": "status", "op": "in", "value": ["loyal", "lost"]},
            {
                "match": "any",
                "of": [
                    {"field": "country", "op": "in", "value": ["中国"]},
                    {"field": "value", "op": "at_least", "value": 1000.0},
                ],
            },
        ]
    }
    page = client.get(address)
    chips = within(parsed(page.content), "span", class_="chip")
    assert [text(each) for each in chips] == ["Status Loyal or Lost", "Country 中国 or Value at least 1,000"]
    assert rows(page.content) == ["王小明"]
    without = attribute(within(chips[1], "a")[0], "href")
    assert rows(client.get(f"{LIST}{without}").content) == ["李雷", "王小明"]
    edit = attribute(within(chips[0], "button")[0], "hx-get")
    _form, again = form_of(client.get(edit).content)
    assert shown(client, again) == address


def test_rows_are_removed_and_empty_ones_say_nothing(shop: Company) -> None:
    client = shop.gao.client
    _form, sent = form_of(client.get(FORM, {"status": "loyal", "country": "中国"}).content)
    assert (sent["r-0.field"], sent["r-1.field"]) == (["status"], ["country"])
    _form, sent = step(client, sent, "remove:r-0")
    _form, sent = step(client, sent, "add:r")
    assert json.loads(parse_qs(urlsplit(shown(client, sent)).query)["filter"][0]) == {
        "of": [{"field": "country", "op": "in", "value": ["中国"]}]
    }
    _form, sent = step(client, sent, "remove:r-0")
    assert shown(client, sent) == f"{LIST}?"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"field": "value", "op": "at_least", "value": "much"}, "This is no number."),
        ({"field": "status"}, "A value is missing here."),
        ({"field": "last", "op": "last", "value": "0", "unit": "day"}, "whole number"),
        ({"field": "created", "op": "since", "value": "soon"}, "no day"),
        ({"field": "phone", "op": "contains", "value": "1"}, "three digits"),
        ({"field": "relation", "value": ":out", "customer": "NOBODY"}, "no customer with this code"),
        ({"field": "nothing"}, "no such field"),
    ],
)
def test_what_is_wrong_stands_in_its_row(shop: Company, row: dict[str, str], problem: str) -> None:
    sent = {"r.match": "all", "r-0.field": "status", "r-0.op": "in", "r-0.value": "loyal"}
    sent |= {f"r-1.{name}": value for name, value in row.items()}
    answer = shop.gao.client.get(FORM, {**sent, "do": "show"})
    assert answer.status_code == 200
    (row_at_fault,) = within(parsed(answer.content), "div", class_="has-problem")
    assert problem in text(within(row_at_fault, "p", role="alert")[0])
    assert attribute(within(row_at_fault, "select")[0], "name") == "r-1.field"


@pytest.mark.parametrize(
    "field", ["last", "value", "created", "tag", "owner", "relation", "words", "alive", "phone"]
)
def test_each_form_of_value_comes_back_as_it_was(shop: Company, field: str) -> None:
    client = shop.gao.client
    asked: dict[str, Any] = {
        "last": {"op": "older", "value": {"number": 6, "unit": "month"}},
        "value": {"op": "between", "value": [1, 2.5]},
        "created": {"op": "this", "value": "quarter"},
        "tag": {"op": "empty"},
        "owner": {"op": "in", "value": ["none", str(shop.lin.member.pk)]},
        "relation": {"op": "has_not", "value": {"type": None}},
        "words": {"op": "find", "value": "wang"},
        "alive": {"op": "at_most", "value": 0.255},
        "phone": {"op": "in", "value": ["13800138000", "13900139000"]},
    }[field]
    tree = {"of": [{"field": field, **asked}]}
    _form, sent = form_of(client.get(FORM, {"filter": json.dumps(tree)}).content)
    found = json.loads(parse_qs(urlsplit(shown(client, sent)).query)["filter"][0])["of"][0]
    assert found["op"] == asked["op"]
    if field == "relation":
        assert found["value"] == {}
    else:
        assert found.get("value") == asked.get("value")


def test_an_agent_is_offered_no_value(shop: Company) -> None:
    form, _sent = form_of(
        shop.an.client.get(FORM, {"filter": '{"of":[{"field":"name","op":"empty"}]}'}).content
    )
    offered = {
        attribute(each, "value") for each in within(within(form, "select", name="r-0.field")[0], "option")
    }
    assert {"name", "last", "phone"} <= offered
    assert not {"value", "alive", "group"} & offered
    secret = json.dumps({"of": [{"field": "value", "op": "at_least", "value": 1}]})
    assert shop.an.client.get(LIST, {"filter": secret}).status_code == 403


def test_an_address_that_says_no_filter_says_where(shop: Company) -> None:
    answer = shop.gao.client.get(LIST, {"filter": '{"of":[{"field":"status","op":"like","value":"x"}]}'})
    assert answer.status_code == 400
    assert "Status" in answer.content.decode()


def test_the_bulk_bar_and_the_export_take_the_same_filter(shop: Company) -> None:
    client = shop.gao.client
    tree = json.dumps({"of": [{"field": "status", "op": "in", "value": ["loyal"]}]})
    page = parsed(client.get(LIST, {"filter": tree}).content)
    queries = [attribute(each, "value") for each in within(page, "input", name="query")]
    assert len(queries) >= 2
    assert {parse_qs(each)["filter"][0] for each in queries} == {tree}
    client.post(
        reverse("customers:bulk"), {"action": "tag", "new_tag": "VIP", "all": "1", "query": queries[0]}
    )
    tagged = json.dumps({"of": [{"field": "tag", "op": "filled"}]})
    assert rows(client.get(LIST, {"filter": tagged}).content) == ["王小明"]


def test_a_filter_that_takes_too_long_is_told_where_the_rows_would_be(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_given: Any) -> Any:
        raise TookTooLong

    monkeypatch.setattr("zhiyin.platform.paging.Keyset.page", slow)
    tree = json.dumps({"of": [{"field": "city", "op": "contains", "value": "x"}]})
    answer = shop.gao.client.get(LIST, {"filter": tree})
    assert answer.status_code == 200
    page = text(parsed(answer.content))
    assert "This filter takes too long" in page
    assert "because of: City" in page
    assert within(parsed(answer.content), "span", class_="chip")
