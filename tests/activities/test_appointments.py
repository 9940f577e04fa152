"""Appointments: series by the wall clock, one of them, taken back; who sees them; what may not be."""

import datetime
import itertools
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Company, Person
from zhiyin.activities import actions, queries, recurrence, tasks
from zhiyin.activities.models import Appointment
from zhiyin.customers.actions import create_customer
from zhiyin.customers.models import TimelineEvent
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound

Now = datetime.datetime
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime.datetime(2026, 11, 30, 10, tzinfo=SHANGHAI)


def arrange(person: Person, now: Now, start: Now = MONDAY, **more: Any) -> actions.Done:
    zone = more.pop("zone", "Asia/Shanghai")
    ends = more.pop("ends_at", start + HOUR)
    title = more.pop("title", "碰头")
    return actions.create_appointment(
        actor=person.actor, title=title, starts_at=start, ends_at=ends, zone=zone, now=now, **more
    )


def days(person: Person, *members: Person, weeks: int = 4) -> list[str]:
    found = queries.occurrences(
        person.actor,
        MONDAY - DAY,
        MONDAY + weeks * 7 * DAY,
        members=[each.member.pk for each in members],
    )
    return [f"{each.starts_at.astimezone(SHANGHAI):%m-%d %H:%M} {each.title}" for each in found]


def test_a_series_keeps_the_wall_clock_over_a_change_of_clocks(inside: Company, now: Now) -> None:
    start = datetime.datetime(2026, 10, 24, 9, tzinfo=BERLIN)
    arrange(inside.lin, now, start, zone="Europe/Berlin", rule="FREQ=DAILY;COUNT=3")
    found = queries.occurrences(inside.lin.actor, start - DAY, start + 9 * DAY)
    assert [each.starts_at.astimezone(BERLIN).hour for each in found] == [9, 9, 9]
    assert [each.starts_at.astimezone(datetime.UTC).hour for each in found] == [7, 8, 8]


def test_a_time_that_clocks_leave_out_is_refused_when_typed_and_later_in_a_series() -> None:
    gap = datetime.datetime(2027, 3, 28, 2, 30)
    with pytest.raises(Invalid):
        recurrence.at_wall(gap, "Europe/Berlin")
    start = datetime.datetime(2027, 3, 27, 2, 30, tzinfo=BERLIN)
    times = recurrence.starts("FREQ=DAILY", start, BERLIN, start, start + 3 * DAY)
    assert [f"{each.astimezone(BERLIN):%d %H:%M}" for each in times] == ["27 02:30", "28 03:30", "29 02:30"]


def test_the_29th_of_february_comes_every_four_years() -> None:
    start = datetime.datetime(2024, 2, 29, 9, tzinfo=SHANGHAI)
    times = recurrence.starts("FREQ=YEARLY", start, SHANGHAI, start, start + 4000 * DAY)
    assert [each.year for each in times] == [2024, 2028, 2032]


def test_a_series_without_an_end_is_unrolled_far_away_only(inside: Company, now: Now) -> None:
    arrange(inside.lin, now, rule="FREQ=DAILY")
    far = MONDAY + 36500 * DAY
    assert len(queries.occurrences(inside.lin.actor, far, far + 7 * DAY)) == 7
    with pytest.raises(Invalid):
        queries.occurrences(inside.lin.actor, MONDAY, far)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=HOURLY", "x", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;COUNT=0",
     "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0"],
)  # fmt: skip
def test_a_rule_that_no_calendar_can_follow(inside: Company, now: Now, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        arrange(inside.lin, now, rule=rule)
    assert refused.value.field == "rule"


@pytest.mark.parametrize(
    "wrong",
    [{"ends_at": MONDAY - HOUR}, {"zone": "Mars/Olympus"}, {"title": " "}, {"ends_at": MONDAY + 400 * DAY},
     {"members": [uuid.uuid4()]}, {"customers": [uuid.uuid4()]}, {"remind_minutes": -1}],
)  # fmt: skip
def test_what_may_not_be(inside: Company, now: Now, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        arrange(inside.lin, now, **wrong)
    assert not Appointment.objects.exists()


def test_one_of_a_series_moves_and_comes_back(inside: Company, now: Now) -> None:
    made = arrange(inside.lin, now, rule="FREQ=WEEKLY;COUNT=4").appointment
    second = MONDAY + 7 * DAY
    done = actions.move_appointment(
        actor=inside.lin.actor, appointment_id=made.pk, days=1, minutes=30, original_start=second, now=now
    )
    assert days(inside.lin) == [
        "11-30 10:00 碰头",
        "12-08 10:30 碰头",
        "12-14 10:00 碰头",
        "12-21 10:00 碰头",
    ]
    with pytest.raises(NotFound):
        actions.move_appointment(
            actor=inside.lin.actor, appointment_id=made.pk, days=1, original_start=second, now=now
        )
    assert done.undo_id
    actions.undo_appointment(actor=inside.lin.actor, undo_id=done.undo_id, now=now)
    assert days(inside.lin)[1] == "12-07 10:00 碰头"
    with pytest.raises(NotFound):
        actions.undo_appointment(actor=inside.lin.actor, undo_id=done.undo_id, now=now)


def test_this_and_following_cuts_a_series_in_two(inside: Company, now: Now) -> None:
    made = arrange(inside.lin, now, rule="FREQ=WEEKLY;COUNT=4").appointment
    third, fourth = MONDAY + 14 * DAY, MONDAY + 21 * DAY
    actions.move_appointment(
        actor=inside.lin.actor, appointment_id=made.pk, minutes=60, original_start=fourth, now=now
    )
    done = actions.change_appointment(
        actor=inside.lin.actor,
        appointment_id=made.pk,
        changes={"title": "例会", "starts_at": third + DAY},
        which="following",
        original_start=third,
        now=now,
    )
    assert days(inside.lin) == [
        "11-30 10:00 碰头",
        "12-07 10:00 碰头",
        "12-15 10:00 例会",
        "12-21 11:00 碰头",
    ]
    assert done.undo_id
    actions.undo_appointment(actor=inside.lin.actor, undo_id=done.undo_id, now=now)
    assert days(inside.lin) == [
        "11-30 10:00 碰头",
        "12-07 10:00 碰头",
        "12-14 10:00 碰头",
        "12-21 11:00 碰头",
    ]


def test_all_of_a_series_move_with_the_days_of_the_week(inside: Company, now: Now) -> None:
    made = arrange(inside.lin, now, rule="FREQ=WEEKLY;BYDAY=MO,TH").appointment
    actions.remove_appointment(
        actor=inside.lin.actor, appointment_id=made.pk, which="one", original_start=MONDAY + 3 * DAY, now=now
    )
    actions.move_appointment(
        actor=inside.lin.actor,
        appointment_id=made.pk,
        which="all",
        days=1,
        original_start=MONDAY + 7 * DAY,
        now=now,
    )
    assert days(inside.lin, weeks=2) == ["12-01 10:00 碰头", "12-08 10:00 碰头", "12-11 10:00 碰头"]


def test_called_off_from_one_on_and_wholly(inside: Company, now: Now) -> None:
    made = arrange(inside.lin, now, rule="FREQ=WEEKLY").appointment
    actions.remove_appointment(
        actor=inside.lin.actor,
        appointment_id=made.pk,
        which="following",
        original_start=MONDAY + 14 * DAY,
        now=now,
    )
    assert len(days(inside.lin, weeks=10)) == 2
    done = actions.remove_appointment(actor=inside.lin.actor, appointment_id=made.pk, now=now)
    assert days(inside.lin) == []
    assert done.undo_id
    actions.undo_appointment(actor=inside.lin.actor, undo_id=done.undo_id, now=now)
    assert len(days(inside.lin, weeks=10)) == 2


def test_two_move_one_appointment(inside: Company, now: Now) -> None:
    made = arrange(inside.lin, now).appointment
    moved = actions.move_appointment(
        actor=inside.lin.actor, appointment_id=made.pk, days=1, version=made.version, now=now
    )
    with pytest.raises(Conflict):
        actions.move_appointment(
            actor=inside.ma.actor, appointment_id=made.pk, days=2, version=made.version, now=now
        )
    actions.move_appointment(actor=inside.ma.actor, appointment_id=made.pk, days=2, now=now)
    assert moved.undo_id
    with pytest.raises(Conflict):
        actions.undo_appointment(actor=inside.lin.actor, undo_id=moved.undo_id, now=now)
    assert days(inside.lin) == ["12-03 10:00 碰头"]


def test_who_may_not_read_sees_when_somebody_is_busy(inside: Company, now: Now) -> None:
    arrange(inside.lin, now, place="秘密", members=[inside.wu.member.pk])
    arrange(inside.lin, now, MONDAY + DAY, is_private=True)
    assert days(inside.ma, inside.lin) == ["11-30 10:00 碰头", "12-01 10:00 None"]
    assert days(inside.chen, inside.lin) == ["11-30 10:00 None", "12-01 10:00 None"]
    assert days(inside.wu) == ["11-30 10:00 碰头"]
    assert days(inside.chen) == []
    shown = queries.occurrences(inside.chen.actor, MONDAY, MONDAY + DAY, members=[inside.lin.member.pk])
    assert (shown[0].place, shown[0].appointment_id) == ("", None)


def test_invited_answered_reminded(inside: Company, now: Now) -> None:
    start = now.replace(microsecond=0) + 2 * HOUR
    made = arrange(
        inside.lin, now, start, rule="FREQ=DAILY", remind_minutes=30, members=[inside.wu.member.pk]
    )
    told = [each.kind for each in notifications.listed(inside.wu.actor).rows]
    assert told == ["activities.invited"]
    actions.answer_appointment(
        actor=inside.wu.actor, appointment_id=made.appointment.pk, answer="accepted", now=now
    )
    assert notifications.listed(inside.lin.actor).rows[0].kind == "activities.appointment_accepted"
    system = Actor.system(inside.tenant.id)
    tasks.remind_appointments(system, now + HOUR)
    assert len(notifications.listed(inside.wu.actor).rows) == 1
    for _again in range(2):
        tasks.remind_appointments(system, now + 2 * HOUR)
    assert len(notifications.listed(inside.wu.actor).rows) == 2
    row = Appointment.objects.get()
    assert row.remind_at == start + DAY - HOUR / 2
    actions.answer_appointment(
        actor=inside.wu.actor, appointment_id=made.appointment.pk, answer="declined", now=now
    )
    tasks.remind_appointments(system, now + DAY + 2 * HOUR)
    assert len(notifications.listed(inside.wu.actor).rows) == 2


def test_a_customer_is_met(inside: Company, now: Now) -> None:
    customer = create_customer(actor=inside.lin.actor, name="颐和", kind="organisation", now=now)
    made = arrange(inside.lin, now, customers=[customer.pk]).appointment
    actions.move_appointment(actor=inside.lin.actor, appointment_id=made.pk, days=1, now=now + HOUR)
    actions.remove_appointment(actor=inside.lin.actor, appointment_id=made.pk, now=now + 2 * HOUR)
    events = TimelineEvent.objects.filter(customer=customer, kind="appointment").order_by("occurred_at")
    assert [each.data["what"] for each in events] == ["arranged", "moved", "called off"]
    with pytest.raises(Invalid):
        arrange(inside.wu, now, customers=[customer.pk])


def test_whole_days_are_the_same_days_everywhere(inside: Company, now: Now) -> None:
    first = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
    arrange(inside.lin, now, first, ends_at=first + 2 * DAY, all_day=True, zone="America/New_York")
    found = queries.occurrences(inside.lin.actor, MONDAY, MONDAY + 7 * DAY)
    assert [(each.starts_at.date().day, each.ends_at.date().day) for each in found] == [(1, 3)]


def test_a_calendar_takes_a_fixed_number_of_statements(inside: Company, now: Now) -> None:
    counts = []
    for _round, _each in itertools.product(range(2), range(3)):
        arrange(inside.lin, now, rule="FREQ=WEEKLY")
        actor = inside.lin.actor
        with CaptureQueriesContext(
            connection,
        ) as seen:
            queries.occurrences(actor, MONDAY, MONDAY + 7 * DAY)
        counts.append(len(seen))
    assert len(set(counts)) == 1
    assert counts[0] <= 5


def test_by_hand_and_on_the_pages(cast: Company) -> None:
    typed = {
        "title": "看样机",
        "starts": "2026-12-01T10:00",
        "ends": "2026-12-01T11:00",
        "zone": "Asia/Shanghai",
        "repeat": "weekly",
        "until": "2026-12-08",
    }
    wrong = cast.lin.client.post("/calendar/new/", {**typed, "ends": "2026-12-01T09:00"})
    assert wrong.status_code == 422
    gap = {**typed, "zone": "Europe/Berlin", "starts": "2027-03-28T02:30", "ends": "2027-03-28T04:00"}
    assert cast.lin.client.post("/calendar/new/", gap).status_code == 422
    assert cast.lin.client.post("/calendar/new/", typed).status_code == 302
    for view in ("day", "week", "month", "agenda"):
        shown = cast.lin.client.get(f"/calendar/?view={view}&on=2026-12-08").content.decode()
        assert "看样机" in shown
        assert "看样机" not in cast.chen.client.get(f"/calendar/?view={view}&on=2026-12-08").content.decode()
    colleague = cast.chen.client.get(f"/calendar/?on=2026-12-08&who={cast.lin.member.pk}").content.decode()
    assert "is-busy" in colleague
    with cast.scope():
        row = Appointment.objects.get()
    address = f"/calendar/{row.pk}/"
    at = datetime.datetime(2026, 12, 8, 10, tzinfo=SHANGHAI).astimezone(datetime.UTC).isoformat()
    moved = cast.lin.client.post(f"{address}move/", {"days": "1", "at": at, "version": "1"}, follow=True)
    assert "/calendar/undo/" in moved.content.decode()
    stale = cast.lin.client.post(f"{address}move/", {"days": "2", "version": "1"}, follow=True)
    assert "看样机" in stale.content.decode()
    with cast.scope():
        assert Appointment.objects.count() == 2
    assert cast.lin.client.get("/calendar/?view=year").status_code == 404
    assert cast.lin.client.get("/calendar/?on=0001-01-01").status_code == 404
