"""Tasks and follow-ups: written, changed, taken back; and who sees them."""

import datetime
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Company, Person
from zhiyin.activities import access, actions, queries
from zhiyin.activities.choices import TaskState
from zhiyin.activities.models import Task
from zhiyin.activities.queries import TaskFilter
from zhiyin.customers.actions import create_customer, delete_customer, purge_customers
from zhiyin.customers.models import Customer, TimelineEvent
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def customer(inside: Company, now: Now) -> Customer:
    return create_customer(actor=inside.lin.actor, name="颐和", kind="organisation", now=now)


def seen(person: Person, **where: object) -> list[str]:
    rows = queries.list_tasks(person.actor, TaskFilter.model_validate(where)).rows
    return [str(row["title"]) for row in rows]


def test_a_follow_up_stands_on_the_timeline_and_its_next_step_is_a_task(
    inside: Company, customer: Customer, now: Now
) -> None:
    tomorrow = now.date() + DAY
    made = actions.add_follow_up(
        actor=inside.lin.actor,
        customer_id=customer.pk,
        kind="call",
        body=" 要报价 \r\n 下周谈 ",
        outcome="有意向",
        next_step="发报价单",
        next_on=tomorrow,
        now=now,
    )
    assert made.body == "要报价 \n 下周谈"
    task = made.task
    assert task is not None
    assert (task.title, task.due_on, task.assignee_id) == ("发报价单", tomorrow, inside.lin.member.pk)
    assert task.customer_id == customer.pk
    touch = TimelineEvent.objects.get(customer=customer.pk, kind="follow_up")
    assert (touch.object_id, touch.data["body"], touch.data["outcome"]) == (made.pk, made.body, "有意向")
    told = set(OutboxEvent.objects.filter(name__startswith="activities.").values_list("name", flat=True))
    assert told == {"activities.follow_up_added", "activities.task_changed"}
    assert AuditEntry.objects.filter(action="activities.follow_up_added", subject_id=customer.pk).count() == 1
    [row] = queries.follow_ups(inside.lin.actor, customer.pk).rows
    assert (row.next_step, row.next_on) == ("发报价单", tomorrow)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("body", {"body": "  "}),
        ("body", {"body": "x" * 10_001}),
        ("body", {"body": "a\0b"}),
        ("kind", {"kind": "smoke"}),
        ("outcome", {"outcome": "x" * 301}),
        ("next_step", {"next_on": datetime.date(2030, 1, 1)}),
        ("next_step", {"next_step": "x" * 201}),
    ],
)
def test_a_follow_up_that_cannot_be_kept_names_its_field(
    inside: Company, customer: Customer, now: Now, field: str, more: dict[str, object]
) -> None:
    given = {"kind": "call", "body": "谈过", **more}
    with pytest.raises(Invalid) as refused:
        actions.add_follow_up(actor=inside.lin.actor, customer_id=customer.pk, now=now, **given)
    assert refused.value.field == field
    assert not Task.objects.exists()


def test_a_customer_beyond_reach_takes_no_follow_up_and_no_task(
    inside: Company, customer: Customer, now: Now
) -> None:
    with pytest.raises(NotFound):
        actions.add_follow_up(
            actor=inside.wu.actor, customer_id=customer.pk, kind="call", body="谈过", now=now
        )
    with pytest.raises(NotFound):
        queries.follow_ups(inside.wu.actor, customer.pk)
    with pytest.raises(Invalid) as refused:
        actions.create_task(actor=inside.wu.actor, title="打电话", customer_id=customer.pk, now=now)
    assert refused.value.field == "customer_id"


def test_who_only_reads_writes_nothing(inside: Company, customer: Customer, now: Now) -> None:
    with pytest.raises(PermissionDenied):
        actions.create_task(actor=inside.xu.actor, title="打电话", now=now)
    with pytest.raises(PermissionDenied):
        actions.add_follow_up(
            actor=inside.xu.actor, customer_id=customer.pk, kind="call", body="谈过", now=now
        )


def test_author_assignee_and_those_above_see_a_task(inside: Company, now: Now) -> None:
    actions.create_task(actor=inside.ma.actor, title="盘点", assignee_id=inside.lin.member.pk, now=now)
    assert seen(inside.lin) == seen(inside.ma) == seen(inside.gao) == ["盘点"]
    assert seen(inside.chen) == seen(inside.wu) == []
    task = Task.objects.get()
    with pytest.raises(NotFound):
        access.task(inside.chen.actor, task.pk)
    with pytest.raises(NotFound):
        actions.set_task_state(actor=inside.chen.actor, task_id=task.pk, state="done", now=now)


def test_a_task_is_given_only_within_reach(inside: Company, now: Now) -> None:
    for assignee in (inside.wu.member.pk, uuid.uuid4()):
        with pytest.raises(Invalid) as refused:
            actions.create_task(actor=inside.lin.actor, title="盘点", assignee_id=assignee, now=now)
        assert refused.value.field == "assignee_id"
    inside.chen.member.is_active = False
    inside.chen.member.save()
    with pytest.raises(Invalid):
        actions.create_task(actor=inside.gao.actor, title="盘点", assignee_id=inside.chen.member.pk, now=now)


def test_the_name_of_a_customer_beyond_reach_is_hidden(inside: Company, customer: Customer, now: Now) -> None:
    actions.create_task(
        actor=inside.gao.actor,
        title="回访",
        customer_id=customer.pk,
        assignee_id=inside.wu.member.pk,
        now=now,
    )
    [row] = queries.list_tasks(inside.wu.actor, TaskFilter()).rows
    assert row["customer_name"] is None
    [row] = queries.list_tasks(inside.gao.actor, TaskFilter()).rows
    assert row["customer_name"] == "颐和"


def test_done_and_open_again(inside: Company, now: Now) -> None:
    lin = inside.lin.actor
    task = actions.create_task(actor=lin, title="盘点", due_on=now.date(), now=now)
    assert len(queries.due_tasks(lin, now.date(), limit=5)) == 1
    done = actions.set_task_state(actor=lin, task_id=task.pk, state="done", now=now)
    assert (done.state, done.closed_at) == (TaskState.DONE, now)
    again = actions.set_task_state(actor=lin, task_id=task.pk, state="done", now=now + DAY)
    assert again.closed_at == now
    assert queries.due_tasks(lin, now.date(), limit=5) == []
    opened = actions.set_task_state(actor=lin, task_id=task.pk, state="open", now=now)
    assert (opened.state, opened.closed_at) == (TaskState.OPEN, None)
    assert AuditEntry.objects.filter(subject_kind="task", subject_id=task.pk).count() == 3


def test_of_two_who_change_a_task_the_second_is_told(inside: Company, now: Now) -> None:
    task = actions.create_task(actor=inside.lin.actor, title="盘点", now=now)
    version = task.version
    changed = actions.change_task(
        actor=inside.lin.actor, task_id=task.pk, changes={"title": "盘点仓库"}, version=version, now=now
    )
    assert changed.title == "盘点仓库"
    with pytest.raises(Conflict):
        actions.change_task(
            actor=inside.lin.actor, task_id=task.pk, changes={"priority": 1}, version=version, now=now
        )


def test_a_task_given_on_may_leave_its_givers_sight(inside: Company, now: Now) -> None:
    task = actions.create_task(
        actor=inside.gao.actor, title="盘点", assignee_id=inside.lin.member.pk, now=now
    )
    actions.change_task(
        actor=inside.ma.actor, task_id=task.pk, changes={"assignee_id": inside.chen.member.pk}, now=now
    )
    assert seen(inside.chen) == ["盘点"]
    assert seen(inside.lin) == []


def test_open_tasks_of_who_has_left_are_found(inside: Company, now: Now) -> None:
    for person in (inside.lin, inside.chen):
        actions.create_task(actor=person.actor, title=person.member.name, now=now)
    inside.chen.member.is_active = False
    inside.chen.member.save()
    assert seen(inside.ma, left_behind=True, state="open") == [inside.chen.member.name]


def test_the_list_is_one_statement_in_order_of_days(inside: Company, now: Now) -> None:
    lin = inside.lin.actor
    for number, days in enumerate([3, None, 1, 2]):
        due = now.date() + days * DAY if days else None
        actions.create_task(actor=lin, title=str(number), due_on=due, now=now)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        first = queries.list_tasks(lin, TaskFilter(), limit=2)
    assert len(asked) == 1
    second = queries.list_tasks(lin, TaskFilter(), limit=2, after=first.next or "")
    assert [row["title"] for row in first.rows + second.rows] == ["2", "3", "0", "1"]


def test_a_purged_customer_leaves_its_tasks(inside: Company, customer: Customer, now: Now) -> None:
    actions.add_follow_up(
        actor=inside.lin.actor, customer_id=customer.pk, kind="call", body="谈过", next_step="寄样", now=now
    )
    delete_customer(actor=inside.gao.actor, customer_id=customer.pk, now=now)
    purge_customers(actor=inside.gao.actor, customer_ids=[customer.pk], now=now)
    assert Task.objects.get().customer_id is None


def test_another_company_sees_nothing(cast: Company, other: Company, now: Now) -> None:
    with cast.scope():
        task = actions.create_task(actor=cast.gao.actor, title="盘点", now=now)
    with other.scope(), pytest.raises(NotFound):
        access.task(other.gao.actor, task.pk)
