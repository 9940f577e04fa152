"""How a customer is reached: every kind, what was verified, until when it holds, who else is reached there."""

import csv
import datetime
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation
from django.utils.timezone import localdate

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.exports import write_customers
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.customers.queries import CustomerFilter, Sharing
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.tenancy import with_gone

Now = datetime.datetime
DAY = datetime.timedelta(days=1)
Add = Callable[..., ContactPoint]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def add(inside: Company, now: Now) -> Add:
    def added(customer: Customer, kind: str, value: str, **more: Any) -> ContactPoint:
        return actions.add_contact(
            actor=inside.gao.actor,
            customer_id=customer.pk,
            kind=kind,
            value=value,
            **{"now": now, **more},
        )

    return added


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("wechat", "Wang_Xiaoming-88", "Wang_Xiaoming-88"),
        ("openid", "oGZUI0egBJY1zhBYw2KhdUfwVJJE", "oGZUI0egBJY1zhBYw2KhdUfwVJJE"),
        ("unionid", "o6_bmasdasdsad6_2sgVt7hMZOPfL", "o6_bmasdasdsad6_2sgVt7hMZOPfL"),
        ("wecom", "wmqfasd1e1927831123109rBAAAA", "wmqfasd1e1927831123109rBAAAA"),
        ("qq", "10001", "10001"),
        ("weibo", "@来去之间", "来去之间"),
        ("weibo", "https://weibo.com/u/1111681197?tab=home", "1111681197"),
        ("weibo", "https://weibo.com/n/%E6%9D%A5%E5%8E%BB%E4%B9%8B%E9%97%B4", "来去之间"),
        ("douyin", "wang.xm_2026", "wang.xm_2026"),
        ("douyin", "https://www.douyin.com/user/MS4wLjABAAAA-x_1", "MS4wLjABAAAA-x_1"),
    ],
)
def test_accounts_are_kept_by_what_names_them(
    wang: Customer, add: Add, kind: str, written: str, kept: str
) -> None:
    point = add(wang, kind, written)
    assert (point.value, point.value_key) == (kept, kept.casefold())
    with pytest.raises(Conflict):
        add(wang, kind, kept)


@pytest.mark.parametrize(
    ("kind", "written", "says"),
    [
        ("wechat", "8wang", "begins with a letter"),
        ("wechat", "wáng_xm", "begins with a letter"),
        ("openid", "o6_bm", "OpenID"),
        ("unionid", "o6 bmasdasdsad6_2sgVt7hMZOPfL", "UnionID"),
        ("wecom", "xxqfasd1e1927831123109rBAAAA", "wm or wo"),
        ("qq", "0123456", "QQ"),
        ("qq", "１２３４５６", "QQ"),
        ("weibo", "https://weibo.com.evil.cn/u/1", "Weibo"),
        ("douyin", "a b", "Douyin"),
        ("douyin", "", "Douyin"),
    ],
)
def test_what_is_no_such_account_is_refused_with_its_form(
    wang: Customer, add: Add, kind: str, written: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        add(wang, kind, written)


def test_the_search_box_finds_by_every_kind_but_addresses(inside: Company, wang: Customer, add: Add) -> None:
    values = {
        "phone": "13800138000",
        "email": "wang@firma.cn",
        "wechat": "wxid_longname",
        "openid": "oGZUI0egBJY1zhBYw2KhdUfwVJJE",
        "unionid": "o6_bmasdasdsad6_2sgVt7hMZOPfL",
        "wecom": "wmqfasd1e1927831123109rBAAAA",
        "qq": "98765432",
        "weibo": "来去之间",
        "douyin": "dy.wang_77",
    }
    assert values.keys() == set(ContactKind.values) - {"address"}
    for kind, value in values.items():
        add(wang, kind, value)
    for value in values.values():
        rows = queries.list_customers(inside.lin.actor, CustomerFilter(q=value)).rows
        assert [row["id"] for row in rows] == [wang.pk], value


def test_verified_says_when_and_how(wang: Customer, add: Add, now: Now, inside: Company) -> None:
    point = add(wang, "phone", "13800138000", verified_how="talk")
    assert (point.verified_on, point.verified_how) == (localdate(now), "talk")
    told = AuditEntry.objects.filter(subject_id=wang.pk).latest("id").changes
    assert told["contact_verified_how"] == [None, "talk"]
    with pytest.raises(Invalid, match="still to come"):
        add(wang, "email", "a@b.cn", verified_how="code", verified_on=now.date() + 3 * DAY)
    with pytest.raises(Invalid, match="how it was verified"):
        add(wang, "email", "a@b.cn", verified_on=now.date())
    with pytest.raises(Invalid):
        add(wang, "email", "a@b.cn", verified_how="guess")


def test_another_number_is_not_verified_any_more(wang: Customer, add: Add, now: Now, inside: Company) -> None:
    point = add(wang, "phone", "13800138000", verified_how="talk")

    def change(value: str, **more: Any) -> ContactPoint:
        shall = {"verified_on": now.date(), "verified_how": "talk", **more}
        return actions.change_contact(
            actor=inside.lin.actor, customer_id=wang.pk, contact_id=point.pk, value=value, now=now, **shall
        )

    assert change("138-0013-8000").verified_how == "talk", "the same number written otherwise"
    assert change("13900139000").verified_on is None
    assert change("13700137000", verified_how="code").verified_how == "code"


def test_a_primary_one_that_is_over_leads_no_more(
    inside: Company, wang: Customer, add: Add, now: Now, time_machine: Any
) -> None:
    old = add(wang, "phone", "13800138000", is_primary=True, valid_until=localdate(now))
    new = add(wang, "phone", "13900139000")
    time_machine.move_to(now, tick=False)
    assert [(point.pk, point.leads) for point in queries.contact_points(inside.lin.actor, wang.pk)] == [
        (old.pk, True),
        (new.pk, False),
    ]
    time_machine.move_to(now + 2 * DAY, tick=False)
    assert [(point.pk, point.leads) for point in queries.contact_points(inside.lin.actor, wang.pk)] == [
        (new.pk, True),
        (old.pk, False),
    ]
    actions.remove_contact(actor=inside.lin.actor, customer_id=wang.pk, contact_id=new.pk, now=now)
    assert not any(point.leads for point in queries.contact_points(inside.lin.actor, wang.pk)), (
        "none is better than a dead one"
    )


def test_a_family_phone_names_whom_the_reader_sees_and_counts_the_others(
    inside: Company, wang: Customer, add: Add, now: Now
) -> None:
    point = add(wang, "phone", "13800138000")
    add(wang, "qq", "10001")
    people = [(inside.lin, "王妈妈"), (inside.lin, "王爸爸"), (inside.wu, "王叔叔"), (inside.wu, "王阿姨")]
    for owner, name in people:
        other = actions.create_customer(actor=owner.actor, name=name, now=now)
        add(other, "phone", "+86 138 0013 8000")
    stranger = actions.create_customer(actor=inside.lin.actor, name="同号的 QQ 用户", now=now)
    add(stranger, "wechat", "a13800138000")

    def shared(actor: Any) -> Sharing:
        found = queries.also_of(actor, wang.pk, queries.contact_points(inside.lin.actor, wang.pk))
        assert found.keys() == {("phone", point.value_key)}
        return found["phone", point.value_key]

    seen = shared(inside.lin.actor)
    assert [name for _key, name in seen.seen] == ["王妈妈", "王爸爸"]
    assert (seen.more, seen.cut) == (2, False)
    assert len(shared(inside.gao.actor).seen) == 4


def test_a_switchboard_of_hundreds_is_counted_up_to_a_bound(
    inside: Company, wang: Customer, add: Add, now: Now
) -> None:
    point = add(wang, "phone", "0571-8888 6666")
    rows = [
        Customer(name=f"员工{at}", code=f"E{at}", code_key=f"e{at}", created_at=now, updated_at=now)
        for at in range(250)
    ]
    staff = Customer.objects.bulk_create(rows)
    ContactPoint.objects.bulk_create(
        ContactPoint(
            customer=each, kind="phone", value=point.value, value_key=point.value_key, created_at=now
        )
        for each in staff
    )
    found = queries.also_of(inside.lin.actor, wang.pk, [point])["phone", point.value_key]
    assert (found.seen, found.more, found.cut) == ((), 200, True)


def test_what_was_removed_comes_back_as_it_was(inside: Company, wang: Customer, add: Add, now: Now) -> None:
    first = add(wang, "phone", "13800138000", label="家", verified_how="code", valid_until=now.date() + DAY)
    second = add(wang, "phone", "13900139000")
    kept = actions.remove_contact(actor=inside.lin.actor, customer_id=wang.pk, contact_id=first.pk, now=now)
    assert ContactPoint.objects.get(pk=second.pk).is_primary
    assert actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now).restored == 1
    again = ContactPoint.objects.get(pk=first.pk)
    assert again.version == first.version
    assert not ContactPoint.objects.get(pk=second.pk).is_primary
    words = CustomerFilter(q="13800138000")
    assert len(queries.list_customers(inside.lin.actor, words).rows) == 1


def test_what_is_there_anew_is_not_put_back_beside_it(
    inside: Company, wang: Customer, add: Add, now: Now
) -> None:
    gone = add(wang, "email", "a@b.cn")
    kept = actions.remove_contact(actor=inside.lin.actor, customer_id=wang.pk, contact_id=gone.pk, now=now)
    add(wang, "email", "A@b.cn")
    undone = actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now)
    assert (undone.restored, undone.left) == (0, 1)
    assert ContactPoint.objects.filter(customer=wang).count() == 1


def test_an_address_has_four_levels(wang: Customer, add: Add) -> None:
    parts = {
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "township": "灵隐街道",
        "street": "龙井路 1 号",
    }
    point = add(wang, "address", "", parts=parts)
    assert point.parts == parts
    assert point.value == "浙江省 杭州市 西湖区 灵隐街道 龙井路 1 号"


def test_lists_narrow_to_who_shares_what_was_verified_and_what_ended(
    inside: Company, wang: Customer, add: Add, now: Now
) -> None:
    mother = actions.create_customer(actor=inside.wu.actor, name="王妈妈", now=now)
    alone = actions.create_customer(actor=inside.lin.actor, name="独自", now=now)
    add(wang, "phone", "13800138000")
    add(mother, "phone", "+86 138 0013 8000", verified_how="talk")
    add(alone, "phone", "13900139000", valid_until=now.date() - 3 * DAY)
    add(alone, "qq", "13800138000")

    def found(field: str, op: str, *kinds: str) -> set[str]:
        condition = {"field": field, "op": op, "value": list(kinds)}
        where = CustomerFilter(filter=json.dumps({"match": "all", "of": [condition]}))
        return {row["name"] for row in queries.list_customers(inside.gao.actor, where).rows}

    assert found("shares", "in", "phone") == {"王小明", "王妈妈"}
    assert found("shares", "in", "qq") == set()
    assert found("shares", "not_in", "phone", "qq") == {"独自"}
    assert found("verified", "in", "phone") == {"王妈妈"}
    assert found("ended", "in", "phone") == {"独自"}
    with with_gone():
        Customer.objects.filter(pk=mother.pk).update(gone="deleted", gone_at=now)
    assert found("shares", "in", "phone") == set(), "who is gone shares nothing"
    with pytest.raises(Invalid):
        found("shares", "in", "fax")


def test_a_file_has_every_kind_and_what_ended_last(
    inside: Company, wang: Customer, add: Add, now: Now
) -> None:
    add(wang, "phone", "13800138000", is_primary=True, valid_until=now.date() - 3 * DAY)
    add(wang, "phone", "13900139000")
    add(wang, "wechat", "wang_xm88")
    add(wang, "address", "", parts={"city": "杭州市", "street": "龙井路 1 号"})
    stream = io.BytesIO()
    columns = ["name", "phone", "wechat", "qq", "address"]
    write_customers(Customer.objects.all(), stream, columns=columns, actor=inside.gao.actor, style="csv")
    _heading, row = csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig")))
    assert row == ["王小明", "13900139000; 13800138000", "wang_xm88", "", "杭州市 龙井路 1 号"]
