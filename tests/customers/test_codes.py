"""Own fields that hold codes are found by the search box, as a whole, by those who see the field."""

import datetime
from collections.abc import Iterator

import pytest

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.models import Customer, CustomField

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 20, 4, tzinfo=datetime.UTC)


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    with cast.scope():
        yield cast


def field(
    company: Company, type: str = "text", *, searchable: bool = True, label: str = "Card"
) -> CustomField:
    rules = FieldRules(label=label, searchable=searchable)
    return actions.create_field(actor=company.gao.actor, type=type, rules=rules, now=NOW)


def customer(company: Company, own: CustomField, value: str) -> Customer:
    return actions.create_customer(actor=company.lin.actor, name="王小明", fields={own.key: value}, now=NOW)


def found(company: Company, text: str, who: str = "lin") -> list[str]:
    return [row["name"] for row in queries.quick_search(getattr(company, who).actor, text)]


@pytest.mark.parametrize("type", ["text", "number"])
def test_a_code_is_found_as_a_whole(inside: Company, type: str) -> None:
    customer(inside, field(inside, type), "904417")
    assert found(inside, "904417") == ["王小明"]
    assert found(inside, "90441") == []
    assert found(inside, "904417", "chen") == []
    rows = queries.list_customers(inside.lin.actor, queries.CustomerFilter(q="904417")).rows
    assert [row["name"] for row in rows] == ["王小明"]


def test_case_does_not_matter_and_a_field_that_is_no_code_is_not_searched(inside: Company) -> None:
    own = field(inside, searchable=False)
    customer(inside, own, "VIP-2026-aB")
    assert found(inside, "vip-2026-ab") == []
    rules = FieldRules(label="Card", searchable=True)
    actions.change_field(actor=inside.gao.actor, field_id=own.pk, rules=rules, now=NOW)
    assert found(inside, "vip-2026-ab") == ["王小明"]


def test_who_does_not_see_the_field_finds_nobody_by_it(inside: Company) -> None:
    theirs = (inside.ma.member.role_id, inside.gao.member.role_id)
    only_ma = FieldRules(label="Card", searchable=True, roles=theirs)
    own = actions.create_field(actor=inside.gao.actor, type="text", rules=only_ma, now=NOW)
    actions.update_customer(
        actor=inside.gao.actor,
        customer_id=actions.create_customer(actor=inside.lin.actor, name="王小明", now=NOW).pk,
        changes={},
        fields={own.key: "VIP-2026"},
        now=NOW,
    )
    assert found(inside, "VIP-2026", "ma") == ["王小明"]
    assert found(inside, "VIP-2026", "lin") == []


def test_only_text_and_numbers_are_codes(inside: Company) -> None:
    assert not field(inside, "date").searchable
