"""Rules of assignment: who gets new customers, in turn and within what each can carry, and what is kept of it."""

import datetime
import uuid
from collections import Counter
from typing import Any

import pytest

from tests.cast import Company, Person
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import AssignmentRules, PoolRules, Selection, Turn
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Assignment, AssignmentTurn, Customer, PoolMove, TimelineEvent, Undo
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification

Now = datetime.datetime


def _where(field: str, *values: str) -> Any:
    return read({"of": [{"field": field, "op": "in", "value": list(values)}]})


def _rule(cast: Company, now: Now, name: str = "轮流", *people: Turn, **rules: Any) -> uuid.UUID:
    given = AssignmentRules(name, people=people, **rules)
    return actions.create_assignment_rule(actor=cast.gao.actor, rules=given, now=now).pk


def _new(who: Person, now: Now, name: str = "甲", **values: Any) -> Customer:
    return actions.create_customer(actor=who.actor, name=name, now=now, **values)


def _turn(who: Person, weight: int = 1, most: int | None = None) -> Turn:
    return Turn(who.member.pk, weight, most)


def _owners(keys: list[uuid.UUID]) -> Counter[uuid.UUID | None]:
    return Counter(Customer.objects.filter(pk__in=keys).values_list("owner_id", flat=True))


def test_people_take_turns_by_their_weights(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now, "轮流", _turn(cast.lin, 3), _turn(cast.chen, 2), _turn(cast.ma))
        got = [_new(cast.gao, now).owner_id for _ in range(12)]
        lin, chen, ma = (each.member.pk for each in (cast.lin, cast.chen, cast.ma))
        assert Counter(got[:6]) == Counter(got[6:]) == {lin: 3, chen: 2, ma: 1}
        assert all(len(set(got[n : n + 3])) > 1 for n in range(10)), "nobody gets three in a row"


def test_the_first_rule_that_takes_a_customer_gives_it_and_says_why(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now, "北京", _turn(cast.lin), filter=_where("city", "北京"), reason="北京归林岚")
        _rule(cast, now, "其他", _turn(cast.chen))
        north = _new(cast.gao, now, city="北京")
        south = _new(cast.gao, now, city="广州")
        assert (north.owner_id, south.owner_id) == (cast.lin.member.pk, cast.chen.member.pk)
        [kept] = queries.assignments_of(north.pk)
        assert (kept.owner, kept.reason, kept.rule and kept.rule.name) == (
            cast.lin.member,
            "北京归林岚",
            "北京",
        )
        touch = TimelineEvent.objects.get(customer=north.pk, kind="owner")
        assert touch.data == {"from": "", "to": "林岚", "reason": "北京归林岚"}
        entry = AuditEntry.objects.get(subject_id=north.pk, action="customers.customer_changed")
        assert entry.changes["owner_id"] == [str(cast.gao.member.pk), str(cast.lin.member.pk)]
        assert entry.changes["rule"] == [None, "北京"]
        assert Notification.objects.get(member_id=cast.lin.member.pk).data == {"count": 1}


def test_a_rule_can_ask_how_a_new_customer_is_reached(cast: Company, now: Now) -> None:
    with cast.scope():
        reached = read({"of": [{"field": "phone", "op": "contains", "value": "139123"}]})
        _rule(cast, now, "移动", _turn(cast.lin), filter=reached)
        mobile = _new(cast.gao, now, contacts={"phone": "13912345678"})
        other = _new(cast.gao, now, contacts={"phone": "15012345678"})
        assert (mobile.owner_id, other.owner_id) == (cast.lin.member.pk, cast.gao.member.pk)


def test_territories_are_told_by_the_addresses(cast: Company, now: Now) -> None:
    with cast.scope():
        wide = _where("province", "广东省")
        near = read({"of": [{"field": "district", "op": "contains", "value": "天河"}]})
        keys = [_new(cast.lin, now, f"客户{n}").pk for n in range(3)]
        for key, parts in zip(keys, ({"district": "天河区"}, {"district": "海珠区"}, None), strict=True):
            if parts:
                parts |= {"province": "广东省", "city": "广州市", "street": "一号"}
                actions.add_contact(
                    actor=cast.lin.actor, customer_id=key, kind="address", parts=parts, now=now
                )
        _rule(cast, now, "天河", _turn(cast.chen), filter=near)
        _rule(cast, now, "广东", _turn(cast.ma), filter=wide)
        actions.assign_by_rules(actor=cast.gao.actor, selection=Selection(tuple(keys)), now=now)
        owners = [Customer.objects.get(pk=key).owner_id for key in keys]
        assert owners == [cast.chen.member.pk, cast.ma.member.pk, cast.lin.member.pk]


def test_a_trial_says_who_would_get_the_newest_and_writes_nothing(cast: Company, now: Now) -> None:
    with cast.scope():
        for n in range(4):
            _new(cast.chen, now, f"客户{n}")
        _new(cast.chen, now - datetime.timedelta(days=60), "旧")
        _rule(cast, now, "先", _turn(cast.lin, most=2), _turn(cast.chen, most=1))
        draft = _rule(cast, now, "再", _turn(cast.ma))
        actions.set_assignment_rule_archived(actor=cast.gao.actor, rule_id=draft, archived=True, now=now)
        rules = list(AssignmentTurn.objects.values())
        found = queries.try_assignment_rules(cast.gao.actor, days=30, now=now)
        told = {each.name: (each.would_get, each.has_got) for each in found.lines}
        # the old one counts towards what 陈晨 can carry, those of the trial do not
        assert told == {"林岚": (2, 0), "陈晨": (0, 4), "": (2, 0)}
        with_draft = queries.try_assignment_rules(cast.gao.actor, days=30, now=now, drafts=[draft])
        assert {each.name: each.would_get for each in with_draft.lines} == {"林岚": 2, "马超": 2, "陈晨": 0}
        assert [each and each.owner_id for _row, each in with_draft.rows].count(cast.ma.member.pk) == 2
        assert list(AssignmentTurn.objects.values()) == rules
        assert not Assignment.objects.exists()


def test_who_names_an_owner_or_makes_his_own_is_not_overruled(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now, "都给陈晨", _turn(cast.chen))
        assert _new(cast.gao, now, owner_id=cast.lin.member.pk).owner_id == cast.lin.member.pk
        assert _new(cast.gao, now, owner_id=None).owner_id is None
        assert _new(cast.lin, now).owner_id == cast.lin.member.pk
        assert _new(cast.lin, now, by_rules=True).owner_id == cast.chen.member.pk
        assert _new(cast.gao, now, by_rules=False).owner_id == cast.gao.member.pk


def test_who_has_enough_is_passed_over_and_then_the_next_rule_is_asked(cast: Company, now: Now) -> None:
    with cast.scope():
        _new(cast.lin, now)
        _rule(cast, now, "先", _turn(cast.lin, most=2), _turn(cast.chen, most=1))
        _rule(cast, now, "再", _turn(cast.ma))
        got = [_new(cast.gao, now).owner_id for _ in range(4)]
        assert Counter(got) == {cast.lin.member.pk: 1, cast.chen.member.pk: 1, cast.ma.member.pk: 2}


def test_who_left_gets_nothing(cast: Company, now: Now) -> None:
    with cast.scope():
        _rule(cast, now, "轮流", _turn(cast.lin), _turn(cast.chen))
        cast.lin.member.is_active = False
        cast.lin.member.save(update_fields=["is_active"])
        assert {_new(cast.gao, now).owner_id for _ in range(3)} == {cast.chen.member.pk}


def test_a_rule_gives_to_a_unit_or_a_pool(cast: Company, now: Now) -> None:
    with cast.scope():
        pool = actions.create_pool(actor=cast.gao.actor, rules=PoolRules("公海"), now=now)
        unit = cast.lin.member.unit
        _rule(cast, now, "单位", target="unit", unit=unit.pk, filter=_where("city", "北京"))
        _rule(cast, now, "公海", target="pool", pool=pool.pk)
        north, south = _new(cast.gao, now, city="北京"), _new(cast.gao, now)
        north.refresh_from_db()
        south.refresh_from_db()
        assert (north.owner_id, north.unit_id, north.pool_id) == (None, unit.pk, None)
        assert (south.owner_id, south.unit_id, south.pool_id) == (None, None, pool.pk)
        assert PoolMove.objects.get(customer=south).reason == "公海"
        actions.archive_pool(actor=cast.gao.actor, pool_id=pool.pk, now=now)
        assert _new(cast.gao, now).owner_id == cast.gao.member.pk


def test_many_are_given_at_once_and_taken_back(cast: Company, now: Now) -> None:
    with cast.scope():
        keys = [_new(cast.gao, now, f"客户{n}", owner_id=None).pk for n in range(9)]
        keys += [_new(cast.chen, now, f"陈{n}").pk for n in range(2)]
        pool = actions.create_pool(actor=cast.gao.actor, rules=PoolRules("公海"), now=now)
        _rule(cast, now, "进公海", target="pool", pool=pool.pk, filter=_where("name", "客户0"))
        _rule(cast, now, "轮流", _turn(cast.lin), _turn(cast.chen))
        done = actions.assign_by_rules(actor=cast.gao.actor, selection=Selection(tuple(keys)), now=now)
        assert done.count == 9, "who is with one of the rule's people stays"
        assert _owners(keys) == {cast.lin.member.pk: 4, cast.chen.member.pk: 6, None: 1}
        again = actions.assign_by_rules(actor=cast.gao.actor, selection=Selection(tuple(keys)), now=now)
        assert again.count == 0
        entry = AuditEntry.objects.get(subject_id=keys[1], action="customers.customer_changed")
        assert entry.changes["rule"] == [None, "轮流"]
        assert done.undo_id
        undone = actions.undo_change(actor=cast.gao.actor, undo_id=done.undo_id, now=now)
        assert (undone.restored, undone.left) == (9, 0)
        assert _owners(keys) == {None: 9, cast.chen.member.pk: 2}
        assert Customer.objects.get(pk=keys[0]).pool_id is None
        assert Assignment.objects.filter(customer=keys[1]).count() == 2


def test_nothing_is_decided_about_whom_the_company_only_keeps(cast: Company, now: Now) -> None:
    with cast.scope():
        key = _new(cast.gao, now, owner_id=None).pk
        _rule(cast, now, "轮流", _turn(cast.lin))
        actions.restrict_customer(actor=cast.gao.actor, customer_id=key, reason="本人要求", now=now)
        done = actions.assign_by_rules(actor=cast.gao.actor, selection=Selection((key,)), now=now)
        assert (done.count, Customer.objects.get(pk=key).owner_id) == (0, None)


def test_giving_by_hand_keeps_the_reason(cast: Company, now: Now) -> None:
    with cast.scope():
        key = _new(cast.lin, now).pk
        actions.assign_customers(
            actor=cast.gao.actor,
            selection=Selection((key,)),
            owner_id=cast.chen.member.pk,
            reason="  出差  三个月 ",
            now=now,
        )
        [kept] = queries.assignments_of(key)
        assert (kept.previous, kept.owner, kept.reason) == (cast.lin.member, cast.chen.member, "出差 三个月")
        assert kept.actor_name == cast.gao.actor.name
        assert kept.rule is None


def test_the_order_is_that_in_which_rules_are_asked(cast: Company, now: Now) -> None:
    with cast.scope():
        first = _rule(cast, now, "一", _turn(cast.lin))
        second = _rule(cast, now, "二", _turn(cast.chen))
        assert _new(cast.gao, now).owner_id == cast.lin.member.pk
        actions.order_assignment_rules(actor=cast.gao.actor, ids=[second], now=now)
        assert [each.pk for each in queries.assignment_rules()] == [second, first]
        assert _new(cast.gao, now).owner_id == cast.chen.member.pk
        actions.set_assignment_rule_archived(actor=cast.gao.actor, rule_id=second, archived=True, now=now)
        assert _new(cast.gao, now).owner_id == cast.lin.member.pk


def test_who_stays_in_a_changed_rule_keeps_his_turn(cast: Company, now: Now) -> None:
    with cast.scope():
        key = _rule(cast, now, "轮流", _turn(cast.lin), _turn(cast.chen))
        assert _new(cast.gao, now).owner_id == cast.lin.member.pk
        actions.change_assignment_rule(
            actor=cast.gao.actor,
            rule_id=key,
            rules=AssignmentRules("轮流", people=(_turn(cast.ma), _turn(cast.lin), _turn(cast.chen))),
            version="1",
            now=now,
        )
        assert AssignmentTurn.objects.filter(rule=key).count() == 3
        assert _new(cast.gao, now).owner_id == cast.chen.member.pk


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({}, "people"),
        ({"target": "unit"}, "unit"),
        ({"target": "pool"}, "pool"),
        ({"target": "nobody"}, "target"),
        ({"name": "  "}, "name"),
    ],
)
def test_a_rule_without_anybody_is_refused(
    cast: Company, now: Now, rules: dict[str, Any], field: str
) -> None:
    with cast.scope(), pytest.raises(Invalid) as refusal:
        _rule(cast, now, rules.pop("name", "规则"), **rules)
    assert refusal.value.field == field


def test_rules_are_for_who_may_set_them_up(cast: Company, now: Now) -> None:
    with cast.scope():
        key = _rule(cast, now, "轮流", _turn(cast.lin))
        for who in (cast.lin, cast.ma):
            with pytest.raises(PermissionDenied):
                actions.assign_by_rules(actor=who.actor, selection=Selection(()), now=now)
            with pytest.raises(PermissionDenied):
                actions.set_assignment_rule_archived(actor=who.actor, rule_id=key, archived=True, now=now)
        assert not Undo.objects.exists()
