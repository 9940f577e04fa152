"""While somebody is being entered: who is there already, and what is told of whom one may not see."""

import datetime

import pytest

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer

Now = datetime.datetime


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    lin = inside.lin.actor
    made = actions.create_customer(actor=lin, name="王小明", code="K1", now=now)
    for kind, value in (("phone", "13800138000"), ("email", "Wang@Example.com")):
        actions.add_contact(actor=lin, customer_id=made.pk, kind=kind, value=value, now=now)
    return made


def _seen(found: queries.Likely) -> list[tuple[str, list[str]]]:
    return [(each.name, reasons) for each, reasons in found.seen]


@pytest.mark.parametrize(
    ("typed", "reasons"),
    [
        ({"phone": "+86 138-0013-8000"}, ["phone"]),
        ({"email": "wang@example.COM"}, ["email"]),
        ({"name": "王晓明"}, ["name"]),
        ({"name": "王小明", "phone": "13800138000", "email": "wang@example.com"}, ["phone", "email", "name"]),
    ],
)
def test_who_is_there_already_is_told(
    inside: Company, wang: Customer, typed: dict[str, str], reasons: list[str]
) -> None:
    assert _seen(queries.likely(inside.lin.actor, **typed)) == [("王小明", reasons)]


@pytest.mark.parametrize("typed", [{}, {"phone": "1"}, {"email": "wang"}, {"name": "\0"}, {"name": "王"}])
def test_half_typed_words_find_nobody(inside: Company, wang: Customer, typed: dict[str, str]) -> None:
    found = queries.likely(inside.lin.actor, **typed)
    assert (found.seen, found.others) == ([], False)


def test_of_a_colleagues_customer_only_that_there_is_one(inside: Company, wang: Customer, now: Now) -> None:
    wu = inside.wu.actor
    found = queries.likely(wu, phone="13800138000")
    assert (found.seen, found.others) == ([], True)
    assert queries.likely(wu, name="王小明") == queries.Likely()
    actions.change_duplicate_rules(
        actor=inside.gao.actor, automatic=False, precision=0.99, tell_others=False, now=now
    )
    assert queries.likely(wu, phone="13800138000") == queries.Likely()


def test_another_company_is_told_nothing(inside: Company, other: Company, wang: Customer) -> None:
    with other.scope():
        assert queries.likely(other.gao.actor, phone="13800138000", name="王小明") == queries.Likely()


def test_who_was_merged_is_not_told(inside: Company, wang: Customer, now: Now) -> None:
    lin = inside.lin.actor
    survivor = actions.create_customer(actor=lin, name="王明", now=now)
    actions.merge_customers(actor=lin, survivor_id=survivor.pk, customer_ids=[wang.pk], now=now)
    assert _seen(queries.likely(lin, phone="13800138000", name="王小明")) == [("王明", ["phone"])]


def test_the_form_of_a_new_customer_asks(cast: Company, now: Now) -> None:
    with cast.scope():
        actions.create_customer(actor=cast.lin.actor, name="王小明", code="K1", now=now)
    assert "/customers/likely/" in cast.lin.client.get("/customers/new/").content.decode()
    assert "王小明" in cast.lin.client.get("/customers/likely/", {"name": "王小明"}).content.decode()
