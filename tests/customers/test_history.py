"""A customer's file as it was on a day, and fields set back to it."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.analytics.shop import Shop
from tests.cast import Company
from tests.imports.importing import import_text
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.models import Customer, Tag
from zhiyin.customers.queries import AsItWas
from zhiyin.platform.errors import Conflict, DomainError, Invalid, NotFound, PermissionDenied

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = datetime.timedelta(days=1)


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    with cast.scope():
        yield cast


@pytest.fixture
def wang(inside: Company) -> Customer:
    """Came ten days ago; every second day since, something about him changed."""
    gao, days = inside.gao.actor, [NOW - number * DAY for number in (10, 8, 6, 4, 2)]
    field = actions.create_field(actor=gao, type="text", key="level", rules=FieldRules("级别"), now=days[0])
    made = actions.create_customer(
        actor=gao, name="王小明", code="K-1", city="上海", fields={field.key: "金"}, now=days[0]
    )
    tag = actions.create_tag(actor=gao, name="VIP", now=days[0])
    point = actions.add_contact(
        actor=gao, customer_id=made.pk, kind="phone", value="13800001234", now=days[0]
    )
    actions.update_customer(
        actor=gao, customer_id=made.pk, changes={"city": "北京"}, fields={field.key: "银"}, now=days[1]
    )
    actions.set_tags(actor=gao, customer_id=made.pk, tag_ids=[tag.pk], now=days[2])
    chosen = actions.Selection(ids=(made.pk,))
    actions.assign_customers(actor=gao, selection=chosen, owner_id=inside.lin.member.pk, now=days[3])
    actions.untag_customers(actor=gao, selection=chosen, tag_id=tag.pk, now=days[3])
    actions.update_customer(actor=gao, customer_id=made.pk, changes={"city": "广州"}, now=days[4])
    actions.remove_contact(actor=gao, customer_id=made.pk, contact_id=point.pk, now=days[4])
    made.refresh_from_db()
    return made


def was(company: Company, customer: Customer, days_ago: float) -> AsItWas:
    return queries.as_it_was(company.gao.actor, customer.pk, at=NOW - days_ago * DAY)


def then(company: Company, customer: Customer, days_ago: float) -> dict[str, object]:
    return {each.name: each.then for each in was(company, customer, days_ago).fields}


def test_each_day_says_what_the_file_said(inside: Company, wang: Customer) -> None:
    names = ("city", "x_level", "tags", "owner_id", "phone")
    gao, lin = str(inside.gao.member.pk), str(inside.lin.member.pk)
    told = [[then(inside, wang, days)[name] for name in names] for days in (9, 7, 5, 3, 0)]
    phone = ["13800001234"]
    assert told == [
        ["上海", "金", [], gao, phone],
        ["北京", "银", [], gao, phone],
        ["北京", "银", ["VIP"], gao, phone],
        ["北京", "银", [], lin, phone],
        ["广州", "银", [], lin, []],
    ]


def test_fields_that_differ_come_first_with_the_first_change_since(inside: Company, wang: Customer) -> None:
    fields = was(inside, wang, 9).fields
    differing = [each.name for each in fields if each.differs]
    assert [each.name for each in fields][: len(differing)] == differing
    city = was(inside, wang, 9).of("city")
    assert (city.changed_at, city.changed_by) == (NOW - 8 * DAY, inside.gao.member.name)
    assert was(inside, wang, 11).is_before
    assert not was(inside, wang, 9).is_before


def test_what_an_import_changed_is_taken_back_too(cast: Company) -> None:
    with cast.scope():
        made = actions.create_customer(
            actor=cast.gao.actor, name="李雷", code="K-2", city="上海", now=NOW - 9 * DAY
        )
    import_text(cast.gao.actor, "客户编号,客户名称,城市\nK-2,李雷,深圳\n", kind="customers")
    with cast.scope():
        made.refresh_from_db()
        assert made.city == "深圳"
        first = queries.trail(cast.gao.actor, made.pk).rows[0]
        before = queries.as_it_was(cast.gao.actor, made.pk, at=NOW, before=first.pk)
        assert before.of("city").then == "上海"


def test_status_is_what_purchases_say_it_was(cast: Company) -> None:
    shop = Shop(cast)
    shop.sell(("a", "2024-01-05", 10), ("a", "2024-02-05", 10), ("b", "2026-06-01", 1))
    shop.analyse()
    with cast.scope():
        customer = Customer.objects.get(code="a")
        Customer.objects.filter(pk=customer.pk).update(created_at="2023-01-01T00:00Z")
        told = [
            queries.as_it_was(cast.gao.actor, customer.pk, at=datetime.datetime(*day, tzinfo=datetime.UTC))
            .of("status")
            .then
            for day in ((2023, 6, 1), (2024, 1, 10), (2024, 3, 1), (2026, 1, 1))
        ]
    assert told == ["potential", "first_time", "repeat", "lost"]


def test_fields_are_set_back_and_others_stay(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    actions.set_back_customer(
        actor=gao,
        customer_id=wang.pk,
        fields=["city", "x_level"],
        at=NOW - 9 * DAY,
        version=wang.version,
        now=NOW,
    )
    wang.refresh_from_db()
    assert (wang.city, wang.custom["level"], wang.owner_id) == ("上海", "金", inside.lin.member.pk)
    assert was(inside, wang, 1).of("city").then == "广州"
    with pytest.raises(Conflict):
        actions.set_back_customer(
            actor=gao,
            customer_id=wang.pk,
            fields=["city"],
            at=NOW - 3 * DAY,
            version=wang.version - 1,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("fields", "days", "error"),
    [(["phone"], 5, Invalid), (["nothing"], 5, NotFound), (["city"], 20, Invalid)],
    ids=["list", "unknown", "before"],
)
def test_what_cannot_be_set_back_is_told(
    inside: Company, wang: Customer, fields: list[str], days: int, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        actions.set_back_customer(
            actor=inside.gao.actor, customer_id=wang.pk, fields=fields, at=NOW - days * DAY, now=NOW
        )


def test_a_role_sees_and_sets_back_what_it_may(inside: Company, wang: Customer) -> None:
    at = NOW - 9 * DAY
    veiled = replace(inside.gao.actor, fields={"city": "masked", "x_level": "hidden", "phone": "masked"})
    told = queries.as_it_was(veiled, wang.pk, at=at)
    assert told.of("phone").then == ["138****1234"]
    assert "上海" not in str(told.fields)
    with pytest.raises(NotFound):
        told.of("x_level")
    with pytest.raises(PermissionDenied):
        actions.set_back_customer(actor=veiled, customer_id=wang.pk, fields=["city"], at=at, now=NOW)
    with pytest.raises(NotFound):
        queries.as_it_was(inside.wu.actor, wang.pk, at=at)


def test_many_changes_take_no_more_statements(inside: Company, wang: Customer) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            was(inside, wang, 9)
        return len(asked)

    few = statements()
    for number in range(20):
        actions.update_customer(
            actor=inside.gao.actor, customer_id=wang.pk, changes={"city": f"城{number}"}, now=NOW
        )
    assert statements() == few
    assert Tag.objects.count() == 1


def test_the_page_shows_a_day_and_sets_ticked_fields_back(cast: Company, wang: Customer) -> None:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    address = f"/customers/{wang.pk}/history/"
    day = (timezone.localdate() - datetime.timedelta(days=9)).isoformat()
    page = client.get(address, {"on": day}).content.decode()
    assert "<b>上海</b>" in page
    assert f"<b>{cast.gao.member.name}</b>" in page
    assert address in client.get(f"/customers/{wang.pk}/").content.decode()
    assert "Not in the file yet" in client.get(address, {"on": "2020-01-01"}).content.decode()
    assert client.get(address, {"on": "2020-02-31"}).status_code == 400
    assert client.post(address, {"on": day, "field": "city"}).status_code == 302
    wang.refresh_from_db()
    assert wang.city == "上海"
    first = queries.trail(cast.gao.actor, wang.pk).rows[0]
    assert f"history/?before={first.pk}" in client.get(f"/customers/{wang.pk}/trail/").content.decode()
    assert (
        'value="city" id="f-city" checked' in client.get(address, {"before": str(first.pk)}).content.decode()
    )


def test_a_program_reads_and_sets_back(cast: Company, wang: Customer) -> None:
    address = f"/api/v1/customers/{wang.pk}/history/"
    at = (NOW - 9 * DAY).isoformat()
    told = cast.gao.client.get(address, {"at": at}).json()
    city = next(each for each in told["fields"] if each["name"] == "city")
    assert (city["then"], city["now"], told["is_before"]) == ("上海", "广州", False)
    body = {"at": at, "fields": ["city"], "version": told["version"]}
    done = cast.gao.client.post(address, body, content_type="application/json").json()
    assert next(each for each in done["fields"] if each["name"] == "city")["now"] == "上海"
    assert cast.gao.client.post(address, body, content_type="application/json").status_code == 409
