"""Who may do what with appointments. They are 林岚's, with 吴桐 invited: 马超 is above her."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.activities import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
FORM = {"title": "拜访", "starts": "2026-12-01T10:00", "ends": "2026-12-01T11:00", "zone": "Asia/Shanghai"}
BODY = {
    "title": "拜访",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-01T11:00:00Z",
    "zone": "Asia/Shanghai",
}


def appointment(company: Company) -> Given:
    return {"appointment_id": _arranged(company).appointment.pk}


def undo(company: Company) -> Given:
    return {"undo_id": _arranged(company).undo_id}


def _arranged(company: Company) -> actions.Done:
    now = timezone.now()
    return actions.create_appointment(
        actor=company.lin.actor,
        title="碰头",
        starts_at=now,
        ends_at=now + datetime.timedelta(hours=1),
        zone="Asia/Shanghai",
        members=[company.wu.member.pk],
        now=now,
    )


def feed(company: Company) -> Given:
    actions.create_feed(actor=company.lin.actor, now=timezone.now())
    return {}


def feed_token(company: Company) -> Given:
    return {"token": actions.create_feed(actor=company.lin.actor, now=timezone.now()).token}


STRETCH = "begin=2026-12-01T00:00:00Z&end=2026-12-08T00:00:00Z"
ROWS = [
    Row("GET", "activities:calendar_feed", "302 200*8"),
    Row("POST", "activities:calendar_feed", "302 200*8"),
    Row("POST", "activities:end_calendar_feed", "302 302 404*7", feed, note="one's own"),
    Row("GET", "activities:read_calendar_feed", "200*9", feed_token, note="whoever has the address"),
    Row("POST", "api:create_feed", "401 201*8"),
    Row("DELETE", "api:revoke_feed", "401 204 404*7", feed, note="one's own"),
    Row("GET", "activities:calendar", "302 200*8"),
    Row("GET", "activities:create_appointment", "302 200*5 403 200*2"),
    Row("POST", "activities:create_appointment", "302 302*5 403 302*2", data=FORM),
    Row("GET", "activities:appointment", "302 200 404 200 200 404 200 200 404", appointment),
    Row("POST", "activities:appointment", "302 302 404 302 404 404 403 302 404", appointment, FORM),
    Row(
        "POST", "activities:move_appointment", "302 302 404 302 404 404 403 302 404", appointment, {"days": 1}
    ),
    Row("POST", "activities:remove_appointment", "302 302 404 302 404 404 403 302 404", appointment),
    Row(
        "POST",
        "activities:answer_appointment",
        "302 404 404 404 302 404 403 404 404",
        appointment,
        {"answer": "accepted"},
        note="who is invited answers",
    ),
    Row("POST", "activities:undo_appointment", "302 302 404*4 403 404 404", undo),
    Row("GET", "api:list_appointments", "401 200*8", query=STRETCH),
    Row("POST", "api:create_appointment", "401 201*5 403 201*2", data=BODY),
    Row("GET", "api:read_appointment", "401 200 404 200 200 404 200 200 404", appointment),
    Row(
        "PATCH",
        "api:change_appointment",
        "401 200 404 200 404 404 403 200 404",
        appointment,
        {"title": "再访"},
    ),
    Row("POST", "api:move_appointment", "401 200 404 200 404 404 403 200 404", appointment, {"days": 1}),
    Row("POST", "api:remove_appointment", "401 200 404 200 404 404 403 200 404", appointment, {}),
    Row(
        "PUT",
        "api:answer_appointment",
        "401 404 404 404 200 404 403 404 404",
        appointment,
        {"answer": "accepted"},
        note="who is invited answers",
    ),
    Row("POST", "api:undo_appointment", "401 204 404*4 403 404 404", undo),
]
