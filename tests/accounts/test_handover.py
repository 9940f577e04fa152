"""Handing over what a member has: who gets what, what stays and why, all at once and taken back."""

import datetime
import uuid
from collections import Counter
from itertools import islice
from typing import Any

import pytest

from tests.cast import Company, Person, company
from zhiyin.accounts import access, handover, queries
from zhiyin.accounts.actions import handover as actions
from zhiyin.accounts.actions import members
from zhiyin.accounts.handover import Plan, Taker
from zhiyin.accounts.models import Handover
from zhiyin.activities import actions as activities
from zhiyin.activities.models import Appointment, Task
from zhiyin.customers import actions as customers
from zhiyin.customers.actions import PoolRules, Sharing
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import Customer, Holding, Pool, Share, TimelineEvent
from zhiyin.platform import jobs
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification

Now = datetime.datetime
HOUR = datetime.timedelta(hours=1)
ALL = ("customers", "open_tasks", "appointments", "shares", "received", "claims")


def to(*people: Person, weights: tuple[int, ...] = (), parts: tuple[str, ...] = ALL, **more: Any) -> Plan:
    given = zip(people, weights or (1,) * len(people), strict=True)
    takers = tuple(Taker(member_id=each.member.pk, weight=weight) for each, weight in given)
    return Plan(parts=parts, people=takers, **more)


def has(cast: Company, now: Now, count: int = 4, who: str = "lin") -> list[Customer]:
    giver: Person = getattr(cast, who)
    found = []
    for number in range(count):
        made = customers.create_customer(actor=giver.actor, name=f"客户{number}", now=now)
        activities.create_task(actor=giver.actor, title=f"回电{number}", customer_id=made.pk, now=now)
        found.append(made)
    activities.create_task(actor=giver.actor, title="写周报", now=now)
    return found


def meets(giver: Person, now: Now, **more: Any) -> Appointment:
    values = {"title": "拜访", "starts_at": now + HOUR, "ends_at": now + 2 * HOUR, "zone": "Asia/Shanghai"}
    return activities.create_appointment(actor=giver.actor, now=now, **{**values, **more}).appointment


def moved(cast: Company, plan: Plan, now: Now, giver: str = "lin", by: str = "ma") -> Handover:
    """Handed over as the job does it."""
    actor = getattr(cast, by).actor
    made = actions.hand_over(actor=actor, giver_id=getattr(cast, giver).member.pk, plan=plan, now=now)
    for part in handover.parts(actor):
        if part.code in plan.parts:
            actions.hand_over_part(actor=actor, handover_id=made.pk, code=part.code, now=now)
    jobs.Job.objects.filter(pk=made.job_id).update(state="succeeded")
    return actions.finish_hand_over(actor=actor, handover_id=made.pk, now=now)


def undone(cast: Company, made: Handover, now: Now, by: str = "ma") -> dict[str, int]:
    actor = getattr(cast, by).actor
    actions.undo_hand_over(actor=actor, handover_id=made.pk, now=now)
    for part in handover.parts(actor):
        actions.take_back_part(actor=actor, handover_id=made.pk, code=part.code, now=now)
    made.refresh_from_db()
    return {code: each["restored"] for code, each in made.parts.items()}


def test_turns_follow_the_weights_and_lie_evenly() -> None:
    a, b = uuid.uuid4(), uuid.uuid4()
    people = [Taker(member_id=a, weight=3), Taker(member_id=b)]
    turns = list(islice(handover._turns(people), 8))
    assert Counter(turns) == {a: 6, b: 2}
    assert Counter(turns[:4]) == {a: 3, b: 1}


def test_everything_goes_to_one_and_comes_back(inside: Company, now: Now) -> None:
    had, meeting = has(inside, now), meets(inside.lin, now)
    share = Sharing(member_id=inside.wu.member.pk)
    customers.share_customer(actor=inside.lin.actor, customer_id=had[0].pk, sharing=share, now=now)
    made = moved(inside, to(inside.chen, reason="离职"), now)
    chen = inside.chen.member
    assert set(Customer.objects.values_list("owner", flat=True)) == {chen.pk}
    assert set(Task.objects.values_list("assignee", flat=True)) == {chen.pk}
    assert Appointment.objects.get(pk=meeting.pk).owner_id == chen.pk
    assert Share.objects.get().shared_by_id == chen.pk
    assert {code: each["count"] for code, each in made.parts.items()} == {
        "customers": 4, "open_tasks": 5, "appointments": 1, "shares": 1, "received": 0, "claims": 0,
    }  # fmt: skip
    assert Holding.objects.filter(owner=chen).count() == 4
    told = TimelineEvent.objects.filter(customer=had[0], kind=TimelineKind.OWNER).get()
    assert told.data == {"from": "林岚", "to": "陈晨", "reason": "离职"}
    entries = AuditEntry.objects.filter(action="customers.customer_changed", actor_name="马超")
    assert {each.subject_id for each in entries} == {each.pk for each in had}
    task = AuditEntry.objects.filter(action="activities.task_changed", actor_name="马超").first()
    assert task
    assert task.changes == {"assignee": ["林岚", "陈晨"]}
    news = Notification.objects.get(member_id=chen.pk, kind="accounts.handed_over")
    assert news.data == {"who": "马超", "giver": "林岚", "count": 11}
    lin = inside.lin.member.pk
    assert undone(inside, made, now) == {
        "customers": 4, "open_tasks": 5, "appointments": 1, "shares": 1, "received": 0, "claims": 0,
    }  # fmt: skip
    assert set(Customer.objects.values_list("owner", flat=True)) == {lin}
    assert set(Task.objects.values_list("assignee", flat=True)) == {lin}
    assert Appointment.objects.get(pk=meeting.pk).owner_id == lin
    assert Share.objects.get().shared_by_id == lin
    with pytest.raises(Conflict):
        actions.undo_hand_over(actor=inside.ma.actor, handover_id=made.pk, now=now)


def test_what_was_shared_with_who_leaves_goes_to_who_does_not_see_it_yet(inside: Company, now: Now) -> None:
    his, known, chens = (
        customers.create_customer(actor=each.actor, name=f"共享{number}", now=now)
        for number, each in enumerate((inside.ma, inside.ma, inside.chen))
    )
    lin, chen = inside.lin.member.pk, inside.chen.member.pk
    for customer in (his, known, chens):
        by, shared = (inside.chen if customer == chens else inside.ma).actor, Sharing(member_id=lin)
        customers.share_customer(actor=by, customer_id=customer.pk, sharing=shared, now=now)
    shared = Sharing(member_id=chen)
    customers.share_customer(actor=inside.ma.actor, customer_id=known.pk, sharing=shared, now=now)
    made = moved(inside, to(inside.chen, parts=("received",)), now)
    assert made.parts["received"]["count"] == 3
    assert Share.objects.get(customer=his).member_id == chen
    assert set(Share.objects.filter(customer=known).values_list("member", flat=True)) == {lin, chen}
    assert Share.objects.get(customer=chens).member_id == lin, "nobody needs a share of his own"
    entry = AuditEntry.objects.filter(action="customers.customers_shared", subject_id=his.pk).latest("pk")
    assert entry.changes["shared_with"] == ["林岚", "陈晨"]
    assert undone(inside, made, now) == {"received": 1}
    assert Share.objects.get(customer=his).member_id == lin


def test_several_get_by_weight_and_tasks_go_with_their_customer(inside: Company, now: Now) -> None:
    has(inside, now, 8)
    plan = to(inside.chen, inside.ma, weights=(3, 1))
    actor, lin = inside.ma.actor, inside.lin.member.pk
    seen = {
        each.part.code: dict(each.to)
        for each in handover.preview(actor=actor, giver_id=lin, plan=plan, now=now)
    }
    assert seen["customers"] == {inside.chen.member.pk: 6, inside.ma.member.pk: 2}
    assert set(Customer.objects.values_list("owner", flat=True)) == {lin}
    made = moved(inside, plan, now)
    for task in Task.objects.exclude(customer=None).select_related("customer"):
        assert task.customer
        assert task.assignee_id == task.customer.owner_id
    for code, counts in seen.items():
        assert made.parts[code]["to"] == {str(member): count for member, count in counts.items()}


def test_only_what_a_filter_chooses_goes(inside: Company, now: Now) -> None:
    has(inside, now)
    first = Customer.objects.earliest("created_at", "pk")
    customers.update_customer(actor=inside.lin.actor, customer_id=first.pk, changes={"city": "苏州"}, now=now)
    tree = {"match": "all", "of": [{"field": "city", "op": "in", "value": ["苏州"]}]}
    made = moved(inside, to(inside.chen, parts=("customers",), filter=tree), now)
    assert made.parts["customers"]["count"] == 1
    assert Customer.objects.filter(owner=inside.chen.member).get() == first
    assert Task.objects.filter(assignee=inside.lin.member.pk).count() == 5


def test_disputed_customers_stay_and_it_is_told(inside: Company, now: Now) -> None:
    had = has(inside, now)
    customers.open_dispute(actor=inside.chen.actor, asked=had[0].code, reason="我先联系的", now=now)
    plan = to(inside.chen, parts=("customers",))
    (seen,) = handover.preview(actor=inside.ma.actor, giver_id=inside.lin.member.pk, plan=plan, now=now)
    assert (seen.count, seen.stays) == (3, {"disputed": 1})
    made = moved(inside, plan, now)
    assert (made.parts["customers"]["count"], made.parts["customers"]["stays"]) == (3, {"disputed": 1})
    assert Customer.objects.get(pk=had[0].pk).owner_id == inside.lin.member.pk


def test_into_a_unit_or_a_pool_only_customers_go(inside: Company, now: Now) -> None:
    has(inside, now)
    unit = inside.units["上海一组"].pk
    with pytest.raises(Invalid) as refused:
        moved(inside, Plan(parts=ALL, unit_id=unit), now)
    assert refused.value.field == "people"
    made = moved(inside, Plan(parts=("customers",), unit_id=unit), now)
    assert set(Customer.objects.values_list("owner", "unit")) == {(None, unit)}
    assert undone(inside, made, now) == {"customers": 4}
    pool = customers.create_pool(actor=inside.gao.actor, rules=PoolRules(name="华东公海"), now=now)
    made = moved(inside, Plan(parts=("customers",), into_pool=True, pool_id=pool.pk), now)
    assert set(Customer.objects.values_list("owner", "pool")) == {(None, pool.pk)}
    with inside.scope():
        assert undone(inside, made, now, by="gao") == {"customers": 4}
    assert set(Customer.objects.values_list("owner", "pool")) == {(inside.lin.member.pk, None)}


def test_what_was_changed_since_stays_where_it_is(inside: Company, now: Now) -> None:
    had, meeting = has(inside, now), meets(inside.lin, now)
    made = moved(inside, to(inside.chen), now)
    chen = inside.chen.actor
    customers.update_customer(actor=chen, customer_id=had[0].pk, changes={"city": "苏州"}, now=now)
    done = Task.objects.filter(customer=had[1]).get()
    activities.set_task_state(actor=chen, task_id=done.pk, state="done", now=now)
    activities.change_appointment(actor=chen, appointment_id=meeting.pk, changes={"title": "回访"}, now=now)
    restored = undone(inside, made, now)
    assert (restored["customers"], restored["open_tasks"], restored["appointments"]) == (3, 4, 0)
    assert Customer.objects.get(pk=had[0].pk).owner_id == inside.chen.member.pk


def test_nothing_goes_back_to_who_was_shut_out(inside: Company, now: Now) -> None:
    has(inside, now)
    members.deactivate_member(actor=inside.gao.actor, member_id=inside.lin.member.pk, now=now)
    left = queries.holders(inside.ma.actor, now=now)
    assert [(each.member.name, dict(each.counts)) for each in left] == [
        ("林岚", {"customers": 4, "open_tasks": 5})
    ]
    made = moved(inside, to(inside.chen), now)
    assert queries.holders(inside.ma.actor, now=now) == []
    with pytest.raises(Conflict, match="林岚"):
        actions.undo_hand_over(actor=inside.ma.actor, handover_id=made.pk, now=now)
    members.activate_member(actor=inside.gao.actor, member_id=inside.lin.member.pk, now=now)
    assert undone(inside, made, now)["customers"] == 4


def test_a_series_goes_with_its_exceptions_and_private_ones_stay(inside: Company, now: Now) -> None:
    weekly = meets(
        inside.lin, now.replace(microsecond=0), rule="FREQ=WEEKLY", members=[inside.chen.member.pk]
    )
    again = now.replace(microsecond=0) + HOUR + datetime.timedelta(days=7)
    activities.change_appointment(
        actor=inside.lin.actor, appointment_id=weekly.pk, which="one", original_start=again,
        changes={"title": "改期"}, now=now,
    )  # fmt: skip
    meets(inside.lin, now, title="体检", is_private=True)
    meets(inside.lin, now, starts_at=now - 3 * HOUR, ends_at=now - 2 * HOUR)
    made = moved(inside, to(inside.chen, parts=("appointments",)), now)
    told = made.parts["appointments"]
    assert (told["count"], told["stays"]) == (1, {"private": 1})
    assert Appointment.objects.filter(owner=inside.chen.member).count() == 2
    assert not weekly.participants.filter(member=inside.chen.member.pk).exists()


def test_the_right_to_claim_goes_to_the_receiver(inside: Company, now: Now) -> None:
    rules = PoolRules(name="华东公海", members=(inside.lin.member.pk,))
    pool = customers.create_pool(actor=inside.gao.actor, rules=rules, now=now)
    made = moved(inside, to(inside.chen, parts=("claims",)), now)
    assert Pool.objects.get(pk=pool.pk).members == [inside.chen.member.pk]
    assert undone(inside, made, now) == {"claims": 1}
    assert Pool.objects.get(pk=pool.pk).members == [inside.lin.member.pk]


def test_who_may_not_and_to_whom_not(inside: Company, now: Now) -> None:
    has(inside, now, 1)
    with pytest.raises(PermissionDenied):
        moved(inside, to(inside.chen), now, by="chen")
    with pytest.raises(NotFound):
        moved(inside, to(inside.chen), now, giver="wu")
    for plan in (to(inside.wu), to(inside.lin), to(), to(inside.chen, parts=())):
        with pytest.raises(Invalid):
            moved(inside, plan, now)
    assert not Handover.objects.exists()
    made = moved(inside, to(inside.chen), now)
    with pytest.raises(NotFound):
        access.handover(inside.wu.actor, made.pk)


def test_the_job_moves_all_once_even_when_run_again(committed: None, now: Now) -> None:
    cast = company(f"leaver-{uuid.uuid4().hex[:8]}")
    with cast.scope():
        has(cast, now)
        made = actions.hand_over(
            actor=cast.ma.actor, giver_id=cast.lin.member.pk, plan=to(cast.chen), now=now
        )
        job = jobs.Job.objects.get(pk=made.job_id)
    assert jobs.run_now(job).state == "succeeded"
    with cast.scope():
        jobs.Job.objects.filter(pk=job.pk).update(state="running")
        versions = set(Customer.objects.values_list("version", flat=True))
    assert jobs.run_now(job).state == "succeeded"
    with cast.scope():
        assert set(Customer.objects.values_list("version", flat=True)) == versions == {2}
        assert set(Customer.objects.values_list("owner", flat=True)) == {cast.chen.member.pk}
        back = actions.undo_hand_over(actor=cast.ma.actor, handover_id=made.pk, now=now)
        undo = jobs.Job.objects.get(pk=back.undo_job_id)
    assert jobs.run_now(undo).state == "succeeded"
    with cast.scope():
        assert set(Customer.objects.values_list("owner", flat=True)) == {cast.lin.member.pk}
