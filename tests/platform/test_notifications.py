"""What members are told: mentions, tasks given, reminders; seen, mailed, and whose they are."""

import datetime
import uuid

import pytest
from django.core import mail
from django.urls import reverse

from tests.cast import Company, Person
from zhiyin.accounts.handlers import mail_notification
from zhiyin.activities import actions as activities
from zhiyin.activities.models import Task
from zhiyin.activities.tasks import remind
from zhiyin.customers import actions
from zhiyin.customers.models import Customer
from zhiyin.platform import notifications, outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import Notification, OutboxEvent

Now = datetime.datetime


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


def kinds(person: Person) -> list[str]:
    return [each.kind for each in notifications.listed(person.actor).rows]


def note(company: Company, customer: Customer, body: str, now: Now) -> uuid.UUID:
    made = actions.add_note(actor=company.lin.actor, customer_id=customer.pk, body=body, now=now)
    return made.pk


def test_a_mention_tells_who_sees_the_customer_and_nobody_else(
    inside: Company, wang: Customer, now: Now
) -> None:
    note(inside, wang, "请 @马超 看一下，@陈晨 也看看 @林岚", now)
    assert kinds(inside.ma) == ["customers.mentioned"]
    assert kinds(inside.chen) == [], "she does not see the customer"
    assert kinds(inside.lin) == [], "nobody tells himself"
    assert notifications.unseen(inside.ma.actor) == 1


def test_an_edited_note_tells_only_who_is_named_anew(inside: Company, wang: Customer, now: Now) -> None:
    made = note(inside, wang, "@马超", now)
    actions.change_note(
        actor=inside.lin.actor, customer_id=wang.pk, note_id=made, body="@马超 @高敏", now=now
    )
    assert kinds(inside.ma) == ["customers.mentioned"]
    assert kinds(inside.gao) == ["customers.mentioned"]


def test_a_task_given_tells_its_assignee(inside: Company, now: Now) -> None:
    task = activities.create_task(
        actor=inside.ma.actor, title="回访", assignee_id=inside.lin.member.pk, now=now
    )
    activities.create_task(actor=inside.lin.actor, title="自己的", now=now)
    assert kinds(inside.lin) == ["activities.task_given"]
    activities.change_task(
        actor=inside.ma.actor, task_id=task.pk, changes={"assignee_id": inside.chen.member.pk}, now=now
    )
    assert kinds(inside.chen) == ["activities.task_given"]


def test_a_reminder_comes_once_and_not_for_what_is_done(inside: Company, now: Now) -> None:
    soon = now + datetime.timedelta(minutes=5)
    task = activities.create_task(actor=inside.lin.actor, title="回电", remind_at=soon, now=now)
    done = activities.create_task(actor=inside.lin.actor, title="已办", remind_at=soon, now=now)
    activities.set_task_state(actor=inside.lin.actor, task_id=done.pk, state="done", now=now)
    remind(now)
    assert kinds(inside.lin) == []
    remind(soon)
    remind(soon)
    assert kinds(inside.lin) == ["activities.reminder"]
    assert Task.objects.get(pk=task.pk).remind_at is None


def test_one_sees_and_marks_only_ones_own(inside: Company, wang: Customer, now: Now) -> None:
    note(inside, wang, "@马超 @高敏", now)
    mine = notifications.listed(inside.ma.actor).rows[0]
    with pytest.raises(NotFound):
        notifications.mark_seen(actor=inside.gao.actor, notification_id=mine.pk, now=now)
    notifications.mark_seen(actor=inside.gao.actor, now=now)
    assert notifications.unseen(inside.gao.actor) == 0
    assert notifications.unseen(inside.ma.actor) == 1
    with pytest.raises(NotFound):
        notifications.listed(Actor.system(inside.tenant.pk))


def delivered(company: Company) -> outbox.Delivered:
    event = OutboxEvent.objects.filter(name="platform.member_notified").latest("id")
    return outbox.Delivered(
        event.id, event.name, company.tenant.pk, event.occurred_at, event.actor_name, "", None, event.data, 1
    )


def test_a_mail_names_no_customer_and_comes_to_who_wishes_it(
    inside: Company, wang: Customer, now: Now, settings: pytest.FixtureRequest
) -> None:
    settings.MAIL_CONFIGURED, settings.ORIGIN = True, "https://crm.example.com"  # type: ignore[attr-defined]
    note(inside, wang, "@马超", now)
    mail_notification(delivered(inside))
    assert [each.to for each in mail.outbox] == [[inside.ma.user.email]]
    told = Notification.objects.latest("id")
    assert f"https://crm.example.com/notifications/{told.pk}/" in mail.outbox[0].body
    assert "王小明" not in mail.outbox[0].body + mail.outbox[0].subject
    inside.ma.user.mails = False
    inside.ma.user.save()
    mail_notification(delivered(inside))
    assert len(mail.outbox) == 1


def test_the_page_tells_and_leads_on(cast: Company, now: Now) -> None:
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        note(cast, customer, "@马超", now)
    client = cast.ma.client
    assert "1 条新通知" in client.get(reverse("web:bell")).content.decode()
    page = client.get(reverse("web:notifications")).content.decode()
    assert "林岚在王小明的备注中提到了您。" in page
    with cast.scope():
        told = notifications.listed(cast.ma.actor).rows[0]
    answer = client.get(reverse("web:follow", args=[told.pk]))
    assert answer["Location"] == f"/customers/{customer.pk}/?tab=notes"
    assert "1 条新通知" not in client.get(reverse("web:bell")).content.decode()


def test_a_customer_out_of_sight_has_no_name(cast: Company, now: Now) -> None:
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
        note(cast, customer, "@马超", now)
        Customer.objects.filter(pk=customer.pk).update(owner=cast.wu.member, unit=cast.wu.member.unit)
    page = cast.ma.client.get(reverse("web:notifications")).content.decode()
    assert "王小明" not in page
    assert "林岚在一位客户的备注中提到了您。" in page


def test_the_bell_leaves_messages_to_the_page_that_a_person_goes_to(cast: Company, now: Now) -> None:
    with cast.scope():
        customer = actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)
    client = cast.lin.client
    client.post(reverse("customers:add_note", args=[customer.pk]), {"body": "记下"})
    for name in ("web:bell", "jobs:running"):
        assert "HX-Trigger" not in client.get(reverse(name), headers={"HX-Request": "true"}).headers
    assert "已记下" in client.get(reverse("customers:record", args=[customer.pk])).content.decode()
