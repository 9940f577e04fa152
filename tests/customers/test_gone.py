"""Who left the lists is in none of them, without any of them having been told."""

import datetime
import io
import uuid

import pytest
from django.db import connection

from tests.cast import Company
from zhiyin.analytics.models import StalePartition
from zhiyin.analytics.warehouse.registry import registered
from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import Gone
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import ContactPoint, Customer, RelationType
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.tenancy import with_gone

Now = datetime.datetime


@pytest.fixture
def pair(inside: Company, now: Now) -> tuple[Customer, Customer]:
    """One who stays and one who left, of almost the same name, who work at each other's."""
    gao = inside.gao.actor
    stays, left = (
        actions.create_customer(actor=gao, name=name, code=code, country="中国", source=name, now=now)
        for name, code in [("王小明", "K1"), ("王小敏", "K2")]
    )
    kind = RelationType.objects.get(code="referred_by")
    actions.add_relation(actor=gao, customer_id=stays.pk, other_id=left.pk, type_id=kind.pk, now=now)
    actions.add_contact(actor=gao, customer_id=left.pk, kind="phone", value="13800138000", now=now)
    leave(left, now)
    return stays, left


def leave(customer: Customer, now: Now, into: Customer | None = None) -> None:
    with with_gone():
        Customer.objects.filter(pk=customer.pk).update(
            gone=Gone.MERGED if into else Gone.DELETED, gone_at=now, merged_into=into and into.pk
        )


def come_back(customer: Customer) -> None:
    with with_gone():
        Customer.objects.filter(pk=customer.pk).update(gone="", gone_at=None, merged_into=None)


def _found(company: Company, words: str = "") -> tuple[list[str], int, list[str]]:
    """List, count and palette."""
    gao, where = company.gao.actor, CustomerFilter(q=words)
    listed = [row["name"] for row in queries.list_customers(gao, where).rows]
    palette = [str(row["name"]) for row in queries.quick_search(gao, words)]
    return listed, queries.count_customers(gao, where).number, palette


@pytest.mark.parametrize("words", ["王小", "wangxiao", "wx", "中"])
def test_search_count_and_palette_leave_out_who_left(
    inside: Company, pair: tuple[Customer, Customer], words: str
) -> None:
    names = ["王小明"] if words != "中" else []
    assert _found(inside, words) == (names, len(names), names)


def test_lists_and_choices_leave_out_who_left(inside: Company, pair: tuple[Customer, Customer]) -> None:
    gao = inside.gao.actor
    assert _found(inside)[:2] == (["王小明"], 1)
    assert queries.used_values(gao, "source") == ["王小明"]
    assert queries.customer_by_code(gao, "K2") is None
    assert list(access.relations(gao)) == []


def test_who_left_has_no_record_and_takes_no_write(
    inside: Company, pair: tuple[Customer, Customer], now: Now
) -> None:
    gao, (stays, left) = inside.gao.actor, pair
    with pytest.raises(NotFound):
        queries.record_customer(gao, left.pk)
    with pytest.raises(NotFound):
        actions.add_note(actor=gao, customer_id=left.pk, body="?", now=now)
    with pytest.raises(NotFound):
        access.hold(left.pk)
    assert Customer.objects.filter(pk__in=[stays.pk, left.pk]).update(city="x") == 1


def test_a_code_stays_that_of_who_left(inside: Company, pair: tuple[Customer, Customer], now: Now) -> None:
    with pytest.raises(Conflict):
        actions.create_customer(actor=inside.gao.actor, name="另一人", code="k2", now=now)


def test_exports_and_analysis_leave_out_who_left(inside: Company, pair: tuple[Customer, Customer]) -> None:
    stream = io.BytesIO()
    assert (
        write_customers(Customer.objects.all(), stream, columns=["name"], actor=inside.gao.actor, style="csv")
        == 1
    )
    assert _analysed() == [pair[0].pk]


def _analysed() -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(registered()["customers"].select)
        return [row[0] for row in cursor.fetchall()]


def test_analysis_is_told_of_who_leaves_and_comes_back(
    inside: Company, pair: tuple[Customer, Customer]
) -> None:
    StalePartition.objects.all().delete()
    come_back(pair[1])
    assert StalePartition.objects.filter(dataset="customers").count() == 1


def test_who_comes_back_is_found_again(inside: Company, pair: tuple[Customer, Customer]) -> None:
    come_back(pair[1])
    assert set(_found(inside, "王小")[0]) == {"王小明", "王小敏"}
    assert ContactPoint.objects.filter(customer__name="王小敏").count() == 1


def test_pages_and_operations_know_nobody_who_left(cast: Company, now: Now) -> None:
    with cast.scope():
        left = actions.create_customer(actor=cast.gao.actor, name="王小敏", now=now)
        leave(left, now)
    assert cast.gao.client.get(f"/customers/{left.pk}/").status_code == 404
    assert cast.gao.client.get(f"/api/v1/customers/{left.pk}/").status_code == 404


def test_another_company_never_sees_who_left(inside: Company, other: Company, now: Now) -> None:
    left = actions.create_customer(actor=inside.gao.actor, name="王小敏", now=now)
    leave(left, now)
    with other.scope(), with_gone():
        assert not Customer.objects.filter(pk=left.pk).exists()
        assert _surviving(left) is None


def test_a_chain_of_merges_leads_to_who_has_the_file(inside: Company, now: Now) -> None:
    gao = inside.gao.actor
    one, two, three = (actions.create_customer(actor=gao, name=name, now=now) for name in "甲乙丙")
    leave(one, now, into=two)
    assert _surviving(one) == two.pk
    leave(two, now, into=three)
    assert (_surviving(one), _surviving(two), _surviving(three)) == (three.pk,) * 3
    leave(three, now)
    assert _surviving(one) is None


def _surviving(customer: Customer) -> uuid.UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT surviving_customer(%s)", [customer.pk])
        found: uuid.UUID | None = cursor.fetchone()[0]
    return found
