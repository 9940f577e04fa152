"""The fairness page: hoarding, never touched, claimed and dropped; by member and by unit."""

import datetime
import uuid

import pytest

from tests.cast import Company
from zhiyin.activities.actions import add_follow_up
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import PoolRules, Selection
from zhiyin.customers.models import Pool
from zhiyin.customers.queries import Fairness
from zhiyin.platform.errors import PermissionDenied

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


def _found(cast: Company, now: Now) -> Fairness:
    actions.refresh_holdings(cast.tenant.id, now)
    return queries.fairness(cast.ma.actor, days=30, now=now)


def _tally(cast: Company, now: Now, person: str) -> queries.Tally:
    member = getattr(cast, person).member.pk
    return next(each.tally for each in _found(cast, now).lines if each.member.pk == member)


def _made(cast: Company, now: Now, number: int) -> list[uuid.UUID]:
    return [actions.create_customer(actor=cast.lin.actor, name=f"客户{n}", now=now).pk for n in range(number)]


def test_who_has_many_and_looks_after_few(cast: Company, now: Now) -> None:
    with cast.scope():
        first, second, *_rest = _made(cast, now - 90 * DAY, 5)
        add_follow_up(actor=cast.lin.actor, customer_id=first, kind="call", body="谈过", now=now - 60 * DAY)
        add_follow_up(actor=cast.lin.actor, customer_id=second, kind="call", body="谈过", now=now - DAY)
        tally = _tally(cast, now, "lin")
        assert (tally.owned, tally.touched, tally.never, tally.untouched) == (5, 1, 3, 4)
        assert tally.share == pytest.approx(0.2)


def test_who_hoards_is_named(cast: Company, now: Now) -> None:
    with cast.scope():
        _made(cast, now - 90 * DAY, 9)
        for name in ("chen", "ma"):
            actions.create_customer(actor=getattr(cast, name).actor, name="甲", now=now)
        found = {each.member.pk: each.hoards for each in _found(cast, now).lines}
        assert found[cast.lin.member.pk]
        assert not found[cast.chen.member.pk]


def _pooled(cast: Company, now: Now, number: int) -> tuple[Pool, list[uuid.UUID]]:
    pool = actions.create_pool(actor=cast.gao.actor, rules=PoolRules("公海", cooling_days=0), now=now)
    keys = _made(cast, now, number)
    _back(cast, "lin", pool, keys, now)
    return pool, keys


def _back(cast: Company, person: str, pool: Pool, keys: list[uuid.UUID], now: Now) -> None:
    actor = getattr(cast, person).actor
    chosen = Selection(tuple(keys))
    actions.return_customers(actor=actor, selection=chosen, pool_id=pool.pk, reason="无意向", now=now)


def test_what_is_claimed_and_let_go_without_a_touch_counts_as_dropped(cast: Company, now: Now) -> None:
    with cast.scope():
        pool, keys = _pooled(cast, now - 9 * DAY, 4)
        chen = cast.chen.actor
        actions.claim_customers(actor=chen, pool_id=pool.pk, customer_ids=keys, now=now - 8 * DAY)
        add_follow_up(actor=chen, customer_id=keys[0], kind="call", body="谈过", now=now - 7 * DAY)
        _back(cast, "chen", pool, keys[:3], now - 6 * DAY)
        tally = _tally(cast, now, "chen")
        assert (tally.claimed, tally.dropped, tally.owned) == (4, 2, 1)
        rows = queries.dropped(cast.ma.actor, cast.chen.member.pk, days=30, now=now).rows
        assert {each.customer_id for each in rows} == set(keys[1:3])
        assert not queries.dropped(cast.ma.actor, cast.chen.member.pk, days=5, now=now).rows


def test_only_ones_own_people_are_told_and_only_to_managers(cast: Company, now: Now) -> None:
    with cast.scope():
        units = {name for name, _tally in _found(cast, now).units}
        assert units == {"华东大区", "上海一组"}
        assert len(queries.fairness(cast.gao.actor, days=30, now=now).lines) == 7
        with pytest.raises(PermissionDenied):
            queries.fairness(cast.lin.actor, days=30, now=now)
        assert not queries.dropped(cast.ma.actor, cast.wu.member.pk, days=30, now=now).rows
