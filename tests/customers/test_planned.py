"""Statements that are planned once a connection: as fresh and as private as all others."""

import datetime

import pytest
from django.db import connection

from tests.cast import Company
from zhiyin.accounts.models import Member
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, Note, SavedView
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.keys import uuid7


def _names(company: Company, **options: str) -> list[str]:
    with company.scope():
        page = queries.list_customers(company.gao.actor, CustomerFilter(), **options)  # type: ignore[arg-type]
    return [row["name"] for row in page.rows]


def test_a_kept_list_gives_each_company_its_own_rows_and_changes_at_once(
    cast: Company, other: Company, now: datetime.datetime
) -> None:
    for company in (cast, other):
        with company.scope():
            actions.create_customer(actor=company.gao.actor, name=f"n of {company.tenant.name}", now=now)
    for _ in range(3):
        assert _names(cast) == [f"n of {cast.tenant.name}"]
        assert _names(other) == [f"n of {other.tenant.name}"]
    with cast.scope():
        actions.create_customer(actor=cast.gao.actor, name="a new one", now=now)
    assert _names(cast) == ["a new one", f"n of {cast.tenant.name}"]
    with cast.scope():
        Customer.objects.all().delete()
    assert _names(cast) == []


def test_one_plan_serves_all_keys_and_each_tenant_sees_its_own(
    cast: Company, other: Company, now: datetime.datetime
) -> None:
    notes = Planned(lambda customer: Note.objects.filter(customer=customer).select_related("author"))
    keys = []
    for company in (cast, other):
        with company.scope():
            customer = actions.create_customer(actor=company.gao.actor, name="王", now=now)
            actions.add_note(
                actor=company.gao.actor, customer_id=customer.id, body=company.tenant.name, now=now
            )
            keys.append(customer.id)
    for company, key in zip((cast, other), keys, strict=True):
        with company.scope():
            (note,) = notes(key)
            assert (note.body, note.author) == (company.tenant.name, Member.objects.get(pk=note.author_id))
            assert [notes(each) for each in keys if each != key] == [[]]
            assert notes(uuid7()) == []
    assert notes(keys[0]) == []  # outside any tenant's transaction
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements"
                       " WHERE statement LIKE '%customers_note%' ORDER BY prepare_time DESC")  # fmt: skip
        assert cursor.fetchone() == (7, 0)


@pytest.mark.usefixtures("inside")
def test_an_authors_absence_is_nobody(cast: Company, now: datetime.datetime) -> None:
    notes = Planned(lambda customer: Note.objects.filter(customer=customer).select_related("author"))
    customer = actions.create_customer(actor=cast.gao.actor, name="王", now=now)
    Note.objects.create(customer=customer, author=None, body="x")
    (note,) = notes(customer.id)
    assert note.author is None


@pytest.mark.usefixtures("inside")
def test_saved_views_are_ones_own_and_the_shared(cast: Company) -> None:
    for member in (cast.lin.member, cast.chen.member, None):
        SavedView.objects.create(member=member, page="customers", name=str(member), columns=["code"])
    for _ in range(2):
        views = queries.saved_views(cast.lin.actor, "customers")
        assert [(view.name, view.columns) for view in views] == [
            (str(cast.lin.member), ["code"]), ("None", ["code"]),
        ]  # fmt: skip


def test_a_search_leads_on_and_back_in_the_order_asked(inside: Company, now: datetime.datetime) -> None:
    for number in range(12):
        actions.create_customer(actor=inside.gao.actor, name=f"find {number:02}", now=now)
    for sort in ("name", "-name", "-created", "value"):
        whole = queries.list_customers(inside.gao.actor, CustomerFilter(q="find"), sort=sort)  # type: ignore[arg-type]
        token, names = "", []
        while True:
            page = queries.list_customers(
                inside.gao.actor,
                CustomerFilter(q="find"),
                sort=sort,
                after=token,
                limit=5,  # type: ignore[arg-type]
            )
            names += [row["name"] for row in page.rows]
            if not page.next:
                break
            token = page.next
        assert names == [row["name"] for row in whole.rows]
        assert len(names) == len(set(names)) == 12
        back = queries.list_customers(
            inside.gao.actor,
            CustomerFilter(q="find"),
            sort=sort,
            after=page.previous or "",
            limit=5,  # type: ignore[arg-type]
        )
        assert [row["name"] for row in back.rows] == names[5:10]
    assert queries.count_customers(inside.gao.actor, CustomerFilter(q="find")).number == 12
