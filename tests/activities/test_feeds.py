"""A calendar that other programs read."""

import datetime

import icalendar
import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.activities import actions, ics
from zhiyin.activities.models import Appointment

Now = datetime.datetime
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def test_a_feed_tells_series_and_what_differs_until_it_is_revoked(
    cast: Company, client: Client, now: Now
) -> None:
    start = now.replace(microsecond=0) + DAY
    with cast.scope():
        made = actions.create_appointment(
            actor=cast.lin.actor, title="例会; 周一, 逗号", starts_at=start, ends_at=start + HOUR,
            zone="Asia/Shanghai", rule="FREQ=DAILY;COUNT=5", members=[cast.wu.member.pk], now=now,
        ).appointment  # fmt: skip
        actions.move_appointment(
            actor=cast.lin.actor, appointment_id=made.pk, minutes=30, original_start=start + DAY, now=now
        )
        actions.remove_appointment(
            actor=cast.lin.actor, appointment_id=made.pk, which="one", original_start=start + 2 * DAY, now=now
        )
        feeds = [
            actions.create_feed(actor=each.actor, now=now).token for each in (cast.lin, cast.wu, cast.chen)
        ]
    for token, number in zip(feeds, (2, 2, 0), strict=True):
        answer = client.get(f"/calendar/feed/{token}/")
        assert answer["Content-Type"].startswith("text/calendar")
        events = list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))
        assert len(events) == number
    series, moved = sorted(
        icalendar.Calendar.from_ical(client.get(f"/calendar/feed/{feeds[0]}/").content).walk("VEVENT"),
        key=lambda each: "RECURRENCE-ID" in each,
    )
    assert str(series["SUMMARY"]) == "例会; 周一, 逗号"
    assert series["EXDATE"].dts[0].dt == start + 2 * DAY
    assert (moved["UID"], moved["RECURRENCE-ID"].dt) == (series["UID"], start + DAY)
    assert moved["DTSTART"].dt == start + DAY + HOUR / 2
    with cast.scope():
        actions.revoke_feed(actor=cast.lin.actor, now=now)
        again = actions.create_feed(actor=cast.wu.actor, now=now).token
    assert client.get(f"/calendar/feed/{feeds[0]}/").status_code == 404
    assert client.get(f"/calendar/feed/{feeds[1]}/").status_code == 404
    assert client.get(f"/calendar/feed/{again}/").status_code == 200
    assert client.get("/calendar/feed/zc_x/").status_code == 404


@pytest.mark.parametrize("whole", [True, False])
def test_many_events_are_written(inside: Company, now: Now, whole: bool) -> None:
    rows = [
        Appointment(
            owner=inside.lin.member, uid=f"{number}@x", title="拜访", starts_at=now + number * DAY,
            ends_at=now + number * DAY + HOUR, zone="Asia/Shanghai", all_day=whole, place="", details="", rule="",
        )
        for number in range(2_000)
    ]  # fmt: skip
    assert ics.written("林岚", rows).count(b"BEGIN:VEVENT") == 2_000
