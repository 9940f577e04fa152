"""What a role may not see of a customer it sees nowhere: on no page, by no operation, in no file, by no search."""

import datetime
import io
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from tests.cast import Company
from tests.permissions.table import Row, all_rows
from zhiyin.accounts.models import Role
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import FieldRules, RoleRules
from zhiyin.customers.exports import write_customers
from zhiyin.customers.fields import registry
from zhiyin.customers.models import Customer, CustomField
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.permissions import registered

Now = datetime.datetime
PHONE, MAIL, ID = "13877761234", "lizimin.kanari@geheim.cn", "310104198001017776"
HIDDEN = {
    "city": "Kanarienstadt",
    "source": "Kanarienquelle",
    "wechat": "kanari_7776",
    "x_kept": "Kanariwort",
}
MASKED = {"phone": PHONE, "email": MAIL, "address": "Kanarigasse 7776", "x_paper": ID}
# of fields that only the administrator's role is ticked for
TICKED = {"ticked": "Kanarihaken", "wallet_share": "97.53"}
# as they are written on pages, in keys, and by the search index
MARKERS = (*HIDDEN.values(), *TICKED.values(), PHONE, "138 7776 1234", MAIL, "Kanarigasse", ID)
RULES = {**dict.fromkeys(HIDDEN, "hidden"), **dict.fromkeys(MASKED, "masked"), "country": "read_only"}


@pytest.fixture
def blind(cast: Company, now: Now) -> Company:
    """许安 may do everything and reaches all records, but her role sees some fields not or in part."""
    with cast.scope():
        for key, label in (("kept", "暗号"), ("paper", "证件")):
            actions.create_field(actor=cast.gao.actor, type="text", key=key, rules=FieldRules(label), now=now)
        actor, rules = cast.gao.actor, FieldRules("勾选", roles=(cast.gao.member.role_id,))
        actions.create_field(actor=actor, type="text", key="ticked", rules=rules, now=now)
        actions.add_ready_fields(actor=actor, codes=["wallet_share"], now=now)
        CustomField.objects.filter(key="wallet_share").update(roles=rules.roles)
        role = cast.roles["analyst"]
        Role.objects.filter(pk=role.pk).update(permissions=sorted(registered()), scope="all")
        actions.set_field_access(actor=cast.gao.actor, given=[RoleRules(role.pk, RULES)], now=now)
    return cast


def marked(company: Company, customer_id: uuid.UUID, now: Now) -> None:
    """Give a customer every marker, in its file and in its history."""
    actor = company.gao.actor
    core = {name: HIDDEN[name] for name in ("city", "source")}
    own = {"kept": HIDDEN["x_kept"], "paper": ID, **TICKED}
    actions.update_customer(actor=actor, customer_id=customer_id, changes=core, fields=own, now=now)
    for kind in ("phone", "email", "wechat", "address"):
        parts = {"street": MASKED["address"]} if kind == "address" else None
        value = "" if parts else {**HIDDEN, **MASKED}[kind]
        actions.add_contact(
            actor=actor, customer_id=customer_id, kind=kind, value=value, parts=parts, now=now
        )


@pytest.fixture
def customer(blind: Company, now: Now) -> Customer:
    with blind.scope():
        made = actions.create_customer(actor=blind.gao.actor, name="李自民", code="KAX-1", now=now)
        marked(blind, made.pk, now)
        return made


def readable() -> Iterator[Row]:
    """Every page and operation that only reads, and those of customers that answer with what they wrote."""
    for row in all_rows():
        if row.method == "GET" or "customer" in row.name or "contact" in row.name:
            yield row


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(content).decode("utf-8", "replace")


def asked(company: Company, row: Row, now: Now) -> str:
    """What 许安 gets of a row whose customer carries the markers."""
    with company.scope():
        given: Mapping[str, Any] = row.given(company)
        if key := given.get("customer_id"):
            marked(company, key, now)
        data = row.data(company, given) if callable(row.data) else row.data
    address = reverse(row.name, kwargs=dict(given)) + (f"?{row.query}" if row.query else "")
    client, json = company.xu.client, row.name.startswith("api:") and row.method != "GET"
    kind = {"content_type": "application/json"} if json else {}
    return body(getattr(client, row.method.lower())(address, data, **kind))


def test_no_page_and_no_operation_tells_what_a_role_may_not_see(
    blind: Company, customer: Customer, now: Now
) -> None:
    assert blind.xu.client, "is signed in before what each row writes is taken back"
    found, told = [], 0
    for row in readable():
        with transaction.atomic():
            text = asked(blind, row, now)
            told += "KAX-1" in text or "P-1" in text
            found += [f"{row}: {each}" for each in MARKERS if each in text]
            transaction.set_rollback(True)
    assert not found, "\n".join(found)
    assert told >= 8, "answers are about customers"


PAGES = (
    "/customers/{}/", "/customers/{}/?tab=contacts", "/customers/{}/edit/", "/customers/{}/trail/",
    "/customers/{}/relations/graph/", "/customers/?q=李自民", "/search/?q=李自民",
    "/api/v1/customers/{}/", "/api/v1/customers/{}/contacts/", "/api/v1/customers/{}/trail/",
    "/api/v1/customers/", "/api/v1/audit/", "/settings/audit/", "/customers/filters/", "/api/v1/customers/{}/timeline/",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_an_open_role_sees_the_markers_which_a_blind_one_does_not(
    blind: Company, customer: Customer, page: str
) -> None:
    address = page.format(customer.pk)
    text = body(blind.xu.client.get(address))
    assert not [each for each in MARKERS if each in text]


def test_the_markers_would_be_found(blind: Company, customer: Customer) -> None:
    client = blind.gao.client
    record = body(client.get(f"/customers/{customer.pk}/")) + body(
        client.get(f"/api/v1/customers/{customer.pk}/trail/")
    )
    assert [each for each in MARKERS if each not in record] == []


def test_of_what_is_masked_a_part_is_told(blind: Company, customer: Customer) -> None:
    got = blind.xu.client.get(f"/api/v1/customers/{customer.pk}/").json()
    values = {each["kind"]: each["value"] for each in got["contacts"]}
    assert values == {"phone": "138****1234", "email": "l***@geheim.cn", "address": "***"}
    assert got["fields"] == {"paper": "3101**********7776"}
    assert (got["city"], got["source"]) == ("", "")
    page = body(blind.xu.client.get(f"/customers/{customer.pk}/?tab=contacts"))
    assert "138****1234" in page
    assert "tel:" not in page


@pytest.mark.parametrize("style", ["csv", "xlsx"])
def test_exports_tell_no_more(blind: Company, customer: Customer, style: str) -> None:
    stream = io.BytesIO()
    with blind.scope():
        write_customers(Customer.objects.all(), stream, columns=[], actor=blind.xu.actor, style=style)
        asked_for = io.BytesIO()
        write_customers(
            Customer.objects.all(), asked_for, columns=["name", "city"], actor=blind.xu.actor, style="csv"
        )
    if style == "csv":
        text = stream.getvalue().decode("utf-8-sig")
        assert "138****1234" in text
        assert not [each for each in MARKERS if each in text]
    assert "Kanarienstadt" not in asked_for.getvalue().decode("utf-8-sig")


@pytest.mark.parametrize("words", ["7776", "1387776", "+8613877761234", "kanari_77", "lizimin.kan", "geheim"])
@pytest.mark.parametrize("scope", ["all", "own"])
def test_nobody_is_found_by_what_one_does_not_see(
    blind: Company, customer: Customer, words: str, scope: str, now: Now
) -> None:
    with blind.scope():
        actions.update_customer(
            actor=blind.gao.actor, customer_id=customer.pk, changes={"owner_id": blind.xu.member.pk}, now=now
        )
        assert queries.quick_search(blind.gao.actor, words), "the open role finds it"
        Role.objects.filter(pk=blind.roles["analyst"].pk).update(scope=scope)
        actor, where = blind.xu.actor, CustomerFilter(q=words)
        assert queries.quick_search(actor, words) == []
        assert queries.list_customers(actor, where).rows == []
        assert queries.count_customers(actor, where).number == 0
        assert queries.quick_search(actor, "李自"), "and by the name as before"
        assert queries.list_customers(actor, CustomerFilter(q="KAX")).rows


@pytest.mark.parametrize("name", ["city", "source", "wechat", "phone", "email", "address"])
def test_a_filter_that_would_tell_is_refused(blind: Company, customer: Customer, name: str) -> None:
    asked = f'{{"match": "all", "of": [{{"field": "{name}", "op": "filled"}}]}}'
    with blind.scope():
        for question in (queries.list_customers, queries.count_customers):
            question(blind.gao.actor, CustomerFilter(filter=asked))
            with pytest.raises(PermissionDenied):
                question(blind.xu.actor, CustomerFilter(filter=asked))


def test_what_one_does_not_see_whole_one_cannot_change(blind: Company, customer: Customer, now: Now) -> None:
    actor, key = blind.xu.actor, customer.pk
    with blind.scope():
        points = {each.kind: each for each in queries.contact_points(actor, key)}
        for change in ({"city": "x"}, {"city": ""}, {"country": "x"}):
            with pytest.raises(PermissionDenied):
                actions.update_customer(actor=actor, customer_id=key, changes=change, now=now)
        with pytest.raises(PermissionDenied):
            actions.update_customer(actor=actor, customer_id=key, changes={}, fields={"paper": "x"}, now=now)
        with pytest.raises(Invalid):
            actions.update_customer(actor=actor, customer_id=key, changes={}, fields={"kept": "x"}, now=now)
        with pytest.raises(PermissionDenied):
            actions.add_contact(actor=actor, customer_id=key, kind="phone", value="13900001111", now=now)
        with pytest.raises(PermissionDenied):
            actions.remove_contact(actor=actor, customer_id=key, contact_id=points["phone"].pk, now=now)
        assert set(points) == {"phone", "email", "address"}
        actions.update_customer(actor=actor, customer_id=key, changes={"short_name": "自民"}, now=now)
        kept = Customer.objects.get(pk=key)
    assert (kept.city, kept.custom["paper"], kept.short_name) == (HIDDEN["city"], ID, "自民")


def test_the_registry_says_how_far_each_field_is_seen(blind: Company) -> None:
    with blind.scope():
        seen = registry(blind.xu.actor)
    fields = {each.name: each for each in (*seen, *seen.contacts)}
    assert not fields.keys() & HIDDEN.keys()
    assert {name for name, each in fields.items() if each.masked} == MASKED.keys()
    assert {name for name, each in fields.items() if not each.editable} == {*MASKED, "country"}


@pytest.mark.parametrize(
    "rules",
    [{"name": "hidden"}, {"status": "masked"}, {"city": "masked"}, {"nonsense": "hidden"}, {"phone": "x"}],
)
def test_rules_that_there_are_not_are_refused(blind: Company, rules: dict[str, str], now: Now) -> None:
    with blind.scope(), pytest.raises(Invalid):
        actions.set_field_access(
            actor=blind.gao.actor, given=[RoleRules(blind.roles["analyst"].pk, rules)], now=now
        )


def test_nobody_gives_himself_more(blind: Company, now: Now) -> None:
    role = blind.roles["analyst"].pk
    with blind.scope():
        with pytest.raises(PermissionDenied):
            actions.set_field_access(actor=blind.xu.actor, given=[RoleRules(role, {})], now=now)
        with pytest.raises(Conflict):
            actions.set_field_access(actor=blind.gao.actor, given=[RoleRules(role, {}, version=1)], now=now)
        with pytest.raises(Invalid):
            own = RoleRules(blind.roles["administrator"].pk, {"phone": "hidden"})
            actions.set_field_access(actor=blind.gao.actor, given=[own], now=now)
        actions.set_field_access(actor=blind.gao.actor, given=[RoleRules(role, {})], now=now)
        assert blind.xu.actor.fields == {}
