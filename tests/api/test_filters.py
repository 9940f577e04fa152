"""The language of filters by API: what can be asked, the same answers as the list, faults that name their place."""

import json
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.customers.actions import create_customer

QUERY, COUNT, FIELDS = (
    "/api/v1/customers/query/",
    "/api/v1/customers/query/count/",
    "/api/v1/customers/filter-fields/",
)
LOYAL = {"of": [{"field": "status", "op": "in", "value": ["loyal"]}]}


@pytest.fixture
def shop(cast: Company) -> Company:
    now = timezone.now()
    with cast.scope():
        for name, status in [("王小明", "loyal"), ("李雷", "lost")]:
            create_customer(actor=cast.gao.actor, name=name, status=status, now=now)
    return cast


def post(company: Company, path: str, body: Any, who: str = "gao") -> Any:
    return company.people[who].client.post(path, json.dumps(body), content_type="application/json")


def test_a_filter_in_the_body_or_the_address_finds_the_same(shop: Company) -> None:
    by_body = post(shop, QUERY, {"filter": LOYAL, "sort": "-created", "limit": 5}).json()
    by_address = shop.gao.client.get(
        "/api/v1/customers/", {"filter": json.dumps(LOYAL), "sort": "-created"}
    ).json()
    assert [each["name"] for each in by_body["items"]] == ["王小明"]
    assert by_body["items"] == by_address["items"]
    counted = post(shop, COUNT, {"filter": LOYAL}).json()
    assert counted == {"number": 1, "exact": True, "least": False, "words": "状态 忠诚"}
    assert post(shop, QUERY, {"filter": LOYAL}, who="lin").json()["items"] == []


def test_fields_are_told_with_what_they_take_and_only_those_one_may_see(shop: Company) -> None:
    told = {each["name"]: each for each in shop.gao.client.get(FIELDS).json()}
    assert {"value": "loyal", "label": "忠诚"} in told["status"]["options"]
    assert "older" in told["last"]["operators"]
    assert told["name"]["options"] is None
    assert {"product", "followed_up", "phone", "value"} <= told.keys()
    assert "value" not in {each["name"] for each in shop.an.client.get(FIELDS).json()}
    secret = {"filter": {"of": [{"field": "value", "op": "filled"}]}}
    assert post(shop, QUERY, secret, who="an").status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"filter": {"of": [{"field": "status", "op": "in", "value": ["vip"]}]}}, 400, "filter.of[0].value"),
        ({"filter": {"of": [{"of": [{"field": "nothing", "op": "in"}]}]}}, 400, "filter.of[0].of[0].field"),
        ({"filter": {"of": [{"field": "status"}]}}, 400, "filter.of[0].op"),
        ({"filter": {"match": "xor"}}, 400, "filter.match"),
        ({"filter": []}, 400, "filter"),
        ({"filtre": LOYAL}, 422, None),
    ],
)
def test_a_fault_names_its_place(shop: Company, body: Any, status: int, field: str | None) -> None:
    answer = post(shop, QUERY, body)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["message"]
    if field:
        assert answer.json()["error"]["field"] == field
