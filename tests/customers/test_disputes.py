"""Disputes: who opens, answers and decides them, and what stands still meanwhile."""

import datetime
import uuid

import pytest

from tests.cast import Company
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import PoolRules, ProtectionRules, Selection
from zhiyin.customers.models import Customer, Dispute
from zhiyin.customers.queries.disputes import InDispute
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def key(cast: Company, now: Now) -> uuid.UUID:
    """林岚's customer."""
    with cast.scope():
        made = actions.create_customer(actor=cast.lin.actor, name="王小明", code="K1", now=now)
        actions.add_contact(
            actor=cast.lin.actor, customer_id=made.pk, kind="phone", value="13912345678", now=now
        )
        return made.pk


def _open(cast: Company, now: Now, asked: str = "K1") -> Dispute:
    return actions.open_dispute(
        actor=cast.chen.actor, asked=asked, reason="我先谈的", evidence="五月的合同", now=now
    )


def test_whom_one_does_not_see_is_named_by_code_or_number(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = _open(cast, now, "139 1234 5678")
        assert (made.customer_id, made.owner_id) == (key, cast.lin.member.pk)
        told = Notification.objects.filter(kind="customers.disputed").values_list("member_id", flat=True)
        assert set(told) == {cast.lin.member.pk, cast.ma.member.pk, cast.gao.member.pk}
        assert not queries.part_in(cast.chen.actor, made).sees
        for asked in ("没有", "", "13900000000"):
            with pytest.raises(Invalid):
                _open(cast, now, asked)
        with pytest.raises(InDispute):
            actions.open_dispute(actor=cast.wu.actor, asked="K1", reason="我的", now=now)
        with pytest.raises(Invalid):
            actions.open_dispute(actor=cast.lin.actor, customer_id=key, reason="我的", now=now)
        with pytest.raises(NotFound):
            actions.open_dispute(actor=cast.chen.actor, customer_id=key, reason="我的", now=now)


def test_the_owner_answers_and_a_manager_moves_it(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = _open(cast, now)
        with pytest.raises(PermissionDenied):
            actions.answer_dispute(actor=cast.chen.actor, dispute_id=made.pk, answer="不", now=now)
        actions.answer_dispute(actor=cast.lin.actor, dispute_id=made.pk, answer="我四月拜访过", now=now)
        for person in (cast.lin, cast.chen):
            with pytest.raises(PermissionDenied):
                actions.decide_dispute(
                    actor=person.actor, dispute_id=made.pk, ruling="kept", reason="x", now=now
                )
        with pytest.raises(Invalid):
            actions.decide_dispute(
                actor=cast.ma.actor, dispute_id=made.pk, ruling="moved", reason=" ", now=now
            )
        actions.decide_dispute(
            actor=cast.ma.actor, dispute_id=made.pk, ruling="moved", reason="合同在先", now=now
        )
        assert Customer.objects.get(pk=key).owner_id == cast.chen.member.pk
        told = Notification.objects.filter(kind="customers.dispute_decided")
        assert {each.member_id for each in told} == {cast.lin.member.pk, cast.chen.member.pk}
        with pytest.raises(Conflict):
            actions.withdraw_dispute(actor=cast.chen.actor, dispute_id=made.pk, now=now)
        [found] = queries.disputes_of(key)
        assert (found.ruling, found.ruling_reason) == ("moved", "合同在先")
        entries = AuditEntry.objects.filter(subject_id=key, action="customers.dispute_changed")
        assert entries.count() == 3


def test_it_may_be_shared_or_left_or_taken_back(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = _open(cast, now)
        actions.withdraw_dispute(actor=cast.chen.actor, dispute_id=made.pk, now=now)
        made = _open(cast, now)
        actions.decide_dispute(
            actor=cast.ma.actor, dispute_id=made.pk, ruling="kept", reason="证据不足", now=now
        )
        assert not access.customers(cast.chen.actor).filter(pk=key).exists()
        made = _open(cast, now)
        actions.decide_dispute(
            actor=cast.ma.actor, dispute_id=made.pk, ruling="shared", reason="合作", now=now
        )
        assert access.customers(cast.chen.actor, "write").filter(pk=key).exists()
        assert Customer.objects.get(pk=key).owner_id == cast.lin.member.pk


def test_only_who_is_above_both_moves_it_to_another_unit(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = actions.open_dispute(actor=cast.wu.actor, asked="K1", reason="我的", now=now)
        with pytest.raises(Invalid):
            actions.decide_dispute(
                actor=cast.ma.actor, dispute_id=made.pk, ruling="moved", reason="x", now=now
            )
        actions.decide_dispute(actor=cast.gao.actor, dispute_id=made.pk, ruling="moved", reason="x", now=now)
        assert Customer.objects.get(pk=key).owner_id == cast.wu.member.pk


def test_as_long_as_it_is_open_the_owner_stays(cast: Company, key: uuid.UUID, now: Now) -> None:
    chosen = Selection((key,))
    with cast.scope():
        gao = cast.gao.actor
        actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        actions.create_protection_rule(actor=gao, rules=ProtectionRules("一般", 30), now=now)
        before = actions.assign_customers(actor=gao, selection=chosen, owner_id=cast.gao.member.pk, now=now)
        actions.assign_customers(actor=gao, selection=chosen, owner_id=cast.lin.member.pk, now=now)
        made = _open(cast, now)
        with pytest.raises(InDispute):
            actions.assign_customers(actor=gao, selection=chosen, owner_id=cast.wu.member.pk, now=now)
        with pytest.raises(InDispute):
            actions.update_customer(
                actor=gao, customer_id=key, changes={"owner_id": cast.wu.member.pk}, now=now
            )
        with pytest.raises(InDispute):
            actions.return_customers(actor=cast.lin.actor, selection=chosen, reason="x", now=now)
        assert before.undo_id
        later = now + 40 * DAY
        assert actions.reclaim_now(actor=gao, now=later)[0].count == 0
        actions.withdraw_dispute(actor=cast.chen.actor, dispute_id=made.pk, now=later)
        assert actions.reclaim_now(actor=gao, now=later)[0].count == 1


def test_nobody_deletes_whom_others_claim(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        _open(cast, now)
        with pytest.raises(InDispute):
            actions.delete_customer(actor=cast.ma.actor, customer_id=key, now=now)
        chosen = Selection(ids=(key,))
        assert actions.delete_customers(actor=cast.ma.actor, selection=chosen, now=now).count == 0
        assert Customer.objects.filter(pk=key).exists()


def test_who_sees_disputes(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = _open(cast, now)
        for person, sees in (
            (cast.lin, 1),
            (cast.chen, 1),
            (cast.ma, 1),
            (cast.gao, 1),
            (cast.wu, 0),
            (cast.an, 0),
        ):
            assert len(queries.disputes(person.actor).rows) == sees
        with pytest.raises(NotFound):
            access.dispute(cast.wu.actor, made.pk)
        assert key
