"""Lists: who is shown to whom, filters, search, order, count."""

import datetime
import json
import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from pydantic import ValidationError

from tests.cast import Company
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, CustomerSearch
from zhiyin.customers.queries import CustomerFilter, counting
from zhiyin.platform import search

Now = datetime.datetime


def _names(company: Company, who: str = "gao", **where: Any) -> list[str]:
    actor = company.people[who].actor
    return [row["name"] for row in queries.list_customers(actor, CustomerFilter(**where)).rows]


@pytest.fixture
def people(inside: Company, now: Now) -> dict[str, Customer]:
    made = {}
    for owner, name, code, more in [
        ("lin", "王小明", "K-1001", {"city": "上海", "country": "中国", "status": "loyal"}),
        ("lin", "王晓敏", "K-1002", {"country": "中国", "source": "web"}),
        ("chen", "李雷", "K-1003", {"country": "Finland"}),
        ("wu", "Ann O'Hara", "A-77", {"kind": "organisation", "short_name": "AOH", "stage": "decline"}),
        ("an", "杭州明远电器有限公司", "B-1", {"kind": "organisation"}),
    ]:
        customer = actions.create_customer(
            actor=inside.people[owner].actor, name=name, code=code, now=now, **more
        )
        made[name] = customer
    point = {"actor": inside.gao.actor, "customer_id": made["王小明"].id, "now": now}
    actions.add_contact(**point, kind="phone", value="138 0013 8000")
    actions.add_contact(**point, kind="email", value="Ming.Wang@example.com")
    return made


def worth(customer: Customer, now: Now, **values: Any) -> None:
    base = {
        "orders": 1, "first_at": now, "last_at": now, "spend": 10, "margin": 1, "frequency": 0, "recency": 0,
        "age": 1, "mean_spend": 1, "recency_score": 1, "frequency_score": 1, "monetary_score": 1,
        "group": "new", "analysis_id": uuid.uuid4(),
    }  # fmt: skip
    CustomerValue.objects.create(customer_id=customer.id, **(base | values))


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("lin", {"王小明", "王晓敏"}),
        ("chen", {"李雷"}),
        ("ma", {"王小明", "王晓敏", "李雷"}),
        ("wu", {"Ann O'Hara"}),
        ("an", {"杭州明远电器有限公司"}),
        ("xu", {"王小明", "王晓敏", "李雷", "Ann O'Hara", "杭州明远电器有限公司"}),
    ],
)
def test_each_sees_the_records_of_his_scope(
    inside: Company, other: Company, people: dict[str, Customer], who: str, seen: set[str], now: Now
) -> None:
    with other.scope():
        actor = other.people["gao" if who == "xu" else who].actor
        actions.create_customer(actor=actor, name="王小明", now=now)
        assert _names(other, who) == ["王小明"]
    assert set(_names(inside, who)) == seen
    assert set(_names(inside, who, q="王")) == seen & {"王小明", "王晓敏"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("王", {"王小明", "王晓敏"}),
        ("小明", {"王小明"}),
        ("明远", {"杭州明远电器有限公司"}),
        ("wangxiao", {"王小明", "王晓敏"}),
        ("xiaomin", {"王小明", "王晓敏"}),
        ("wxm", {"王小明", "王晓敏"}),
        ("w", {"王小明", "王晓敏"}),
        ("hzmy", {"杭州明远电器有限公司"}),
        ("0013", {"王小明"}),
        ("138-0013-8000", {"王小明"}),
        ("+86 138 0013 8000", {"王小明"}),
        ("k-100", {"王小明", "王晓敏", "李雷"}),
        ("ming.wang@", {"王小明"}),
        ("o'hara", {"Ann O'Hara"}),
        ("aoh", {"Ann O'Hara"}),
        ("ＡＮＮ", {"Ann O'Hara"}),
        ("小明 8000", {"王小明"}),
        ("wang xi", {"王小明", "王晓敏"}),
        ("wang xia ming", {"王小明"}),
        ("li le", {"李雷"}),
        ("ann o", {"Ann O'Hara"}),
        ("100%", set()),
        ("_", set()),
        ("赵", set()),
    ],
)
def test_the_search_box_understands(
    inside: Company, people: dict[str, Customer], words: str, found: set[str]
) -> None:
    assert set(_names(inside, q=words)) == found


def test_a_changed_or_removed_name_or_number_is_searched_anew(
    inside: Company, people: dict[str, Customer], now: Now
) -> None:
    actor, customer = inside.gao.actor, people["王小明"]
    actions.update_customer(actor=actor, customer_id=customer.id, changes={"name": "赵小明"}, now=now)
    phone = next(each for each in queries.contact_points(actor, customer.id) if each.kind == "phone")
    actions.remove_contact(actor=actor, customer_id=customer.id, contact_id=phone.pk, now=now)
    assert _names(inside, q="赵小") == ["赵小明"]
    assert _names(inside, q="王小") == []
    assert _names(inside, q="138001") == []


def test_filters_narrow_each_other(inside: Company, people: dict[str, Customer], now: Now) -> None:
    worth(people["王小明"], now, value=500.0, group="champions", spend=100)
    worth(people["李雷"], now - datetime.timedelta(days=40), value=None, group="lost")
    tag = actions.create_tag(actor=inside.gao.actor, name="VIP", now=now)
    chosen = actions.Selection(ids=(people["王小明"].id, people["Ann O'Hara"].id))
    actions.tag_customers(actor=inside.gao.actor, selection=chosen, tag_id=tag.id, now=now)
    today = now.date()
    for where, found in [
        ({"kind": ["organisation"]}, {"Ann O'Hara", "杭州明远电器有限公司"}),
        ({"status": ["loyal", "lost"]}, {"王小明"}),
        ({"stage": ["decline"]}, {"Ann O'Hara"}),
        ({"country": ["中国"], "source": ["web"]}, {"王晓敏"}),
        ({"owner": [inside.lin.member.pk]}, {"王小明", "王晓敏"}),
        ({"owner": ["none"]}, set()),
        ({"owner": ["none", inside.wu.member.pk]}, {"Ann O'Hara"}),
        ({"unit": [inside.an.member.unit_id]}, {"杭州明远电器有限公司"}),
        ({"tag": [tag.id]}, {"王小明", "Ann O'Hara"}),
        ({"tag": [tag.id], "kind": ["person"]}, {"王小明"}),
        ({"ordered": True}, {"王小明", "李雷"}),
        ({"ordered": False, "kind": ["person"]}, {"王晓敏"}),
        ({"group": ["champions"]}, {"王小明"}),
        ({"value_min": 100}, {"王小明"}),
        ({"value_max": 100}, set()),
        ({"last_to": today - datetime.timedelta(days=30)}, {"李雷"}),
        ({"last_from": today - datetime.timedelta(days=30)}, {"王小明"}),
        ({"created_from": today + datetime.timedelta(days=2)}, set()),
        ({"q": "王", "status": ["loyal"]}, {"王小明"}),
    ]:
        assert set(_names(inside, **where)) == found, where


def test_orders_put_those_without_a_number_last(
    inside: Company, people: dict[str, Customer], now: Now
) -> None:
    worth(people["王小明"], now, value=5.0, alive=0.1, spend=100)
    worth(people["李雷"], now, value=9.0, alive=0.9, spend=20)
    worth(people["王晓敏"], now, value=None, alive=None, spend=30)
    actor = inside.gao.actor

    def top(sort: Any) -> list[str]:
        return [row["name"] for row in queries.list_customers(actor, CustomerFilter(), sort=sort).rows]

    assert top("name")[:2] == ["Ann O'Hara", "杭州明远电器有限公司"]
    assert top("-value")[:2] == ["李雷", "王小明"]
    assert top("value")[:2] == ["王小明", "李雷"]
    assert top("-spend")[:3] == ["王小明", "王晓敏", "李雷"]
    for sort in ("-value", "value", "-alive", "-last", "spend", "-created"):
        names, token = [], ""
        while True:
            page = queries.list_customers(actor, CustomerFilter(), sort=sort, after=token, limit=2)  # type: ignore[arg-type]
            names += [row["name"] for row in page.rows]
            if not page.next:
                break
            token = page.next
        assert sorted(names) == sorted(people)
        assert names == top(sort)


def test_of_a_table_never_analysed_it_is_told_how_many_there_are_at_least(
    inside: Company, people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "EXACT_UP_TO", 3)
    monkeypatch.setattr(counting, "_estimate", lambda _rows: 1)
    rows = queries.matching(inside.gao.actor, CustomerFilter())
    assert queries.count(rows) == queries.Count(4, exact=False, least=True)


def test_counts_are_exact_up_to_a_thousand(inside: Company, people: dict[str, Customer], now: Now) -> None:
    rows = queries.matching(inside.gao.actor, CustomerFilter())
    assert queries.count(rows) == queries.Count(5, exact=True)
    Customer.objects.bulk_create(
        Customer(name=str(n), code=str(n), code_key=str(n), name_key=str(n)) for n in range(1500)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")
    many = queries.count(rows)
    assert not many.exact
    assert many.number >= 1000
    assert (
        queries.count(queries.matching(inside.gao.actor, CustomerFilter(kind=["organisation"]))).number == 2
    )


@pytest.mark.parametrize("bad", [{"status": ["x"]}, {"owner": ["y"]}, {"value_min": "nan"}, {"q": "a\0"}])
def test_a_filter_that_means_nothing_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CustomerFilter.model_validate(bad)


def test_the_palette_finds_the_first_few(inside: Company, people: dict[str, Customer]) -> None:
    assert [row["name"] for row in queries.quick_search(inside.lin.actor, "wx")] == ["王晓敏", "王小明"]
    assert queries.quick_search(inside.wu.actor, "wx") == []
    assert queries.quick_search(inside.wu.actor, "  ") == []


def _many(company: Company, number: int = 20_000) -> None:
    """Enough rows, with statistics, that the planner's choice means something."""
    tenant = company.tenant.id
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_customer (kind, code, code_key, name, name_key, short_name, country,
               city, status, stage, source, created_at, updated_at)
               SELECT 'person', 'n'||n, 'n'||n, 'n'||n, md5(n::text), '', 'c'||n%%30, '',
               CASE WHEN n%%500 = 0 THEN 'loyal' ELSE 'potential' END, '', '',
               now() - n * interval '1 minute', now() FROM generate_series(1, %s) n""",
            [number],
        )
        cursor.execute("SELECT id, code, name_key FROM customers_customer")
        rows = cursor.fetchall()
    CustomerSearch.objects.bulk_create(
        CustomerSearch(
            customer_id=key, text=f"\n{code}", tokens=search.tokens(tenant, f"\n{code}"), name_key=name_key
        )
        for key, code, name_key in rows
    )


def _plan(sql: str, params: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        return json.dumps(cursor.fetchone()[0])


def test_lists_are_read_from_an_index_under_row_level_security(inside: Company) -> None:
    _many(inside)
    actor = inside.gao.actor
    for where, sort, index in [
        ({}, "name", "customer_by_name"),
        ({}, "-created", "customer_by_creation"),
        ({"status": ["loyal"]}, "name", "customer_by_status"),
        ({"country": ["c7"]}, "name", "customer_by_country"),
    ]:
        first = queries.list_customers(actor, CustomerFilter(**where), sort=sort, limit=5)  # type: ignore[arg-type]
        with _statements() as seen:
            queries.list_customers(actor, CustomerFilter(**where), sort=sort, after=first.next or "", limit=5)  # type: ignore[arg-type]
        statement = seen[-1]
        plan = _plan(statement, None)
        assert index in plan, plan
        assert '"Node Type": "Sort"' not in plan
        assert "Index Cond" in plan
        assert "ROW(" in plan.split("Index Cond")[1].split("Plans")[0]


def test_search_reads_the_gin_index_although_row_level_security_is_forced(inside: Company) -> None:
    _many(inside)
    wanted = search.query(inside.tenant.id, "n1234")
    assert wanted
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_get_xact_numscans(%s::regclass)",
                       ["customer_search_tokens"])  # fmt: skip
        before = cursor.fetchone()[1]
        cursor.execute(
            "SELECT count(*) FROM search_customers(%s::int[], %s, 1000)", [wanted.tokens, wanted.patterns]
        )
        assert cursor.fetchone() == (11,)
        cursor.execute("SELECT pg_stat_get_xact_numscans(%s::regclass)", ["customer_search_tokens"])
        assert cursor.fetchone()[0] == before + 1


def test_a_page_of_a_search_looks_up_only_the_customers_it_shows(inside: Company) -> None:
    _many(inside)
    for sort, descending in (("name", False), ("-name", True)):
        with _statements() as seen:
            first = queries.list_customers(inside.gao.actor, CustomerFilter(q="n12"), sort=sort, limit=5)
            queries.list_customers(
                inside.gao.actor, CustomerFilter(q="n12"), sort=sort, after=first.next or "", limit=5
            )
            queries.quick_search(inside.gao.actor, "n12", limit=5)
        lists = [statement for statement in seen if "customers_customer" in statement]
        assert len(lists) == 3
        # which customers these are, the documents tell alone
        page = r"IN \(SELECT id FROM search_customers\([^()]*\).* ORDER BY name_key \w+, id \w+ LIMIT [56]\)"
        assert all(re.search(page, statement) for statement in lists)
        assert queries.count_customers(inside.gao.actor, CustomerFilter(q="n12")).number == 1000
        names = [row["name_key"] for row in first.rows]
        assert names == sorted(names, reverse=descending)


def test_the_key_by_which_a_search_is_sorted_follows_the_customer(
    inside: Company, people: dict[str, Customer], now: Now
) -> None:
    assert _names(inside, q="王") == ["王晓敏", "王小明"]
    Customer.objects.filter(pk=people["王晓敏"].pk).update(name_key="zz")
    assert _names(inside, q="王") == ["王小明", "王晓敏"]
    actions.update_customer(
        actor=inside.gao.actor, customer_id=people["王小明"].pk, changes={"name": "赵小明"}, now=now
    )
    keys = Customer.objects.values_list("pk", "name_key").order_by("pk")
    assert list(CustomerSearch.objects.values_list("pk", "name_key").order_by("pk")) == list(keys)


def test_search_gives_nothing_of_another_tenant(inside: Company, other: Company, now: Now) -> None:
    customer = actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)
    wanted = search.query(inside.tenant.id, "小明")
    assert wanted
    sql, params = "SELECT id FROM search_customers(%s::int[], %s, 10)", [wanted.tokens, wanted.patterns]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.fetchall() == [(customer.id,)]
        with other.scope():
            cursor.execute(sql, params)
            assert cursor.fetchall() == []


def _statements():  # type: ignore[no-untyped-def]
    """The SQL that runs inside, with its values."""
    import contextlib

    from django.test.utils import CaptureQueriesContext

    @contextlib.contextmanager
    def capture():  # type: ignore[no-untyped-def]
        seen: list[str] = []
        with CaptureQueriesContext(connection) as context:
            yield seen
        seen += [query["sql"] for query in context.captured_queries]

    return capture()


def test_an_estimate_is_kept_only_for_the_same_reach(
    cast: Company, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(2000, 2100))
    monkeypatch.setattr(
        counting, "_count", lambda rows, _within=None, _shown=0: queries.Count(next(numbers), exact=False)
    )
    everybody, organisations = CustomerFilter(), CustomerFilter(kind=["organisation"])
    asked = [
        (actor, where)
        for actor in (cast.gao.actor, cast.lin.actor, cast.chen.actor, other.gao.actor)
        for where in (everybody, organisations)
    ]
    first = [queries.count_customers(*each).number for each in asked]
    assert len(set(first)) == len(asked)
    assert [queries.count_customers(*each).number for each in asked] == first


@pytest.mark.parametrize("where", [{}, {"q": "王"}])
def test_who_reaches_no_records_gets_an_empty_list(
    inside: Company, people: dict[str, Customer], where: dict[str, Any]
) -> None:
    nobody = replace(inside.lin.actor, member_id=None)
    assert queries.list_customers(nobody, CustomerFilter(**where)).rows == []
