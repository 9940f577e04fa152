"""Who is asked, what an answer does, and what a change, an absence or a leaver does to it."""

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.approvals.things import CODE, Things, ask, asked, decide, named, rule, things
from tests.cast import Company
from zhiyin.accounts.actions import handover
from zhiyin.accounts.actions.members import deactivate_member
from zhiyin.accounts.handover import Plan, Taker
from zhiyin.approvals import access, actions, queries
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.choices import RequestState
from zhiyin.approvals.errors import (
    AskedAlready,
    Decided,
    NeedsApproval,
    NeedsNone,
    NobodyDecides,
    WaitsForApproval,
    WasRejected,
)
from zhiyin.approvals.models import ApprovalAct, ApprovalSeat
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification, OutboxEvent

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def stock() -> Iterator[Things]:
    with things() as made:
        yield made


def _needs(cast: Company, key: uuid.UUID) -> None:
    actions.require_approval(actor=cast.lin.actor, subject=CODE, subject_id=key)


def test_without_a_rule_that_fits_nothing_is_asked(inside: Company, stock: Things) -> None:
    key = stock.make(amount=Decimal(99_999))
    _needs(inside, key)
    rule(inside)
    _needs(inside, key)
    with pytest.raises(NeedsNone):
        ask(inside.lin, key)
    stock.put(key, amount=Decimal(100_000))
    with pytest.raises(NeedsApproval):
        _needs(inside, key)


@pytest.mark.parametrize(
    ("bounds", "facts", "fits"),
    [
        ({"discount_from": Decimal(10)}, {"discount": Decimal("9.99")}, False),
        ({"discount_from": Decimal(10)}, {"discount": Decimal(10)}, True),
        ({"discount_from": Decimal(10)}, {}, False),
        ({"margin_below": Decimal(20)}, {"margin": Decimal(20)}, False),
        ({"margin_below": Decimal(20)}, {"margin": Decimal("-3")}, True),
        ({"grades": ("A",)}, {"grade": "B"}, False),
        ({"grades": ("A", "B")}, {"grade": "B"}, True),
        ({"amount_from": Decimal(100)}, {"amount": Decimal(1), "currency": "USD"}, True),
        ({"amount_from": Decimal(100)}, {"amount": None}, False),
    ],
)
def test_bounds_of_a_rule(
    inside: Company, stock: Things, bounds: dict[str, object], facts: dict[str, object], fits: bool
) -> None:
    made = rule(inside, **bounds)
    matter = stock.now[stock.make(**facts)]
    assert queries.rule_for(CODE, matter, inside.lin.member) == (made if fits else None)


def test_rules_go_by_who_asks_and_the_first_that_fits_holds(inside: Company, stock: Things) -> None:
    matter = stock.now[stock.make()]
    of_east = rule(inside, name="华东", unit_id=inside.units["华东大区"].pk)
    of_chen = rule(inside, name="陈晨", member_id=inside.chen.member.pk)
    assert queries.rule_for(CODE, matter, inside.lin.member) == of_east
    assert queries.rule_for(CODE, matter, inside.chen.member) == of_east
    assert queries.rule_for(CODE, matter, inside.wu.member) is None
    actions.order_rules(actor=inside.gao.actor, ids=[of_chen.pk, of_east.pk], now=timezone.now())
    assert queries.rule_for(CODE, matter, inside.chen.member) == of_chen
    actions.set_rule_archived(actor=inside.gao.actor, rule_id=of_chen.pk, archived=True, now=timezone.now())
    assert queries.rule_for(CODE, matter, inside.chen.member) == of_east


def test_the_nearest_above_is_asked_and_his_yes_is_enough(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    made = ask(inside.lin, key)
    assert asked(made) == ["马超"]
    told = Notification.objects.get(kind="approvals.asked")
    assert (told.member_id, told.data["title"]) == (inside.ma.member.pk, "颐和空调大单")
    with pytest.raises(AskedAlready):
        ask(inside.lin, key)
    with pytest.raises(WaitsForApproval):
        _needs(inside, key)
    with pytest.raises(PermissionDenied):
        decide(inside.lin, made)
    with pytest.raises(PermissionDenied):
        decide(inside.gao, made)
    assert decide(inside.ma, made).state == RequestState.APPROVED
    _needs(inside, key)
    with pytest.raises(Decided):
        decide(inside.ma, made, "rejected")
    assert [each.did for each in queries.acts(made)] == ["asked", "approved"]
    assert Notification.objects.filter(kind="approvals.approved", member_id=inside.lin.member.pk).exists()
    assert AuditEntry.objects.filter(subject_id=made.pk).count() == 2
    events = OutboxEvent.objects.filter(name="approvals.approval_changed", subject_id=made.pk)
    assert [each.data["state"] for each in events.order_by("id")] == ["pending", "approved"]


def test_who_asks_is_never_asked_himself(inside: Company, stock: Things) -> None:
    rule(inside, named(inside.ma))
    assert asked(ask(inside.ma, stock.make())) == ["高敏"]
    rule(inside, named(inside.gao), name="都", amount_from=Decimal(1_000_000))
    with pytest.raises(NobodyDecides):
        actions.set_rule_archived(
            actor=inside.gao.actor, rule_id=queries.rules()[0].pk, archived=True, now=timezone.now()
        )
        inside.ma.member.role.permissions.remove("approvals.decide")
        inside.ma.member.role.save()
        ask(inside.gao, stock.make(amount=Decimal(2_000_000)))


def test_one_after_another_and_all_of_a_step(inside: Company, stock: Things) -> None:
    rule(inside, StepSaid(), named(inside.ma, inside.gao, mode="all"))
    made = ask(inside.lin, stock.make())
    assert asked(made) == ["马超"]
    with pytest.raises(Decided):
        decide(inside.gao, made)
    assert decide(inside.ma, made).state == RequestState.PENDING
    assert asked(made) == ["马超", "高敏"]
    assert decide(inside.gao, made).state == RequestState.PENDING
    with pytest.raises(Decided):
        decide(inside.gao, made)
    assert decide(inside.ma, made).state == RequestState.APPROVED


def test_a_no_needs_a_reason_and_ends_it(inside: Company, stock: Things) -> None:
    rule(inside, StepSaid(), named(inside.gao))
    key = stock.make()
    made = ask(inside.lin, key)
    with pytest.raises(Invalid):
        decide(inside.ma, made, "rejected", comment=" ")
    assert decide(inside.ma, made, "rejected").state == RequestState.REJECTED
    assert asked(made) == []
    with pytest.raises(WasRejected):
        _needs(inside, key)
    again = ask(inside.lin, key)
    assert again.pk != made.pk


def test_what_is_returned_is_changed_and_asked_again(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    made = ask(inside.lin, key)
    seen = made.version
    decide(inside.ma, made, "returned", comment="折扣降到 8%")
    stock.put(key, amount=Decimal(180_000))
    with pytest.raises(PermissionDenied):
        actions.ask_again(actor=inside.ma.actor, request_id=made.pk, now=timezone.now())
    again = actions.ask_again(actor=inside.lin.actor, request_id=made.pk, reason="改了", now=timezone.now())
    assert (again.pk, again.amount, asked(again)) == (made.pk, Decimal(180_000), ["马超"])
    with pytest.raises(Decided):
        decide(inside.ma, again, version=seen)
    assert decide(inside.ma, again, version=again.version).state == RequestState.APPROVED


def test_what_was_changed_after_it_was_approved_is_not_approved(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    made = decide(inside.ma, ask(inside.lin, key))
    stock.put(key, amount=Decimal(500_000))
    with pytest.raises(NeedsApproval):
        _needs(inside, key)
    now = timezone.now()
    assert actions.note_changed(actor=inside.lin.actor, subject=CODE, subject_id=key, now=now) == made
    made.refresh_from_db()
    assert made.state == RequestState.LAPSED
    assert actions.note_changed(actor=inside.lin.actor, subject=CODE, subject_id=key, now=now) is None
    assert asked(ask(inside.lin, key)) == ["马超"]


def test_a_change_that_touches_nothing_approved_keeps_the_yes(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    decide(inside.ma, ask(inside.lin, key))
    stock.put(key)
    assert (
        actions.note_changed(actor=inside.lin.actor, subject=CODE, subject_id=key, now=timezone.now()) is None
    )
    _needs(inside, key)


def test_a_yes_to_what_was_changed_meanwhile_lapses_instead(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    made = ask(inside.lin, key)
    stock.put(key, amount=Decimal(500_000))
    assert decide(inside.ma, made).state == RequestState.LAPSED
    assert Notification.objects.filter(kind="approvals.lapsed", member_id=inside.lin.member.pk).exists()
    assert not ApprovalSeat.objects.exclude(answer="").exists()


def test_who_asked_takes_it_back_even_after_the_yes(inside: Company, stock: Things) -> None:
    rule(inside)
    key = stock.make()
    made = decide(inside.ma, ask(inside.lin, key))
    with pytest.raises(PermissionDenied):
        actions.recall_approval(actor=inside.ma.actor, request_id=made.pk, now=timezone.now())
    actions.recall_approval(actor=inside.lin.actor, request_id=made.pk, now=timezone.now())
    with pytest.raises(NeedsApproval):
        _needs(inside, key)
    with pytest.raises(Decided):
        actions.recall_approval(actor=inside.lin.actor, request_id=made.pk, now=timezone.now())


def test_a_deputy_answers_while_somebody_is_away(inside: Company, stock: Things) -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    rule(inside)
    key = stock.make()
    with pytest.raises(Invalid):
        actions.add_absence(
            actor=inside.ma.actor, deputy_id=inside.chen.member.pk, starts_on=today, ends_on=today, now=now
        )
    away = actions.add_absence(
        actor=inside.ma.actor, deputy_id=inside.gao.member.pk, starts_on=today, ends_on=today + DAY, now=now
    )
    with pytest.raises(Invalid):
        actions.add_absence(
            actor=inside.ma.actor, deputy_id=inside.gao.member.pk, starts_on=today + DAY, ends_on=today + DAY,
            now=now,
        )  # fmt: skip
    made = ask(inside.lin, key)
    told = Notification.objects.filter(kind="approvals.asked").values_list("member_id", flat=True)
    assert set(told) == {inside.ma.member.pk, inside.gao.member.pk}
    assert queries.count_waiting(inside.gao.actor, today) == 1
    assert queries.count_waiting(inside.gao.actor, today + 2 * DAY) == 0
    assert decide(inside.gao, made).state == RequestState.APPROVED
    act = ApprovalAct.objects.get(did="approved")
    assert (act.member_id, act.on_behalf_id) == (inside.gao.member.pk, inside.ma.member.pk)
    with pytest.raises(NotFound):
        actions.remove_absence(actor=inside.gao.actor, absence_id=uuid.uuid4(), now=now)
    actions.remove_absence(actor=inside.ma.actor, absence_id=away.pk, now=now)
    assert queries.absences(inside.ma.actor, today) == []


def test_when_time_runs_out_who_is_above_is_asked_besides(inside: Company, stock: Things) -> None:
    rule(inside, StepSaid(hours=2))
    made = ask(inside.lin, stock.make())
    system = inside.gao.actor
    later = timezone.now() + datetime.timedelta(hours=3)
    assert actions.escalate_overdue(actor=system, now=timezone.now()) == 0
    assert actions.escalate_overdue(actor=system, now=later) == 1
    assert asked(made) == ["马超", "高敏"]
    assert actions.escalate_overdue(actor=system, now=later) == 0
    assert decide(inside.gao, made).state == RequestState.APPROVED
    assert "escalated" in [each.did for each in queries.acts(made)]


def test_who_was_asked_besides_answers_for_all(inside: Company, stock: Things) -> None:
    away = inside.gao
    rule(inside, StepSaid("people", "all", (inside.ma.member.pk,), 1))
    made = ask(inside.lin, stock.make())
    actions.escalate_overdue(actor=away.actor, now=timezone.now() + DAY)
    assert decide(away, made).state == RequestState.APPROVED


def test_in_place_of_an_approver_who_left_somebody_above_is_asked(inside: Company, stock: Things) -> None:
    rule(inside, named(inside.ma))
    made = ask(inside.lin, stock.make())
    deactivate_member(actor=inside.gao.actor, member_id=inside.ma.member.pk, now=timezone.now())
    assert (
        actions.replace_member(actor=inside.gao.actor, member_id=inside.ma.member.pk, now=timezone.now()) == 1
    )
    assert asked(made) == ["高敏"]
    assert decide(inside.gao, made).state == RequestState.APPROVED


def test_who_leaves_a_step_of_all_is_not_waited_for(inside: Company, stock: Things) -> None:
    rule(inside, named(inside.ma, inside.gao, mode="all"))
    made = ask(inside.lin, stock.make())
    decide(inside.gao, made)
    deactivate_member(actor=inside.gao.actor, member_id=inside.ma.member.pk, now=timezone.now())
    actions.replace_member(actor=inside.gao.actor, member_id=inside.ma.member.pk, now=timezone.now())
    made.refresh_from_db()
    assert made.state == RequestState.APPROVED


def test_somebody_active_is_not_replaced(inside: Company, stock: Things) -> None:
    rule(inside)
    made = ask(inside.lin, stock.make())
    assert (
        actions.replace_member(actor=inside.gao.actor, member_id=inside.ma.member.pk, now=timezone.now()) == 0
    )
    assert asked(made) == ["马超"]


def test_who_sees_a_request(inside: Company, stock: Things) -> None:
    rule(inside)
    made, today = ask(inside.lin, stock.make()), timezone.localdate()
    for who in (inside.lin, inside.ma, inside.gao):
        assert access.request(who.actor, made.pk, today) == made
    for who in (inside.chen, inside.wu, inside.xu):
        with pytest.raises(NotFound):
            access.request(who.actor, made.pk, today)
    stock.hidden.add(made.subject_id)
    with pytest.raises(NotFound):
        ask(inside.lin, made.subject_id)
    [row] = queries.box(inside.ma.actor, "waiting", today).rows
    assert (row.name, row.url_name) == ("颐和空调大单", "")


def test_a_comment_reaches_who_takes_part(inside: Company, stock: Things) -> None:
    rule(inside)
    made, now = ask(inside.lin, stock.make()), timezone.now()
    actions.comment_approval(actor=inside.ma.actor, request_id=made.pk, text="成本多少？", now=now)
    actions.comment_approval(actor=inside.lin.actor, request_id=made.pk, text="七成", now=now)
    told = Notification.objects.filter(kind="approvals.commented").values_list("member_id", flat=True)
    assert sorted(told) == sorted([inside.lin.member.pk, inside.ma.member.pk])
    with pytest.raises(NotFound):
        actions.comment_approval(actor=inside.wu.actor, request_id=made.pk, text="?", now=now)


def test_a_rule_that_cannot_work_is_refused(inside: Company, stock: Things) -> None:
    with pytest.raises(PermissionDenied):
        actions.create_rule(
            actor=inside.ma.actor, said=RuleSaid(CODE, "甲", (StepSaid(),)), now=timezone.now()
        )
    for steps in (
        (named(inside.chen),),
        (StepSaid("people"),),
        (StepSaid(hours=0),),
        (StepSaid("nobody"),),
        (StepSaid(),) * 6,
    ):
        with pytest.raises(Invalid):
            rule(inside, *steps)
    with pytest.raises(Invalid):
        rule(inside, amount_from=Decimal("NaN"))
    made = rule(inside)
    with pytest.raises(Conflict):
        rule(inside)
    said = RuleSaid(CODE, "新", (StepSaid(),))
    with pytest.raises(Conflict):
        actions.change_rule(actor=inside.gao.actor, rule_id=made.pk, said=said, version=9, now=timezone.now())
    actions.change_rule(actor=inside.gao.actor, rule_id=made.pk, said=said, version=1, now=timezone.now())
    [held] = queries.rules()
    assert (held.name, held.amount_from, held.version) == ("新", None, 2)


def test_a_changed_rule_keeps_who_was_asked(inside: Company, stock: Things) -> None:
    made_rule = rule(inside)
    made = ask(inside.lin, stock.make())
    said = RuleSaid(CODE, "大单", (named(inside.gao),), amount_from=Decimal(100_000))
    actions.change_rule(actor=inside.gao.actor, rule_id=made_rule.pk, said=said, now=timezone.now())
    assert asked(made) == ["马超"]
    assert decide(inside.ma, made).state == RequestState.APPROVED


def test_what_waits_for_somebody_is_handed_over_and_taken_back(inside: Company, stock: Things) -> None:
    now, gao = timezone.now(), inside.gao.actor
    rule(inside, named(inside.ma))
    made = ask(inside.lin, stock.make())

    def hand_over_to(member_id: uuid.UUID) -> uuid.UUID:
        plan = Plan(parts=("approvals",), people=(Taker(member_id=member_id),))
        done = handover.hand_over(actor=gao, giver_id=inside.ma.member.pk, plan=plan, now=now)
        handover.hand_over_part(actor=gao, handover_id=done.pk, code="approvals", now=now)
        return done.pk

    hand_over_to(inside.chen.member.pk)
    assert asked(made) == ["马超"], "who may not decide gets nothing"
    key = hand_over_to(inside.gao.member.pk)
    assert asked(made) == ["高敏"]
    handover.take_back_part(actor=gao, handover_id=key, code="approvals", now=now)
    assert asked(made) == ["马超"]
