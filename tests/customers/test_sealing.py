"""Contact points lie encrypted while a customer is in a pool; claiming opens them."""

import datetime
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Company
from tests.imports.importing import import_text, query
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import PoolRules, Selection, duplicates
from zhiyin.customers.actions.merging.parts import values_of
from zhiyin.customers.exports import write_customers
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import ContactPoint, Customer, CustomerSearch, Pool
from zhiyin.customers.queries import CustomerFilter
from zhiyin.customers.suppression import Suppressed
from zhiyin.platform import crypto
from zhiyin.platform.crypto import rotation
from zhiyin.platform.errors import Conflict

Now = datetime.datetime
PHONE, MAIL, STREET = "13912345678", "Sealed@Secret.example", "保密路8号"
ADDRESS = {
    "province": "广东省",
    "city": "广州市",
    "district": "天河区",
    "street": STREET,
    "postcode": "510000",
}
SECRETS = ("13912345", "2345678", "secret.example", "保密路", "510000")


@pytest.fixture
def pool(inside: Company, now: Now) -> Pool:
    return actions.create_pool(actor=inside.gao.actor, rules=PoolRules("公海"), now=now)


def _customer(inside: Company, now: Now, code: str = "K1", **reached: str) -> uuid.UUID:
    lin = inside.lin.actor
    key = actions.create_customer(actor=lin, name="王小明", code=code, now=now).pk
    for kind, value in (reached or {"phone": PHONE, "email": MAIL}).items():
        actions.add_contact(actor=lin, customer_id=key, kind=kind, value=value, now=now)
    if not reached:
        actions.add_contact(actor=lin, customer_id=key, kind="address", parts=ADDRESS, now=now)
    return key


def _pool_it(inside: Company, pool: Pool, key: uuid.UUID, now: Now) -> actions.Done:
    return actions.return_customers(
        actor=inside.lin.actor, selection=Selection((key,)), pool_id=pool.pk, reason="没有时间", now=now
    )


def _claim(inside: Company, pool: Pool, key: uuid.UUID, now: Now) -> None:
    actions.claim_customers(actor=inside.chen.actor, pool_id=pool.pk, customer_ids=[key], now=now)


def _points(key: uuid.UUID) -> list[dict[str, Any]]:
    return [values_of(each) for each in ContactPoint.objects.filter(customer=key).order_by("pk")]


def _stored(key: uuid.UUID) -> str:
    """All that the tables of contact points and of the search box hold of a customer."""
    rows = ContactPoint.objects.filter(customer=key)
    words = CustomerSearch.objects.filter(customer=key).values_list("text", flat=True)
    return "\n".join(
        [*(f"{each.value} {each.value_key} {each.parts} {each.sealed!r}" for each in rows), *words]
    )


def _is_sealed(key: uuid.UUID) -> bool:
    rows = list(ContactPoint.objects.filter(customer=key))
    assert rows
    assert len({each.sealed is None for each in rows}) == 1, "all of them or none"
    return rows[0].sealed is not None


def test_what_a_pool_holds_tells_no_contact_point_and_a_claim_opens_them(
    inside: Company, pool: Pool, now: Now
) -> None:
    key = _customer(inside, now)
    before = _points(key)
    text = CustomerSearch.objects.get(customer=key).text
    assert all(secret in _stored(key).lower() for secret in SECRETS)
    _pool_it(inside, pool, key, now)
    assert _is_sealed(key)
    assert not any(secret in _stored(key).lower() for secret in SECRETS)
    territory = ContactPoint.objects.get(customer=key, kind="address").parts
    assert territory == {"province": "广东省", "city": "广州市", "district": "天河区"}
    _claim(inside, pool, key, now)
    assert _points(key) == before
    assert CustomerSearch.objects.get(customer=key).text == text


def test_each_way_out_of_a_pool_opens(inside: Company, pool: Pool, now: Now) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    before = _points(key)
    unit = inside.ma.member.unit_id
    ways: list[Any] = [
        lambda done: actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=now),
        lambda _done: actions.assign_from_pool(
            actor=gao, pool_id=pool.pk, customer_ids=[key], owner_id=inside.lin.member.pk, now=now
        ),
        lambda _done: actions.assign_customers(
            actor=gao, selection=Selection((key,)), owner_id=inside.lin.member.pk, now=now
        ),
        lambda _done: actions.update_customer(
            actor=gao, customer_id=key, changes={"owner_id": inside.lin.member.pk}, now=now
        ),
        lambda _done: actions.update_customer(actor=gao, customer_id=key, changes={"unit_id": unit}, now=now),
    ]
    for way in ways:
        done = _pool_it(inside, pool, key, now)
        assert _is_sealed(key)
        way(done)
        assert _points(key) == before


def test_who_manages_pools_reads_and_writes_them(
    inside: Company, pool: Pool, now: Now, tmp_path: Path
) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    _pool_it(inside, pool, key, now)
    seen = {each.kind: each for each in queries.contact_points(gao, key)}
    assert (seen["phone"].value, seen["email"].value) == (PHONE, MAIL)
    assert seen["address"].parts == ADDRESS
    with pytest.raises(Conflict):
        actions.add_contact(actor=gao, customer_id=key, kind="phone", value=f"+86 {PHONE}", now=now)
    second = actions.add_contact(actor=gao, customer_id=key, kind="phone", value="13800000001", now=now)
    actions.change_contact(
        actor=gao, customer_id=key, contact_id=seen["phone"].pk, value="13800000002", label="公司",
        is_primary=True, version=seen["phone"].version, now=now,
    )  # fmt: skip
    undo = actions.remove_contact(actor=gao, customer_id=key, contact_id=second.pk, now=now)
    assert "138000" not in str(undo.data)
    actions.undo_change(actor=gao, undo_id=undo.pk, now=now)
    assert _is_sealed(key)
    assert "138000" not in _stored(key)
    found = {each.value for each in queries.contact_points(gao, key) if each.kind == "phone"}
    assert found == {"13800000001", "13800000002"}
    with (tmp_path / "out.csv").open("wb") as stream:
        everybody = access.customers(gao)
        write_customers(everybody, stream, actor=gao, columns=["code", "email"], style="csv")
    assert MAIL in (tmp_path / "out.csv").read_text("utf-8-sig")


def test_whole_numbers_find_sealed_ones_for_who_reaches_them(inside: Company, pool: Pool, now: Now) -> None:
    key = _customer(inside, now)
    _pool_it(inside, pool, key, now)
    where: Any = {"of": [{"field": "phone", "op": "in", "value": [PHONE]}]}
    for text in ("139 1234 5678", f"+86{PHONE}", MAIL.upper()):
        page = queries.list_customers(inside.gao.actor, CustomerFilter(search=text))
        assert [row["id"] for row in page.rows] == [key], text
        assert not queries.list_customers(inside.lin.actor, CustomerFilter(search=text)).rows
    page = queries.list_customers(inside.gao.actor, CustomerFilter(where=read(where)))
    assert [row["id"] for row in page.rows] == [key]


def test_duplicates_are_known_across_the_seal(inside: Company, pool: Pool, now: Now) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    _pool_it(inside, pool, key, now)
    other = _customer(inside, now, "K2", phone=PHONE, email=MAIL)
    assert [row.pk for row, _same in queries.likely(gao, phone=PHONE).seen] != []
    assert key in {row.pk for row, _same in queries.likely(gao, phone=PHONE).seen}
    shared = queries.also_of(gao, other, queries.contact_points(gao, other))
    assert shared["phone", f"+86{PHONE}"].seen == ((key, "王小明"),)
    sealed, open_ = duplicates._table().select(["phone", "email"]).to_pylist()
    assert sealed == open_ == {"phone": f"+86{PHONE}", "email": MAIL.casefold()}


@pytest.mark.parametrize("pooled_survives", [True, False])
def test_a_merge_across_the_seal_is_taken_back(
    inside: Company, pool: Pool, now: Now, *, pooled_survives: bool
) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    other = _customer(inside, now, "K2", phone=PHONE, wechat="wang_xiaoming")
    before = _points(key), _points(other)
    _pool_it(inside, pool, key, now)
    survivor, vanished = (key, other) if pooled_survives else (other, key)
    merged = actions.merge_customers(
        actor=gao, survivor_id=survivor, customer_ids=[vanished], choices={"owner_id": survivor}, now=now
    )
    assert _is_sealed(survivor) == pooled_survives
    kinds = sorted(each.kind for each in queries.contact_points(gao, survivor))
    assert kinds == ["address", "email", "phone", "wechat"], "the telephone is one"
    actions.undo_merge(actor=gao, merge_id=merged.merge.pk, now=now)
    assert _is_sealed(key)
    assert not _is_sealed(other)
    _claim(inside, pool, key, now)
    assert (_points(key), _points(other)) == before


def test_what_lay_open_is_sealed_later_and_what_lay_sealed_is_opened(
    inside: Company, pool: Pool, now: Now
) -> None:
    one, other = _customer(inside, now), _customer(inside, now, "K2")
    _pool_it(inside, pool, one, now)
    Customer.objects.filter(pk=one).update(pool=None, owner=inside.lin.member)
    Customer.objects.filter(pk=other).update(pool=pool, owner=None, unit=None)
    assert actions.settle_all_contacts(inside.tenant.pk) == 6
    assert (_is_sealed(one), _is_sealed(other)) == (False, True)
    assert actions.settle_all_contacts(inside.tenant.pk) == 0


def test_new_keys_reach_what_is_sealed(inside: Company, pool: Pool, now: Now) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    _pool_it(inside, pool, key, now)
    before = _points(key)
    assert rotation.begin()
    assert queries.likely(gao, phone=PHONE).seen, "while keys are being changed"
    assert actions.seal_again(inside.tenant.pk) == 1
    assert actions.seal_again(inside.tenant.pk) == 0
    rotation.finish()
    assert _points(key) != before
    assert queries.likely(gao, phone=PHONE).seen
    assert {each.value for each in queries.contact_points(gao, key)} >= {PHONE, MAIL}


def test_what_no_key_opens_blocks_nobody(inside: Company, pool: Pool, now: Now) -> None:
    key = _customer(inside, now)
    _pool_it(inside, pool, key, now)
    ContactPoint.objects.filter(customer=key, kind="phone").update(sealed=b"\0\0\0\1" + b"x" * 40)
    _claim(inside, pool, key, now)
    assert dict(ContactPoint.objects.filter(customer=key).values_list("kind", "value"))["phone"] == "***"
    assert ContactPoint.objects.get(customer=key, kind="email").value == MAIL


def test_statements_do_not_grow_with_customers(inside: Company, pool: Pool, now: Now) -> None:
    crypto.ring.ring()
    counts = []
    for number in (1, 12):
        keys = [_customer(inside, now, f"{number}-{n}") for n in range(number)]
        with CaptureQueriesContext(connection) as asked:
            actions.return_customers(
                actor=inside.lin.actor,
                selection=Selection(tuple(keys)),
                pool_id=pool.pk,
                reason="忙",
                now=now,
            )
            actions.claim_customers(actor=inside.chen.actor, pool_id=pool.pk, customer_ids=keys, now=now)
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1


def test_an_import_writes_into_what_is_sealed(cast: Company, now: Now) -> None:
    gao = cast.gao.actor
    with cast.scope():
        pool = actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        key = _customer(cast, now)
        _pool_it(cast, pool, key, now)
    batch = import_text(
        gao, f"code,name,phone,email\nK1,王小明,{PHONE},new@secret.example\n", kind="customers"
    )
    assert batch.state == "applied", batch.job.error
    with cast.scope():
        assert _is_sealed(key)
        assert not any(secret in _stored(key).lower() for secret in SECRETS)
        points = queries.contact_points(gao, key)
        assert sorted(each.value for each in points if each.kind != "address") == [
            PHONE,
            MAIL,
            "new@secret.example",
        ]
    rows = "name,phone\n王小明,139-1234-5678\n"
    batch = import_text(gao, rows, kind="customers", matching={"alike": "update", "by": ["customer_phone"]})
    assert batch.state == "applied", batch.job.error
    assert query(gao, "SELECT count(*) FROM customers_customer") == [(1,)]


def test_who_is_erased_out_of_a_pool_is_known_again(inside: Company, pool: Pool, now: Now) -> None:
    gao, key = inside.gao.actor, _customer(inside, now)
    family = _customer(inside, now, "K2", phone=PHONE)
    _pool_it(inside, pool, family, now)
    _pool_it(inside, pool, key, now)
    asked = actions.ask_erasure(actor=gao, customer_id=key, basis="request", code="K1", now=now)
    actions.erase(actor=gao, erasure_id=asked.pk, now=now, progress=lambda _what: None)
    with pytest.raises(Suppressed):
        _customer(inside, now, "K3", email=MAIL)
    assert _customer(inside, now, "K4", phone=PHONE), "the family's telephone is somebody's who stays"
    assert {each.value for each in queries.contact_points(gao, family)} == {PHONE}


def test_a_record_says_in_which_pool_it_is(cast: Company, now: Now) -> None:
    gao = cast.gao.actor
    with cast.scope():
        pool = actions.create_pool(actor=gao, rules=PoolRules("华东公海"), now=now)
        key = _customer(cast, now)
        _pool_it(cast, pool, key, now)
    page = cast.gao.client.get(f"/customers/{key}/").content.decode()
    assert f'href="/pools/{pool.pk}/"' in page
    assert "华东公海" in page
