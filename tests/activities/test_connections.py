"""A calendar here and one on a real CalDAV server become the same, whichever was changed."""

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from tests.activities.calendar_server import PASSWORD, USER, Remote, new_calendar, serving
from tests.cast import Company, Person
from zhiyin.activities import actions
from zhiyin.activities.actions import connections
from zhiyin.activities.models import Appointment, CalendarConnection, CalendarObject
from zhiyin.platform import notifications
from zhiyin.platform.crypto import rotation
from zhiyin.platform.errors import Invalid

Now = datetime.datetime
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
FAR = 7 * DAY

PHONE = """
BEGIN:VEVENT
UID:phone-1@x
DTSTAMP:{stamp}
SUMMARY:拜访 Meier\\, 二楼
LOCATION:上海
DTSTART;TZID=Asia/Shanghai:{day}T100000
DTEND;TZID=Asia/Shanghai:{day}T110000
X-PHONE-COLOUR:red
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:x
TRIGGER:-PT15M
END:VALARM
END:VEVENT
"""
SERIES = """
BEGIN:VEVENT
UID:series@x
DTSTAMP:{stamp}
SUMMARY:Jour fixe
DTSTART;TZID=Asia/Shanghai:{day}T090000
DTEND;TZID=Asia/Shanghai:{day}T093000
RRULE:FREQ=DAILY;COUNT=6
EXDATE;TZID=Asia/Shanghai:{third}T090000
END:VEVENT
BEGIN:VEVENT
UID:series@x
DTSTAMP:{stamp}
RECURRENCE-ID;TZID=Asia/Shanghai:{second}T090000
SUMMARY:Jour fixe elsewhere
DTSTART;TZID=Asia/Shanghai:{second}T140000
DTEND;TZID=Asia/Shanghai:{second}T143000
END:VEVENT
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("radicale")
    with serving(folder) as address:
        yield address


@pytest.fixture
def remote(root: str, settings: Any) -> Iterator[Remote]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    made = new_calendar(root, uuid.uuid4().hex)
    yield made
    made.client.close()


@pytest.fixture
def now() -> Now:
    return timezone.now().replace(microsecond=0)


def connected(company: Company, remote: Remote, now: Now, person: Person | None = None) -> CalendarConnection:
    actor = (person or company.lin).actor
    with company.scope():
        return actions.connect_calendar(
            actor=actor, url=str(remote.calendar.url), username=USER, password=PASSWORD, now=now
        )


def sync(company: Company, row: CalendarConnection, now: Now) -> CalendarConnection:
    connections.synchronise(company.tenant.pk, row.pk, now)
    with company.scope():
        row.refresh_from_db()
    return row


def arrange(company: Company, now: Now, **more: Any) -> Appointment:
    start = (now + FAR).replace(minute=0, second=0)
    values = {"title": "碰头", "starts_at": start, "ends_at": start + HOUR, "zone": "Asia/Shanghai"} | more
    with company.scope():
        return actions.create_appointment(actor=company.lin.actor, now=now, **values).appointment


def event(text: str, now: Now) -> str:
    first = (now + FAR).astimezone(SHANGHAI)
    days = {name: f"{first + DAY * at:%Y%m%d}" for at, name in enumerate(("day", "second", "third"))}
    return text.format(stamp=f"{now - HOUR:%Y%m%dT%H%M%SZ}", **days)


def rows(company: Company) -> list[Appointment]:
    with company.scope():
        return list(Appointment.objects.filter(removed_at=None, series=None).order_by("title"))


def test_what_is_on_either_side_comes_to_the_other_and_stays_as_it_is(
    cast: Company, remote: Remote, now: Now
) -> None:
    arrange(cast, now, title="在这里", remind_minutes=10, details="甲\n乙", is_private=True)
    remote.add(event(PHONE, now))
    row = sync(cast, connected(cast, remote, now), now)
    assert (row.problem, row.synced_at, row.calendar_name) == ("", now, row.calendar_name)
    assert remote.titles() == ["在这里", "拜访 Meier, 二楼"]
    here = rows(cast)
    assert [each.title for each in here] == ["在这里", "拜访 Meier, 二楼"]
    assert (here[1].place, here[1].zone, here[1].remind_minutes) == ("上海", "Asia/Shanghai", 15)
    assert here[1].starts_at.astimezone(SHANGHAI).hour == 10
    texts, revisions = remote.text("phone-1@x"), [each.revision for each in here]
    for _each in range(2):
        sync(cast, row, now + HOUR)
    assert remote.text("phone-1@x") == texts
    assert [each.revision for each in rows(cast)] == revisions


def test_changes_go_both_ways_and_leave_alone_what_is_not_known(
    cast: Company, remote: Remote, now: Now
) -> None:
    remote.add(event(PHONE, now))
    row = sync(cast, connected(cast, remote, now), now)
    (here,) = rows(cast)
    with cast.scope():
        actions.change_appointment(
            actor=cast.lin.actor, appointment_id=here.pk, changes={"title": "改了"}, now=now + HOUR
        )
    remote.change("phone-1@x", ("LOCATION:上海", "LOCATION:北京"))
    sync(cast, row, now + HOUR)
    (here,) = rows(cast)
    assert (here.title, here.place) == ("改了", "北京")
    text = remote.text("phone-1@x")
    assert "SUMMARY:改了" in text
    assert "LOCATION:北京" in text
    assert "X-PHONE-COLOUR:red" in text
    assert "TRIGGER:-PT15M" in text


@pytest.mark.parametrize(("hours", "kept"), [(2, "手机"), (-2, "这里")])
def test_of_what_both_changed_the_newer_is_kept_and_the_other_told(
    cast: Company, remote: Remote, now: Now, hours: int, kept: str
) -> None:
    remote.add(event(PHONE, now - FAR / 7))
    row = sync(cast, connected(cast, remote, now), now)
    (here,) = rows(cast)
    with cast.scope():
        actions.change_appointment(
            actor=cast.lin.actor, appointment_id=here.pk, changes={"title": "这里"}, now=now + 4 * HOUR
        )
    stamp = now + (4 + hours) * HOUR
    remote.change(
        "phone-1@x",
        ("SUMMARY:拜访 Meier\\, 二楼", f"SUMMARY:手机\nLAST-MODIFIED:{stamp:%Y%m%dT%H%M%SZ}"),
    )
    sync(cast, row, now + 8 * HOUR)
    assert ([each.title for each in rows(cast)], remote.titles()) == ([kept], [kept])
    with cast.scope():
        told = notifications.listed(cast.lin.actor).rows
        assert [each.kind for each in told] == ["activities.appointment_met"]
        assert {told[0].data["kept"], told[0].data["lost"]} == {"手机", "这里"}


def test_a_series_with_what_differs_goes_both_ways(cast: Company, remote: Remote, now: Now) -> None:
    remote.add(event(SERIES, now))
    row = sync(cast, connected(cast, remote, now), now)
    (series,) = rows(cast)
    with cast.scope():
        assert (series.rule, len(series.skipped)) == ("FREQ=DAILY;COUNT=6", 1)
        (other,) = series.exceptions.all()
        assert (other.title, other.starts_at.astimezone(SHANGHAI).hour) == ("Jour fixe elsewhere", 14)
        actions.move_appointment(
            actor=cast.lin.actor, appointment_id=series.pk, minutes=60,
            original_start=series.starts_at + 4 * DAY, now=now + HOUR,
        )  # fmt: skip
        actions.remove_appointment(
            actor=cast.lin.actor, appointment_id=series.pk, which="one",
            original_start=series.starts_at + 3 * DAY, now=now + HOUR,
        )  # fmt: skip
    remote.change("series@x", ("SUMMARY:Jour fixe elsewhere", "SUMMARY:Upstairs"))
    sync(cast, row, now + HOUR)
    with cast.scope():
        assert sorted(series.exceptions.values_list("title", flat=True)) == ["Jour fixe", "Upstairs"]
    there = remote.events()
    assert len(there) == 3
    master = next(each for each in there if "RECURRENCE-ID" not in each)
    assert len(master["EXDATE"]) == 2
    # the one that differed is as the others again, and one that was left out comes again
    second = f"{(now + FAR + DAY).astimezone(SHANGHAI):%Y%m%d}"
    text = remote.text("series@x").replace("\r\n", "\n")
    begin = text.index("BEGIN:VEVENT", text.index("RRULE"))
    parts = text[begin:].split("END:VEVENT\n")
    gone = next(part for part in parts if f":{second}T090000" in part)
    remote.change("series@x", (f"{gone}END:VEVENT\n", ""))
    sync(cast, row, now + 2 * HOUR)
    with cast.scope():
        assert list(series.exceptions.values_list("title", flat=True)) == ["Jour fixe"]
    assert len(remote.events()) == 2


def test_what_is_called_off_on_one_side_goes_from_the_other(cast: Company, remote: Remote, now: Now) -> None:
    mine = arrange(cast, now, title="这里")
    remote.add(event(PHONE, now))
    row = sync(cast, connected(cast, remote, now), now)
    remote.remove("phone-1@x")
    with cast.scope():
        actions.remove_appointment(actor=cast.lin.actor, appointment_id=mine.pk, now=now)
    sync(cast, row, now + HOUR)
    assert (rows(cast), remote.titles()) == ([], [])


def test_a_change_beats_a_removal(cast: Company, remote: Remote, now: Now) -> None:
    mine = arrange(cast, now, title="这里")
    remote.add(event(PHONE, now))
    row = sync(cast, connected(cast, remote, now), now)
    phone = rows(cast)[0] if rows(cast)[0].pk != mine.pk else rows(cast)[1]
    with cast.scope():
        actions.change_appointment(
            actor=cast.lin.actor, appointment_id=phone.pk, changes={"place": "杭州"}, now=now
        )
        actions.remove_appointment(actor=cast.lin.actor, appointment_id=mine.pk, now=now)
    remote.remove("phone-1@x")
    remote.change(mine.uid, ("SUMMARY:这里", "SUMMARY:那里"))
    sync(cast, row, now + HOUR)
    assert sorted(each.title for each in rows(cast)) == ["拜访 Meier, 二楼", "那里"]
    assert remote.titles() == ["拜访 Meier, 二楼", "那里"]


def test_an_invitation_goes_out_and_is_declined_there_but_not_changed(
    cast: Company, remote: Remote, now: Now
) -> None:
    mine = arrange(cast, now, members=[cast.wu.member.pk])
    row = sync(cast, connected(cast, remote, now, cast.wu), now)
    remote.change(mine.uid, ("SUMMARY:碰头", "SUMMARY:我的"))
    sync(cast, row, now + HOUR)
    assert (remote.titles(), [each.title for each in rows(cast)]) == (["碰头"], ["碰头"])
    remote.remove(mine.uid)
    sync(cast, row, now + HOUR)
    with cast.scope():
        assert mine.participants.get().answer == "declined"
    assert (remote.titles(), len(rows(cast))) == ([], 1)


def test_whole_days_and_what_is_called_off_there(cast: Company, remote: Remote, now: Now) -> None:
    day = now + FAR
    remote.add(
        f"BEGIN:VEVENT\nUID:whole@x\nDTSTAMP:{now:%Y%m%dT%H%M%SZ}\nSUMMARY:展会\n"
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}\nDTEND;VALUE=DATE:{day + 2 * DAY:%Y%m%d}\nEND:VEVENT"
    )
    row = sync(cast, connected(cast, remote, now), now)
    (here,) = rows(cast)
    assert (here.all_day, here.ends_at - here.starts_at) == (True, 2 * DAY)
    before = remote.text("whole@x")
    sync(cast, row, now)
    assert remote.text("whole@x") == before
    remote.change("whole@x", ("SUMMARY:展会", "SUMMARY:展会\nSTATUS:CANCELLED"))
    sync(cast, row, now + HOUR)
    assert rows(cast) == []


def test_what_cannot_be_taken_is_told_and_left_alone(cast: Company, remote: Remote, now: Now) -> None:
    remote.add(event(PHONE, now).replace("BEGIN:VALARM", "RRULE:FREQ=HOURLY\nBEGIN:VALARM"))
    before = remote.text("phone-1@x")
    row = sync(cast, connected(cast, remote, now), now)
    assert (row.problem, rows(cast), remote.text("phone-1@x")) == ("", [], before)
    with cast.scope():
        assert CalendarObject.objects.get().problem


def test_connecting_again_doubles_nothing(cast: Company, remote: Remote, now: Now) -> None:
    arrange(cast, now, title="这里")
    remote.add(event(PHONE, now))
    sync(cast, connected(cast, remote, now), now)
    with cast.scope():
        actions.end_connection(actor=cast.lin.actor, now=now)
    row = sync(cast, connected(cast, remote, now), now)
    assert row.problem == ""
    assert (len(rows(cast)), len(remote.titles())) == (2, 2)
    with cast.scope():
        assert notifications.listed(cast.lin.actor).rows == []


def test_a_calendar_is_found_by_its_user_and_chosen(cast: Company, remote: Remote, now: Now) -> None:
    with cast.scope():
        row = actions.connect_calendar(
            actor=cast.lin.actor, url=remote.root, username=USER, password=PASSWORD, now=now
        )
    sync(cast, row, now)
    assert str(remote.calendar.url) in dict(row.found)
    if not row.calendar_url:
        with cast.scope():
            actions.choose_calendar(actor=cast.lin.actor, calendar_url=str(remote.calendar.url), now=now)
    assert sync(cast, row, now).synced_at == now


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"password": "x"}, "password"), ({"url": "http://127.0.0.1:9/"}, "unreachable")],
)
def test_what_fails_is_told(
    cast: Company, remote: Remote, now: Now, changes: dict[str, str], problem: str
) -> None:
    given = {"url": str(remote.calendar.url), "username": USER, "password": PASSWORD} | changes
    with cast.scope():
        row = actions.connect_calendar(actor=cast.lin.actor, now=now, **given)
    sync(cast, row, now)
    assert (row.problem, row.next_at is None, row.running_until) == (problem, problem == "password", None)


def test_an_address_in_the_own_network_is_not_asked(
    cast: Company, remote: Remote, now: Now, settings: Any
) -> None:
    row = connected(cast, remote, now)
    settings.OUTGOING_NETWORKS = []
    assert sync(cast, row, now).problem == "unreachable"


def test_a_password_over_a_bare_line_is_refused(inside: Company, now: Now) -> None:
    for url in ("http://calendar.example.com/", "ftp://x/", "https://lin:geheim@x/", "https://", "x"):
        with pytest.raises(Invalid):
            actions.connect_calendar(
                actor=inside.lin.actor, url=url, username=USER, password=PASSWORD, now=now
            )


def test_the_password_is_kept_sealed_and_forgotten_at_the_end(inside: Company, now: Now) -> None:
    row = actions.connect_calendar(
        actor=inside.lin.actor, url="https://calendar.example.com/", username=USER, password=PASSWORD, now=now
    )
    assert PASSWORD.encode() not in bytes(row.sealed)
    actions.end_connection(actor=inside.lin.actor, now=now)
    row.refresh_from_db()
    assert (bytes(row.sealed), row.next_at) == (b"", None)


def test_the_page_connects_chooses_and_lets_go(
    cast: Company, remote: Remote, client: Client, now: Now
) -> None:
    client.force_login(cast.lin.user)
    at = "/calendar/connection/"
    wrong = client.post(at, {"url": "http://calendar.example.com/", "username": "x", "password": "x"})
    assert b"https://" in wrong.content
    new_calendar(remote.root, uuid.uuid4().hex).client.close()
    answer = client.post(at, {"url": remote.root, "username": USER, "password": PASSWORD})
    assert answer.status_code == 302
    assert b"every 3s" in client.get(at).content
    with cast.scope():
        row = CalendarConnection.objects.get(ended_at=None)
    sync(cast, row, now)
    assert len(row.found) > 1
    assert b"calendar-choice" in client.get(f"{at}state/").content
    client.post(f"{at}choose/", {"calendar_url": str(remote.calendar.url)})
    sync(cast, row, now)
    client.post(f"{at}now/")
    assert client.post(f"{at}end/").status_code == 302
    assert b"calendar-choice" not in client.get(at).content


def test_who_left_has_no_connection_any_more(cast: Company, remote: Remote, now: Now) -> None:
    row = connected(cast, remote, now)
    cast.lin.member.is_active = False
    with cast.scope():
        cast.lin.member.save()
        connections.defer_due(now)
        row.refresh_from_db()
    assert (row.ended_at, bytes(row.sealed)) == (now, b"")


def test_a_secret_cleared_here_goes_from_there_too(cast: Company, remote: Remote, now: Now) -> None:
    """What an erasure takes out of texts, without a change of its own, is no longer on the other side either."""
    mine = arrange(cast, now, title="王小明 生日")
    row = sync(cast, connected(cast, remote, now), now)
    with cast.scope():
        Appointment.objects.filter(pk=mine.pk).update(title="█")
    sync(cast, row, now + HOUR)
    assert remote.titles() == ["█"]


def test_a_password_is_sealed_anew_when_keys_are_rotated(cast: Company, remote: Remote, now: Now) -> None:
    row = connected(cast, remote, now)
    before = bytes(row.sealed)
    with cast.scope():
        rotation.begin()
        connections.seal_again()
        row.refresh_from_db()
    assert bytes(row.sealed)[:4] > before[:4]
    assert sync(cast, row, now).problem == ""
