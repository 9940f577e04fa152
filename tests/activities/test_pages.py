"""Tasks and follow-ups as people meet them."""

import datetime
import json
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import Company, Person
from zhiyin.accounts.models import Role
from zhiyin.activities import actions
from zhiyin.activities.models import Appointment, FollowUp, Task
from zhiyin.customers.actions import create_customer
from zhiyin.customers.models import Customer

Now = datetime.datetime
TASKS = "/tasks/"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def customer(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return create_customer(actor=cast.lin.actor, name="颐和", kind="organisation", now=now)


def page(person: Person, address: str) -> str:
    response = person.client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def tab(customer: Customer) -> str:
    return f"{reverse('customers:record', args=[customer.pk])}?tab=follow_ups"


def test_empty_pages_say_what_would_be_here(cast: Company, customer: Customer) -> None:
    assert "您没有未完成的任务" in page(cast.lin, TASKS)
    assert "还没有跟进" in page(cast.lin, tab(customer))
    assert 'name="body"' not in page(cast.xu, tab(customer))


def test_a_follow_up_by_hand(cast: Company, customer: Customer) -> None:
    address = reverse("activities:add_follow_up", args=[customer.pk])
    today = timezone.localdate().isoformat()
    typed = {"kind": "visit", "body": "看了样机", "outcome": "满意", "next_step": "寄合同", "next_on": today}
    refused = cast.lin.client.post(address, {**typed, "body": ""})
    assert refused.status_code == 422
    assert "寄合同" in refused.content.decode()
    assert cast.lin.client.post(address, typed).headers["Location"] == tab(customer)
    shown = page(cast.lin, tab(customer))
    assert "看了样机" in shown
    assert "寄合同" in shown
    assert "拜访 · 满意 · 林岚" in shown
    for where in ("/", TASKS):
        assert "寄合同" in page(cast.lin, where)
    assert "寄合同" not in page(cast.chen, TASKS)


def test_done_can_be_taken_back(cast: Company, now: Now) -> None:
    with cast.scope():
        task = actions.create_task(actor=cast.lin.actor, title="盘点", due_on=timezone.localdate(), now=now)
    done, opened = (reverse("activities:task_state", args=[task.pk, state]) for state in ("done", "open"))
    response = cast.lin.client.post(done, follow=True)
    assert opened in response.content.decode()
    assert "盘点" not in page(cast.lin, TASKS)
    assert "盘点" in page(cast.lin, f"{TASKS}?show=done")
    assert cast.lin.client.post(opened, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "盘点" in page(cast.lin, TASKS)


def test_a_task_is_changed_and_what_two_change_is_told(cast: Company, now: Now) -> None:
    with cast.scope():
        task = actions.create_task(actor=cast.lin.actor, title="盘点", now=now)
    address = reverse("activities:task", args=[task.pk])
    me = str(cast.lin.member.pk)
    seen = {"initial-title": "盘点", "initial-priority": "2", "initial-assignee_id": me, "initial-due_on": ""}
    first = {**seen, "title": "盘点仓库", "priority": "2", "assignee_id": me, "due_on": ""}
    assert cast.lin.client.post(address, first).status_code == 302
    second = cast.lin.client.post(address, {**first, "title": "别的"})
    assert second.status_code == 422
    assert "盘点仓库" in second.content.decode()
    with cast.scope():
        assert Task.objects.get().title == "盘点仓库"


def test_a_bad_tab_and_a_bad_state(cast: Company, now: Now) -> None:
    assert cast.lin.client.get(f"{TASKS}?show=nothing").status_code == 404
    assert cast.lin.client.get(f"{TASKS}?show=left").status_code == 404
    assert cast.ma.client.get(f"{TASKS}?show=left").status_code == 200
    assert cast.lin.client.get(f"{TASKS}new/?customer=x").status_code == 404
    with cast.scope():
        task = actions.create_task(actor=cast.lin.actor, title="盘点", now=now)
    address = reverse("activities:task_state", args=[task.pk, "sideways"])
    assert cast.lin.client.post(address).status_code == 400


def test_without_the_permission_nothing_of_it_is_told(cast: Company, customer: Customer, now: Now) -> None:
    with cast.scope():
        actions.add_follow_up(
            actor=cast.lin.actor, customer_id=customer.pk, kind="call", body="秘密", now=now
        )
        role = Role.objects.get(pk=cast.roles["analyst"].pk)
        role.permissions = [each for each in role.permissions if not each.startswith("activities.")]
        role.save()
    record = reverse("customers:record", args=[customer.pk])
    assert "秘密" in page(cast.lin, record)
    shown = page(cast.xu, record)
    assert "秘密" not in shown
    assert "tab=follow_ups" not in shown
    assert cast.xu.client.get(tab(customer)).status_code == 404


def test_statements_do_not_grow_with_the_rows(cast: Company, customer: Customer, now: Now) -> None:
    def statements(address: str) -> int:
        page(cast.lin, address)
        with CaptureQueriesContext(connection) as asked:
            page(cast.lin, address)
        return len(asked)

    def add(times: int) -> None:
        with cast.scope():
            for _each in range(times):
                actions.add_follow_up(
                    actor=cast.lin.actor,
                    customer_id=customer.pk,
                    kind="call",
                    body="谈过",
                    next_step="再谈",
                    now=now,
                )

    add(1)
    few = [statements(each) for each in (TASKS, tab(customer))]
    add(5)
    assert [statements(each) for each in (TASKS, tab(customer))] == few


def test_operations(cast: Company, customer: Customer) -> None:
    def send(method: str, address: str, **body: object) -> tuple[int, dict[str, object]]:
        response = getattr(cast.lin.client, method)(
            f"/api/v1{address}", json.dumps(body), content_type="application/json"
        )
        return response.status_code, response.json() if response.content else {}

    status, made = send("post", "/tasks/", title="盘点", customer_id=str(customer.pk), due_on="2026-12-01")
    assert (status, made["customer_name"], made["state"]) == (201, "颐和", "open")
    assert send("patch", f"/tasks/{made['id']}/", due_on=None, priority=1)[0] == 204
    assert send("patch", f"/tasks/{made['id']}/", title=None)[0] == 422
    assert send("put", f"/tasks/{made['id']}/state/", state="done")[1]["state"] == "done"
    listed = cast.lin.client.get("/api/v1/tasks/?state=done").json()["items"]
    assert [(each["due_on"], each["priority"]) for each in listed] == [(None, 1)]
    follow_ups = f"/customers/{customer.pk}/follow-ups/"
    status, told = send("post", follow_ups, kind="call", body="谈过", next_step="再谈")
    assert status == 201
    with cast.scope():
        assert str(FollowUp.objects.get().task_id) == told["task_id"]
    assert [each["body"] for each in cast.lin.client.get(f"/api/v1{follow_ups}").json()["items"]] == ["谈过"]


FORM = {"title": "拜访", "starts": "2026-12-01T10:00", "ends": "2026-12-01T11:00", "zone": "Asia/Shanghai"}


def test_customers_of_an_appointment_are_looked_for_and_picked(
    cast: Company, customer: Customer, now: Now
) -> None:
    address = reverse("activities:create_appointment")
    picks = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "appointment-picks"}
    found = cast.lin.client.post(address, {**FORM, "who": "颐和"}, **picks).content.decode()
    assert f'value="{customer.pk}"' in found
    assert "<form" not in found
    # nobody else sees her customer
    assert "颐和" not in cast.wu.client.post(address, {**FORM, "who": "颐和"}, **picks).content.decode()
    assert cast.wu.client.post(address, {**FORM, "choose": customer.pk}).status_code == 404
    # without scripts the whole form comes again, as it was typed
    shown = cast.lin.client.post(address, {**FORM, "choose": customer.pk}).content.decode()
    assert 'value="拜访"' in shown
    assert f'name="customers" value="{customer.pk}"' in shown
    refused = cast.lin.client.post(address, {**FORM, "who": "颐和"})
    assert refused.status_code == 422
    assert "appointment-picks" in refused.content.decode()
    assert cast.lin.client.post(address, {**FORM, "customers": customer.pk}).status_code == 302
    with cast.scope():
        row = Appointment.objects.get()
        assert row.participants.get().customer_id == customer.pk
    own = reverse("activities:appointment", args=[row.pk])
    dropped = cast.lin.client.post(own, {**FORM, "customers": customer.pk, "drop": customer.pk})
    assert f'name="customers" value="{customer.pk}"' not in dropped.content.decode()
    assert cast.lin.client.post(own, FORM).status_code == 302
    with cast.scope():
        assert not row.participants.exists()


def test_days_by_the_hour_have_what_overlaps_side_by_side(cast: Company, now: Now) -> None:
    day = datetime.datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    with cast.scope():
        for title, start, end in (("甲", 0, 90), ("乙", 60, 120), ("丙", 150, 180)):
            actions.create_appointment(
                actor=cast.lin.actor, title=title, starts_at=day + start * MINUTE, ends_at=day + end * MINUTE,
                zone="Asia/Shanghai", now=now,
            )  # fmt: skip
    shown = page(cast.lin, f"{reverse('activities:calendar')}?view=week&on=2026-12-01")
    # from eight: ten is the eighth quarter
    assert "cal-from-8 cal-to-14 cal-lane-2-0" in shown
    assert "cal-from-12 cal-to-16 cal-lane-2-1" in shown
    assert "cal-from-18 cal-to-20 cal-lane-1-0" in shown
    assert ">08:00<" in shown
    assert ">07:00<" not in shown
    assert "2026-11-30 – 2026-12-06</h2>" in shown
    begun = page(cast.lin, f"{reverse('activities:create_appointment')}?on=2026-12-01&at=14:30")
    assert 'value="2026-12-01T14:30"' in begun
