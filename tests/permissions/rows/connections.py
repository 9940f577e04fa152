"""Everybody connects a calendar of his own; here 林岚 has one."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.activities import actions

Given = Mapping[str, Any]
URL = "https://calendar.example.com/lin/"
BODY = {"url": URL, "username": "lin", "password": "x"}
CHOICE = {"calendar_url": URL}


def connected(company: Company) -> Given:
    row = actions.connect_calendar(actor=company.lin.actor, now=timezone.now(), **BODY)
    row.found, row.calendar_url = [[URL, "lin"]], URL
    row.save()
    return {}


# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ROWS = [
    Row("GET", "activities:calendar_connection", "302 200*8"),
    Row("POST", "activities:calendar_connection", "302 302*5 403 302*2", data=BODY),
    Row("GET", "activities:calendar_connection_state", "302 200*8", connected),
    Row("POST", "activities:choose_calendar", "302 302 404*4 403 404*2", connected, CHOICE, note="one's own"),
    Row("POST", "activities:sync_calendar", "302 302 404*4 403 404*2", connected, note="one's own"),
    Row("POST", "activities:end_calendar_connection", "302 302 404*7", connected, note="one's own"),
    Row("GET", "api:read_connection", "401 200 404*7", connected, note="one's own"),
    Row("POST", "api:connect_calendar", "401 201*5 403 201*2", data=BODY),
    Row("PUT", "api:choose_calendar", "401 200 404*4 403 404*2", connected, CHOICE, note="one's own"),
    Row("POST", "api:sync_calendar", "401 200 404*4 403 404*2", connected, note="one's own"),
    Row("DELETE", "api:end_connection", "401 204 404*7", connected, note="one's own"),
]
