"""How a customer in a pool is reached is told by no page and no operation until somebody claims it."""

import datetime
import io
import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.cast import Company, Person
from tests.permissions.table import operations, routes
from zhiyin.accounts.models import Role
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import PoolRules, Selection
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import Suspect
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.models import AuditEntry

Now = datetime.datetime
PHONE, MAIL, ADDRESS, NOTE = "13912345678", "withheld@secret.example", "保密路8号", "私下的话"
SECRETS = ("139 1234 5678", "13912345678", "12345678", MAIL, ADDRESS, NOTE)
# pages that end the session
LEAVE = {"accounts:sign_out", "account_logout"}
Given = dict[str, Any]


@pytest.fixture
def withheld(cast: Company, now: Now) -> Given:
    """A customer with all that tells how it is reached, put into a pool that everybody claims from."""
    lin, gao = cast.lin.actor, cast.gao.actor
    with cast.scope():
        pool = actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        key, twin = (
            actions.create_customer(actor=lin, name="王小明", code=code, now=now).pk for code in ("K1", "K2")
        )
        for kind, value in (("phone", PHONE), ("email", MAIL), ("address", ADDRESS)):
            actions.add_contact(actor=lin, customer_id=key, kind=kind, value=value, now=now)
        actions.add_note(actor=lin, customer_id=key, body=f"{NOTE} @马超", now=now)
        first, second = sorted((key, twin))
        Suspect.objects.create(one_id=first, other_id=second, probability=0.9, found_at=now)
        actions.return_customers(
            actor=lin, selection=Selection((key,)), pool_id=pool.pk, reason="没有时间", now=now
        )
    return {"customer_id": key, "pool_id": pool.pk, "twin": twin}


@pytest.fixture
def all_seeing(cast: Company) -> Person:
    """Who reaches all records and may do much, but does not manage pools."""
    with cast.scope():
        permissions = [each for each in cast.gao.actor.permissions if each != "pools.manage"]
        Role.objects.filter(pk=cast.xu.member.role_id).update(permissions=permissions, scope="all")
    return cast.xu


def _addresses(given: Given) -> list[str]:
    names = {each.name for each in routes()} | {
        name for method, name, _may in operations() if method == "GET"
    }
    found = []
    for name in sorted(names - LEAVE):
        for part in ({}, {"customer_id": given["customer_id"]}, {"pool_id": given["pool_id"]}):
            try:
                found.append(reverse(name, kwargs=part))
            except NoReverseMatch:
                continue
    return found


def _told(client: Client, address: str) -> set[str]:
    response = client.get(address)
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    text = body.decode(errors="replace")
    return {secret for secret in SECRETS if secret in text.replace("&nbsp;", " ")}


@pytest.mark.parametrize("name", ["lin", "chen", "wu", "an"])
def test_no_page_and_no_operation_tells_it(cast: Company, withheld: Given, name: str) -> None:
    _nothing_told(getattr(cast, name), withheld)


def test_nor_to_who_reaches_all_records(withheld: Given, all_seeing: Person) -> None:
    _nothing_told(all_seeing, withheld)


def test_nor_does_a_proof(all_seeing: Person, cast: Company, withheld: Given) -> None:
    with cast.scope():
        entries = AuditEntry.objects.filter(subject_id=withheld["customer_id"])
        ids = list(entries.values_list("pk", flat=True))
    for each in ids:
        address = reverse("accounts:proof", args=[each])
        assert all_seeing.client.get(address).status_code in (403, 409)


def test_the_walk_finds_it_where_it_is_told(cast: Company, withheld: Given) -> None:
    """The control: who manages the pools sees it, and on more than one way."""
    tells = [each for each in _addresses(withheld) if _told(cast.gao.client, each)]
    assert len(tells) > 2


def _nothing_told(person: Person, given: Given) -> None:
    addresses = _addresses(given)
    assert len(addresses) > 80
    asked = [
        *addresses,
        *(f"{reverse('customers:list')}?{query}" for query in ("q=K1", "view=new", "sort=-created")),
        f"{reverse('customers:merge')}?ids={given['customer_id']}&ids={given['twin']}",
        f"{reverse('customers:record', args=[given['customer_id']])}?tab=contacts",
        f"{reverse('customers:record', args=[given['twin']])}?tab=overview",
        f"{reverse('customers:likely')}?phone={PHONE[:-1]}",
    ]
    tells = {each: found for each in asked if (found := _told(person.client, each))}
    assert not tells


def test_it_is_in_no_search_export_print_or_count(
    cast: Company, withheld: Given, all_seeing: Person, now: Now
) -> None:
    key = withheld["customer_id"]
    for person in (cast.lin, cast.chen, all_seeing):
        with cast.scope():
            actor = person.actor
            for text in (PHONE, PHONE[-6:], MAIL, "K1"):
                assert key not in {row["id"] for row in queries.quick_search(actor, text)}
                found = queries.list_customers(actor, CustomerFilter(q=text))
                assert key not in {row["id"] for row in found.rows}
            condition = {"field": "phone", "op": "in", "value": [PHONE]}
            asked = CustomerFilter(filter=json.dumps({"of": [condition]}))
            assert not queries.list_customers(actor, asked).rows
            stream = io.BytesIO()
            chosen = actions.selected(actor, Selection((key,)))
            assert write_customers(chosen, stream, columns=["code", "name"], actor=actor, style="csv") == 0
            assert key not in [each.pk for each, _same in queries.likely(actor, phone=PHONE).seen]
            assert not access.customers(actor).filter(pk=key).exists()


def test_the_claimant_sees_it(cast: Company, withheld: Given, now: Now) -> None:
    key: uuid.UUID = withheld["customer_id"]
    with cast.scope():
        actions.claim_customers(
            actor=cast.chen.actor, pool_id=withheld["pool_id"], customer_ids=[key], now=now
        )
    assert _told(cast.chen.client, f"{reverse('customers:record', args=[key])}?tab=contacts")
