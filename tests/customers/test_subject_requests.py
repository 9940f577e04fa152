"""What people ask about their data: noted, due by the law's days, told of, answered, and what stays after erasure."""

import datetime
import uuid

import pytest

from tests.cast import Company
from zhiyin.accounts.models import Tenant
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import RequestRules
from zhiyin.customers.models import Consent, Purpose, SubjectRequest, TimelineEvent
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification
from zhiyin.platform.tenancy import with_gone

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def key(cast: Company, now: Now) -> uuid.UUID:
    """林岚's customer."""
    with cast.scope():
        return actions.create_customer(actor=cast.lin.actor, name="王小明", code="K1", now=now).pk


def _ask(cast: Company, key: uuid.UUID, now: Now, kind: str = "access", **more: object) -> SubjectRequest:
    rules = RequestRules(kind, **more)  # type: ignore[arg-type]
    return actions.receive_subject_request(actor=cast.lin.actor, customer_id=key, rules=rules, now=now)


def test_it_is_due_by_the_companys_days_and_who_answers_is_told(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        made = _ask(cast, key, now, note="请给我一份")
        assert made.due_on - made.received_on == 15 * DAY
        Tenant.objects.filter(pk=cast.tenant.pk).update(currency="EUR")
        assert (later := _ask(cast, key, now)).due_on - later.received_on == 30 * DAY
        Tenant.objects.filter(pk=cast.tenant.pk).update(request_days=7)
        assert (later := _ask(cast, key, now)).due_on - later.received_on == 7 * DAY
        told = Notification.objects.filter(kind="customers.request_received", data__request=str(made.pk))
        assert {each.member_id for each in told} == {cast.ma.member.pk, cast.gao.member.pk}
        [touch] = TimelineEvent.objects.filter(customer=key, object_id=made.pk)
        assert touch.data == {"kind": "access", "what": "received", "state": "open"}
        assert (
            AuditEntry.objects.filter(subject_id=key, action="customers.subject_request_changed").count() == 3
        )
        with pytest.raises(NotFound):
            actions.receive_subject_request(
                actor=cast.chen.actor, customer_id=key, rules=RequestRules("access"), now=now
            )
        for wrong in ({"kind": "copy"}, {"received_on": now.date() + 2 * DAY}, {"purpose_id": uuid.uuid4()}):
            with pytest.raises(Invalid):
                _ask(cast, key, now, **{"kind": "access", **wrong})  # type: ignore[arg-type]


def test_whoever_answers_requests_answers_once_and_may_take_it_back(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        made = _ask(cast, key, now)
        with pytest.raises(PermissionDenied):
            actions.answer_subject_request(
                actor=cast.lin.actor, request_id=made.pk, state="done", answer="", now=now
            )
        with pytest.raises(Invalid):
            actions.answer_subject_request(
                actor=cast.ma.actor, request_id=made.pk, state="refused", answer=" ", now=now
            )
        seen = access.subject_request(cast.ma.actor, made.pk).version
        actions.change_subject_request(
            actor=cast.gao.actor,
            request_id=made.pk,
            handler_id=cast.ma.member.pk,
            due_on=made.due_on + 30 * DAY,
            note="复杂",
            now=now,
        )
        assert Notification.objects.filter(
            kind="customers.request_given", member_id=cast.ma.member.pk
        ).exists()
        with pytest.raises(Conflict):
            actions.answer_subject_request(
                actor=cast.ma.actor, request_id=made.pk, state="done", answer="", version=seen, now=now
            )
        actions.answer_subject_request(
            actor=cast.ma.actor, request_id=made.pk, state="done", answer="已寄出", now=now
        )
        with pytest.raises(Conflict):
            actions.answer_subject_request(
                actor=cast.gao.actor, request_id=made.pk, state="done", answer="", now=now
            )
        assert [each.pk for each in queries.subject_requests(cast.ma.actor, answered=True).rows] == [made.pk]
        actions.reopen_subject_request(actor=cast.ma.actor, request_id=made.pk, now=now)
        [again] = queries.subject_requests(cast.ma.actor).rows
        assert (again.pk, again.answer, again.answered_at) == (made.pk, "已寄出", None)


def test_what_waits_comes_by_its_last_day_and_only_within_reach(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        other = actions.create_customer(actor=cast.wu.actor, name="李四", now=now)
        rules = RequestRules("erasure", received_on=now.date() - 3 * DAY)
        first = actions.receive_subject_request(
            actor=cast.wu.actor, customer_id=other.pk, rules=rules, now=now
        )
        second = _ask(cast, key, now)
        assert [each.pk for each in queries.subject_requests(cast.gao.actor).rows] == [first.pk, second.pk]
        assert [each.pk for each in queries.subject_requests(cast.ma.actor).rows] == [second.pk]
        with pytest.raises(NotFound):
            access.subject_request(cast.ma.actor, first.pk)
        today = second.due_on + DAY
        due = queries.due_requests(cast.gao.actor, today)
        assert (due.open, due.soon, due.overdue) == (2, 0, 2)


def test_an_objection_stands_in_the_ledger_at_once(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        purpose = Purpose.objects.exclude(basis="consent").order_by("pk")[0]
        assert queries.standing(key).verdict(purpose, "mail").allowed
        _ask(cast, key, now, "objection", purpose_id=purpose.pk)
        assert not queries.standing(key).verdict(purpose, "mail").allowed
        assert not queries.standing(key).is_barred
        _ask(cast, key, now, "objection")
        assert queries.standing(key).is_barred
        assert Consent.objects.filter(customer=key, answer="refused").count() == 2


def test_before_the_last_day_and_after_it_one_is_told_once(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        made = _ask(cast, key, now)
        system = Actor.system(cast.tenant.pk)

        def warn(days: int) -> int:
            return actions.warn_of_due_requests(
                actor=system, today=made.due_on + days * DAY, now=now + days * DAY
            )

        assert [warn(days) for days in (-10, -5, -4, 0, 1, 2)] == [0, 1, 0, 0, 1, 0]
        kinds = Notification.objects.filter(data__request=str(made.pk), member_id=cast.ma.member.pk)
        assert sorted(kinds.values_list("kind", flat=True)) == [
            "customers.request_due",
            "customers.request_overdue",
            "customers.request_received",
        ]
        assert not Notification.objects.filter(data__request=str(made.pk), member_id=cast.lin.member.pk)


def test_after_erasure_only_that_it_was_asked_and_answered_stays(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        made = _ask(cast, key, now, "erasure", note="王小明要求删除", requester="王大明")
        actions.delete_customer(actor=cast.gao.actor, customer_id=key, now=now)
        assert queries.subject_requests(cast.gao.actor).rows == []
        actions.purge_customers(actor=cast.gao.actor, customer_ids=[key], now=now)
        with with_gone():
            made.refresh_from_db()
        assert (made.customer_id, made.state, made.note, made.requester) == (None, "done", "", "")
        assert made.answered_at is not None
        assert [each.pk for each in queries.subject_requests(cast.gao.actor, answered=True).rows] == [made.pk]
        assert queries.subject_requests(cast.ma.actor, answered=True).rows == []
