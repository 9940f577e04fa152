"""Pools: who may claim, how many, who has to wait, and what is seen of a customer before."""

import datetime
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.cast import Company
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import (
    AlreadyClaimed,
    CoolingOff,
    LimitRules,
    NoPool,
    PoolQuotaReached,
    PoolRules,
    Selection,
)
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Customer, Pool, PoolMove, TimelineEvent
from zhiyin.platform import jobs
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


def _pool(cast: Company, now: Now, **rules: Any) -> Pool:
    name = rules.pop("name", "公海")
    return actions.create_pool(actor=cast.gao.actor, rules=PoolRules(name, **rules), now=now)


def _customers(cast: Company, now: Now, number: int = 1) -> list[uuid.UUID]:
    lin = cast.lin.actor
    return [actions.create_customer(actor=lin, name=f"客户{n}", now=now).pk for n in range(number)]


def _put(cast: Company, pool: Pool, keys: list[uuid.UUID], now: Now) -> actions.Done:
    return actions.return_customers(
        actor=cast.lin.actor, selection=Selection(tuple(keys)), pool_id=pool.pk, reason="没有时间", now=now
    )


def test_returned_customers_are_claimed_by_another(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        _put(cast, pool, [key], now)
        pooled = Customer.objects.get(pk=key)
        assert (pooled.pool_id, pooled.owner_id, pooled.unit_id) == (pool.pk, None, None)
        chen = cast.chen.actor
        taken = actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=[key], now=now)
        assert taken.ids == [key]
        claimed = Customer.objects.get(pk=key)
        assert (claimed.pool_id, claimed.owner_id, claimed.unit_id) == (
            None,
            cast.chen.member.pk,
            cast.chen.member.unit_id,
        )
        moves = PoolMove.objects.order_by("pk").values_list("kind", "member_id", "reason")
        assert list(moves) == [
            ("entered", cast.lin.member.pk, "没有时间"),
            ("claimed", cast.chen.member.pk, ""),
        ]
        names = {entry.action for entry in AuditEntry.objects.all()}
        assert {"customers.customers_pooled", "customers.customers_claimed"} <= names
        assert TimelineEvent.objects.filter(customer_id=key, kind=TimelineKind.OWNER).count() == 2


def test_who_is_in_a_pool_is_out_of_reach_until_claimed(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        lin, chen, ma = cast.lin.actor, cast.chen.actor, cast.ma.actor
        actions.add_contact(actor=lin, customer_id=key, kind="phone", value="13812345678", now=now)
        sharing = actions.Sharing(member_id=cast.chen.member.pk)
        actions.share_customer(actor=lin, customer_id=key, sharing=sharing, now=now)
        _put(cast, pool, [key], now)
        for actor in (lin, chen, ma):
            assert not access.customers(actor).filter(pk=key).exists()
            assert not queries.quick_search(actor, "13812345678")
        [row] = queries.pool_customers(chen, pool).rows
        assert row.get_deferred_fields() >= {"custom", "owner_id"}
        actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=[key], now=now)
        assert access.customer(chen, key).pk == key


def test_only_named_units_roles_and_members_claim(cast: Company, now: Now) -> None:
    with cast.scope():
        keys = _customers(cast, now, 3)
        east, wu = cast.units["华东大区"].pk, cast.wu.member
        by_unit = _pool(cast, now, name="华东", units=(east,))
        by_member = _pool(cast, now, name="吴桐", members=(wu.pk,))
        by_role = _pool(cast, now, name="销售", roles=(wu.role_id,))
        for pool, key in zip((by_unit, by_member, by_role), keys, strict=True):
            _put(cast, pool, [key], now)
        with pytest.raises(NotFound):
            actions.claim_customers(actor=cast.wu.actor, pool_id=by_unit.pk, customer_ids=[keys[0]], now=now)
        with pytest.raises(NotFound):
            actions.claim_customers(
                actor=cast.chen.actor, pool_id=by_member.pk, customer_ids=[keys[1]], now=now
            )
        for person, pool, key in (
            (cast.chen, by_unit, keys[0]),
            (cast.wu, by_member, keys[1]),
            (cast.chen, by_role, keys[2]),
        ):
            assert actions.claim_customers(
                actor=person.actor, pool_id=pool.pk, customer_ids=[key], now=now
            ).ids == [key]


def test_a_day_and_a_pool_have_their_limits(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, keys = _pool(cast, now, daily_limit=2, held_limit=3), _customers(cast, now, 6)
        _put(cast, pool, keys, now)
        chen = cast.chen.actor

        def claim(at: Now) -> int:
            left = list(Customer.objects.filter(pool=pool).values_list("pk", flat=True))
            return len(actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=left, now=at).ids)

        assert claim(now) == 2
        with pytest.raises(PoolQuotaReached):
            claim(now)
        assert claim(now + DAY) == 1
        with pytest.raises(PoolQuotaReached):
            claim(now + 2 * DAY)
        mine = Customer.objects.filter(owner=cast.chen.member).first()
        assert mine
        actions.return_customers(
            actor=chen, selection=Selection((mine.pk,)), pool_id=pool.pk, reason="无意向", now=now + 2 * DAY
        )
        assert claim(now + 2 * DAY) == 1
        assert Customer.objects.get(pk=mine.pk).owner_id is None


def test_the_one_who_had_it_waits(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now, cooling_days=10), _customers(cast, now)
        _put(cast, pool, [key], now)
        lin = cast.lin.actor
        with pytest.raises(CoolingOff):
            actions.claim_customers(actor=lin, pool_id=pool.pk, customer_ids=[key], now=now + 9 * DAY)
        later = now + 11 * DAY
        assert actions.claim_customers(actor=lin, pool_id=pool.pk, customer_ids=[key], now=later).ids == [key]


def test_a_manager_assigns_within_reach(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, keys = _pool(cast, now, daily_limit=1), _customers(cast, now, 3)
        _put(cast, pool, keys, now)
        ma, chen, wu = cast.ma.actor, cast.chen.member.pk, cast.wu.member.pk
        with pytest.raises(Invalid):
            actions.assign_from_pool(actor=ma, pool_id=pool.pk, customer_ids=keys, owner_id=wu, now=now)
        with pytest.raises(PermissionDenied):
            actions.assign_from_pool(
                actor=cast.lin.actor, pool_id=pool.pk, customer_ids=keys, owner_id=chen, now=now
            )
        done = actions.assign_from_pool(actor=ma, pool_id=pool.pk, customer_ids=keys, owner_id=chen, now=now)
        assert sorted(done.ids) == sorted(keys)
        with pytest.raises(AlreadyClaimed):
            actions.assign_from_pool(actor=ma, pool_id=pool.pk, customer_ids=keys, owner_id=chen, now=now)


def test_returning_wants_a_reason_and_can_be_undone(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        lin = cast.lin.actor
        with pytest.raises(Invalid):
            actions.return_customers(
                actor=lin, selection=Selection((key,)), pool_id=pool.pk, reason=" ", now=now
            )
        done = _put(cast, pool, [key], now)
        assert done.undo_id
        actions.undo_change(actor=lin, undo_id=done.undo_id, now=now)
        back = Customer.objects.get(pk=key)
        assert (back.owner_id, back.pool_id) == (cast.lin.member.pk, None)


def test_nobody_puts_in_what_is_not_his(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        done = actions.return_customers(
            actor=cast.chen.actor, selection=Selection((key,)), pool_id=pool.pk, reason="x", now=now
        )
        assert done.count == 0
        assert Customer.objects.get(pk=key).owner_id == cast.lin.member.pk


def test_the_database_keeps_owned_and_pooled_apart(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.filter(pk=key).update(pool=pool)
        _put(cast, pool, [key], now)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_customer SET owner_id = %s WHERE id = %s", [cast.chen.member.pk, key]
            )
        assert Customer.objects.get(pk=key).pool_id is None


def test_an_archived_pool_gives_and_takes_nothing(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key, other] = _pool(cast, now), _customers(cast, now, 2)
        _put(cast, pool, [key], now)
        actions.archive_pool(actor=cast.gao.actor, pool_id=pool.pk, now=now)
        with pytest.raises(NotFound):
            actions.claim_customers(actor=cast.chen.actor, pool_id=pool.pk, customer_ids=[key], now=now)
        with pytest.raises(NotFound):
            _put(cast, pool, [other], now)
        actions.restore_pool(actor=cast.gao.actor, pool_id=pool.pk, now=now)
        _put(cast, pool, [other], now)
        assert [count for _pool_, count in queries.pools(cast.chen.actor)] == [2]


def test_two_who_change_a_pool(cast: Company, now: Now) -> None:
    with cast.scope():
        gao = cast.gao.actor
        pool = _pool(cast, now)
        actions.change_pool(
            actor=gao, pool_id=pool.pk, rules=PoolRules("甲", daily_limit=5), version="1", now=now
        )
        with pytest.raises(Conflict):
            actions.change_pool(actor=gao, pool_id=pool.pk, rules=PoolRules("乙"), version="1", now=now)
        with pytest.raises(Conflict):
            _pool(cast, now, name="甲")
        with pytest.raises(Invalid):
            actions.change_pool(actor=gao, pool_id=pool.pk, rules=PoolRules("甲", daily_limit=0), now=now)


def _filter(**condition: Any) -> Any:
    return read({"of": [{"field": "city", "op": "in", "value": condition["city"]}]})


def test_each_comes_into_the_pool_that_takes_it(cast: Company, now: Now) -> None:
    with cast.scope():
        lin = cast.lin.actor
        north = _pool(cast, now, name="北方", filter=_filter(city=["北京"]), position=1)
        rest = _pool(cast, now, name="其他", position=2)
        keys = [
            actions.create_customer(actor=lin, name=city, city=city, now=now).pk for city in ("北京", "上海")
        ]
        done = actions.return_customers(
            actor=lin, selection=Selection(tuple(keys)), reason="没有时间", now=now
        )
        assert done.count == 2
        assert [Customer.objects.get(pk=key).pool_id for key in keys] == [north.pk, rest.pk]


def test_whom_no_pool_takes_stays(cast: Company, now: Now) -> None:
    with cast.scope():
        _pool(cast, now, name="北方", filter=_filter(city=["北京"]))
        [key] = _customers(cast, now)
        with pytest.raises(NoPool):
            actions.return_customers(actor=cast.lin.actor, selection=Selection((key,)), reason="x", now=now)
        assert Customer.objects.get(pk=key).owner_id == cast.lin.member.pk


def test_a_pool_is_filled_and_emptied_again(cast: Company, now: Now) -> None:
    with cast.scope():
        gao = cast.gao.actor
        north = _pool(cast, now, name="北方", filter=_filter(city=["北京"]), position=1)
        made = [
            actions.create_customer(actor=gao, name=f"客户{n}", city="北京", owner_id=None, now=now)
            for n in range(3)
        ]
        owned = actions.create_customer(actor=gao, name="有主", city="北京", now=now)
        job = actions.fill_pool(actor=gao, pool_id=north.pk, reason="按规则", now=now)
    jobs.run_now(job)
    with cast.scope():
        done = jobs.Job.objects.get(pk=job.pk)
        assert done.result["customers"] == 3
        assert set(Customer.objects.filter(pool=north)) == set(made)
        assert Customer.objects.get(pk=owned.pk).owner_id
        actions.undo_change(actor=gao, undo_id=uuid.UUID(done.result["undo"]), now=now)
        assert not Customer.objects.filter(pool=north).exists()


def test_the_pool_is_a_reason_to_see_no_more_than_a_name(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, [key] = _pool(cast, now), _customers(cast, now)
        _put(cast, pool, [key], now)
        found = queries.explain_access(cast.gao.actor, key, cast.chen.member.pk)
        assert [(each.reason, each.pool) for each in found.grounds] == [("pool", pool)]
        assert not found.may_read


def test_some_customers_have_limits_of_their_own(cast: Company, now: Now) -> None:
    with cast.scope():
        pool = _pool(cast, now)
        gao, chen, lin = cast.gao.actor, cast.chen.actor, cast.lin.actor
        scarce = LimitRules(
            "重要客户", read({"of": [{"field": "status", "op": "in", "value": ["target"]}]}), 2, 3
        )
        limit = actions.create_pool_limit(actor=gao, pool_id=pool.pk, rules=scarce, now=now)
        keys = [
            actions.create_customer(actor=lin, name=f"客户{n}", status="target", now=now).pk for n in range(5)
        ]
        other = _customers(cast, now)
        _put(cast, pool, [*keys, *other], now)

        def claim(at: Now, some: list[uuid.UUID]) -> list[uuid.UUID]:
            return actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=some, now=at).ids

        assert len(claim(now, [*keys, *other])) == 3
        left = [key for key in keys if Customer.objects.get(pk=key).owner_id is None]
        with pytest.raises(PoolQuotaReached):
            claim(now, left)
        assert len(claim(now + DAY, left)) == 1
        left = [key for key in keys if Customer.objects.get(pk=key).owner_id is None]
        with pytest.raises(PoolQuotaReached):
            claim(now + 2 * DAY, left)
        actions.set_limit_removed(actor=gao, limit_id=limit.pk, removed=True, now=now)
        assert len(claim(now + 2 * DAY, left)) == 2


def test_a_limit_says_how_many(cast: Company, now: Now) -> None:
    with cast.scope():
        pool = _pool(cast, now)
        with pytest.raises(Invalid):
            actions.create_pool_limit(
                actor=cast.gao.actor, pool_id=pool.pk, rules=LimitRules("无", read({"of": []})), now=now
            )
        with pytest.raises(PermissionDenied):
            actions.create_pool_limit(
                actor=cast.lin.actor, pool_id=pool.pk, rules=LimitRules("无", read({"of": []}), 1), now=now
            )
