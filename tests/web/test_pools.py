"""Pools as people use them: look, claim, be refused, put back, set up."""

import datetime
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.actions import PoolRules, Selection
from zhiyin.customers.models import Customer, Pool, PoolMove

Now = datetime.datetime


@pytest.fixture
def pooled(cast: Company, now: Now) -> tuple[Pool, list[uuid.UUID]]:
    with cast.scope():
        lin = cast.lin.actor
        pool = actions.create_pool(actor=cast.gao.actor, rules=PoolRules("公海", daily_limit=2), now=now)
        keys = [
            actions.create_customer(actor=lin, name=name, city=city, now=now).pk
            for name, city in [("王小明", "上海"), ("李雷", "北京"), ("韩梅梅", "上海")]
        ]
        for key in keys:
            actions.add_contact(actor=lin, customer_id=key, kind="phone", value="13812345678", now=now)
        actions.return_customers(
            actor=lin, selection=Selection(tuple(keys)), pool_id=pool.pk, reason="忙", now=now
        )
    return pool, keys


def test_the_list_shows_no_way_to_reach_them(cast: Company, pooled: tuple[Pool, list[uuid.UUID]]) -> None:
    pool, keys = pooled
    address = reverse("customers:pool", args=[pool.pk])
    text = cast.chen.client.get(address).content.decode()
    assert "王小明" in text
    assert "138" not in text
    assert cast.chen.client.get(reverse("customers:record", args=[keys[0]])).status_code == 404
    narrowed = cast.chen.client.get(address, {"city": "上海", "text": "王"}).content.decode()
    assert "王小明" in narrowed
    assert "韩梅梅" not in narrowed
    assert "李雷" not in narrowed


def test_the_claimant_comes_to_the_record(cast: Company, pooled: tuple[Pool, list[uuid.UUID]]) -> None:
    pool, [key, *_rest] = pooled
    done = cast.chen.client.post(reverse("customers:claim", args=[pool.pk]), {"ids": [str(key)]})
    assert done["Location"] == reverse("customers:record", args=[key])
    assert "13812345678" in cast.chen.client.get(done["Location"]).content.decode()


def test_more_than_the_quota_stay(cast: Company, pooled: tuple[Pool, list[uuid.UUID]]) -> None:
    pool, keys = pooled
    address = reverse("customers:claim", args=[pool.pk])
    cast.chen.client.post(address, {"ids": [str(key) for key in keys]})
    with cast.scope():
        assert Customer.objects.filter(owner=cast.chen.member).count() == 2
        left = Customer.objects.get(pool=pool)
    refused = cast.chen.client.post(address, {"ids": [str(left.pk)]}, follow=True)
    assert refused.status_code == 200
    assert refused.redirect_chain[0][0] == reverse("customers:pool", args=[pool.pk])
    with cast.scope():
        assert Customer.objects.get(pk=left.pk).owner_id is None


def test_ticked_customers_are_put_in_with_a_reason(cast: Company, now: Now) -> None:
    with cast.scope():
        made = actions.create_customer(actor=cast.lin.actor, name="甲", now=now)
        pool = actions.create_pool(actor=cast.gao.actor, rules=PoolRules("公海"), now=now)
    address = reverse("customers:put_in")
    asked = cast.lin.client.post(address, {"ids": [str(made.pk)]})
    assert asked["Location"].startswith(f"{address}?ids=")
    sent = {"ids": [str(made.pk)], "pool": str(pool.pk), "reason": ""}
    assert cast.lin.client.post(address, sent).status_code == 422
    assert cast.lin.client.post(address, {**sent, "reason": "无意向"}).status_code == 302
    with cast.scope():
        assert Customer.objects.get(pk=made.pk).pool_id == pool.pk
        assert PoolMove.objects.get().reason == "无意向"


def test_the_manager_sets_one_up_and_assigns(cast: Company, pooled: tuple[Pool, list[uuid.UUID]]) -> None:
    pool, keys = pooled
    unit = cast.units["华东大区"].pk
    sent = {"name": "华东公海", "units": [str(unit)], "cooling_days": 7, "daily_limit": 3, "version": "1"}
    assert cast.ma.client.post(reverse("customers:change_pool", args=[pool.pk]), sent).status_code == 302
    with cast.scope():
        pool.refresh_from_db()
        assert (pool.name, pool.units, pool.daily_limit) == ("华东公海", [unit], 3)
    stale = cast.ma.client.post(reverse("customers:change_pool", args=[pool.pk]), sent | {"name": "乙"})
    assert stale.status_code == 422
    chosen = {"ids": [str(key) for key in keys], "owner": str(cast.chen.member.pk)}
    cast.ma.client.post(reverse("customers:assign_from_pool", args=[pool.pk]), chosen)
    with cast.scope():
        assert Customer.objects.filter(owner=cast.chen.member).count() == 3


def test_a_pools_filter_grows_step_by_step_and_is_kept(cast: Company) -> None:
    address = reverse("customers:create_pool")
    begun = {"name": "北方公海", "cooling_days": 30, "r.match": "all"}
    page = cast.gao.client.post(address, {**begun, "do": "add:r"})
    assert page.status_code == 200
    shown = page.content.decode()
    assert 'name="r-0.field"' in shown
    assert "北方公海" in shown
    chosen = {"r-0.field": "status", "r-0.op": "in"}
    rows = cast.gao.client.get(
        reverse("customers:filter_rows"), {"r.match": "all", **chosen}
    ).content.decode()
    assert 'name="r-0.value"' in rows
    assert "<form" not in rows
    wrong = cast.gao.client.post(address, {**begun, **chosen})
    assert wrong.status_code == 200
    assert 'role="alert"' in wrong.content.decode()
    done = cast.gao.client.post(address, {**begun, **chosen, "r-0.value": "target"})
    assert done.status_code == 302
    with cast.scope():
        kept = Pool.objects.get(name="北方公海").filter
    assert kept["of"] == [{"field": "status", "op": "in", "value": ["target"]}]


def test_whoever_is_returned_finds_the_right_pool(
    cast: Company, pooled: tuple[Pool, list[uuid.UUID]]
) -> None:
    pool, _keys = pooled
    with cast.scope():
        key = actions.create_customer(actor=cast.lin.actor, name="新客", now=timezone.now()).pk
    sent = {"ids": [str(key)], "pool": "", "reason": "没有时间"}
    assert cast.lin.client.post(reverse("customers:put_in"), sent).status_code == 302
    with cast.scope():
        assert Customer.objects.get(pk=key).pool_id == pool.pk
