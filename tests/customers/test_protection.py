"""Protection: what prolongs it, who is warned, who is reclaimed, and whither."""

import datetime
import uuid
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.activities.actions import add_follow_up
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import OwnsEnough, PoolRules, ProtectionRules, Selection
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Customer, Holding, Pool, PoolMove, TimelineEvent
from zhiyin.customers.queries import CustomerFilter
from zhiyin.customers.tasks import protect
from zhiyin.platform import jobs
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.models import Notification

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


def _rule(cast: Company, now: Now, **rules: Any) -> uuid.UUID:
    rules = {"name": "一般", "days": 30, **rules}
    made = actions.create_protection_rule(actor=cast.gao.actor, rules=ProtectionRules(**rules), now=now)
    return made.pk


def _pool(cast: Company, now: Now, **rules: Any) -> Pool:
    return actions.create_pool(
        actor=cast.gao.actor, rules=PoolRules(rules.pop("name", "公海"), **rules), now=now
    )


def _customer(cast: Company, now: Now, name: str = "甲", **values: Any) -> uuid.UUID:
    return actions.create_customer(actor=cast.lin.actor, name=name, now=now, **values).pk


def _until(key: uuid.UUID) -> Now | None:
    return Holding.objects.get(customer=key).until


def _reclaim(cast: Company, at: Now) -> tuple[actions.Done, int]:
    return actions.reclaim_now(actor=cast.gao.actor, now=at)


def test_an_owner_keeps_a_customer_for_the_days_of_the_first_rule_that_takes_it(
    cast: Company, now: Now
) -> None:
    with cast.scope():
        north = read({"of": [{"field": "city", "op": "in", "value": ["北京"]}]})
        _rule(cast, now, name="北京", filter=north, days=90, position=1)
        _rule(cast, now, days=30, position=2)
        far, near = _customer(cast, now, city="北京"), _customer(cast, now, city="上海")
        actions.refresh_holdings(cast.tenant.id, now)
        assert _until(far) == now + 90 * DAY
        assert _until(near) == now + 30 * DAY


def test_a_follow_up_prolongs_and_another_owner_begins_anew(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        key = _customer(cast, now)
        add_follow_up(actor=cast.lin.actor, customer_id=key, kind="call", body="谈过", now=now + 10 * DAY)
        actions.refresh_holdings(cast.tenant.id, now)
        held = Holding.objects.get(customer=key)
        assert (held.until, held.cause) == (now + 40 * DAY, "follow_up")
        actions.assign_customers(
            actor=cast.gao.actor,
            selection=Selection((key,)),
            owner_id=cast.chen.member.pk,
            now=now + 20 * DAY,
        )
        held = Holding.objects.get(customer=key)
        assert (held.owner_id, held.until, held.cause) == (cast.chen.member.pk, now + 50 * DAY, "owned")
        assert held.touched_at is None


def test_the_lapsed_go_into_the_pool_that_takes_them_and_come_back_by_undo(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        pool = _pool(cast, now)
        key, kept = _customer(cast, now), _customer(cast, now, "乙")
        add_follow_up(actor=cast.lin.actor, customer_id=kept, kind="call", body="谈过", now=now + 20 * DAY)
        later = now + 31 * DAY
        done, left = _reclaim(cast, later)
        assert (done.count, left) == (1, 0)
        assert Customer.objects.get(pk=key).pool_id == pool.pk
        assert Customer.objects.get(pk=kept).owner_id == cast.lin.member.pk
        assert PoolMove.objects.get(customer=key).member_id == cast.lin.member.pk
        assert TimelineEvent.objects.filter(customer=key, kind="owner").exists()
        told = Notification.objects.get(member_id=cast.lin.member.pk, kind="customers.reclaimed")
        assert told.data == {"count": 1}
        assert done.undo_id
        actions.undo_change(actor=cast.gao.actor, undo_id=done.undo_id, now=later)
        back = Customer.objects.get(pk=key)
        assert (back.owner_id, back.pool_id) == (cast.lin.member.pk, None)
        assert _reclaim(cast, later + DAY)[0].count == 0


def test_whom_no_pool_takes_stays_with_the_owner(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        key = _customer(cast, now)
        done, left = _reclaim(cast, now + 31 * DAY)
        assert (done.count, left) == (0, 1)
        assert Customer.objects.get(pk=key).owner_id


def test_a_new_rule_gives_its_days_to_whom_nobody_looked_after_for_long(cast: Company, now: Now) -> None:
    with cast.scope():
        _pool(cast, now)
        _customer(cast, now - 400 * DAY)
        _rule(cast, now)
        assert _reclaim(cast, now + 29 * DAY)[0].count == 0
        assert _reclaim(cast, now + 31 * DAY)[0].count == 1


def test_owners_are_warned_once(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now, warn_days=5)
        _customer(cast, now), _customer(cast, now, "乙")
        actions.refresh_holdings(cast.tenant.id, now)
        system = cast.gao.actor
        assert actions.warn_owners(actor=system, now=now + 24 * DAY) == 0
        assert actions.warn_owners(actor=system, now=now + 26 * DAY) == 2
        assert actions.warn_owners(actor=system, now=now + 27 * DAY) == 0
        [told] = Notification.objects.filter(member_id=cast.lin.member.pk, kind="customers.lapsing")
        assert told.data == {"count": 2}


def test_a_manager_prolongs_with_a_reason(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        _pool(cast, now)
        key = _customer(cast, now)
        chosen = Selection((key,))
        day = (now + 60 * DAY).date()
        with pytest.raises(PermissionDenied):
            actions.prolong_protection(actor=cast.lin.actor, selection=chosen, until=day, reason="x", now=now)
        with pytest.raises(Invalid):
            actions.prolong_protection(actor=cast.ma.actor, selection=chosen, until=day, reason=" ", now=now)
        with pytest.raises(Invalid):
            actions.prolong_protection(
                actor=cast.ma.actor, selection=chosen, until=now.date() - DAY, reason="x", now=now
            )
        actions.prolong_protection(actor=cast.ma.actor, selection=chosen, until=day, reason="年底谈", now=now)
        held = Holding.objects.get(customer=key)
        assert (held.cause, held.fixed_reason) == ("fixed", "年底谈")
        assert _reclaim(cast, now + 40 * DAY)[0].count == 0
        actions.prolong_protection(
            actor=cast.ma.actor, selection=chosen, until=None, reason="不必了", now=now + 40 * DAY
        )
        assert _reclaim(cast, now + 40 * DAY)[0].count == 1


def test_the_list_is_filtered_by_it(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        key = _customer(cast, now)
        bare = actions.create_customer(actor=cast.gao.actor, name="无主", owner_id=None, now=now).pk
        actions.refresh_holdings(cast.tenant.id, now)

        def found(op: str, value: Any = None) -> set[object]:
            asked = '{"of": [{"field": "protected", "op": "%s", "value": %s}]}' % (op, value or "null")  # noqa: UP031
            rows = queries.list_customers(cast.gao.actor, CustomerFilter(filter=asked)).rows
            return {row["id"] for row in rows}

        assert found("next", '{"number": 40, "unit": "day"}') == {key}
        assert found("next", '{"number": 10, "unit": "day"}') == set()
        assert found("empty") == {bare}
        lapsing = queries.lapsing(cast.lin.actor, days=30, now=now)
        assert [each.pk for each in lapsing.page.rows] == [key]
        assert not queries.lapsing(cast.chen.actor, days=30, now=now).page.rows


def test_the_clock_reclaims_at_night(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now)
        _pool(cast, now)
        key = _customer(cast, now)
    later = (now + 40 * DAY).replace(hour=19, minute=20)  # 3:20 in Shanghai
    protect(later.replace(hour=10))
    with cast.scope():
        assert not jobs.Job.objects.filter(kind="customers.reclaim").exists()
    protect(later)
    with cast.scope():
        job = jobs.Job.objects.get(kind="customers.reclaim")
        Holding.objects.update(until=now - DAY)
    done = jobs.run_now(job)
    assert done.state == "succeeded", done.error
    with cast.scope():
        assert Customer.objects.get(pk=key).owner_id  # the run's own clock has it protected still


def test_nobody_claims_more_of_a_kind_than_one_may_have(cast: Company, now: Now) -> None:
    with cast.scope():
        pool = _pool(cast, now)
        north = read({"of": [{"field": "city", "op": "in", "value": ["北京"]}]})
        _rule(cast, now, name="北京", filter=north, days=90, position=1, most_owned=2)
        keys = [_customer(cast, now, city=city) for city in ("北京", "北京", "北京", "上海")]
        chosen = Selection(tuple(keys))
        actions.return_customers(actor=cast.lin.actor, selection=chosen, pool_id=pool.pk, reason="x", now=now)
        chen = cast.chen.actor
        taken = actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=keys, now=now)
        assert sorted(taken.ids) == sorted([keys[0], keys[1], keys[3]])
        with pytest.raises(OwnsEnough):
            actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=[keys[2]], now=now)
