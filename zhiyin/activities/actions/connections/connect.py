"""A member connects a calendar of his own on another server, and ends it."""

import contextlib
import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.activities.actions.connections.rounds import SEAL
from zhiyin.activities.events import ConnectionChanged
from zhiyin.activities.models import CalendarConnection, CalendarObject
from zhiyin.platform import clock, crypto
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.outgoing import checked_url
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

TASK = "activities.synchronise"
MOST_PASSWORD = 500


def connect_calendar(
    *, actor: Actor, url: str, username: str, password: str, now: datetime.datetime
) -> CalendarConnection:
    """Connect a calendar, in place of the one before; of the same address and user a new password alone is taken.

    A worker looks for the user's calendars and chooses the only one.
    """
    actor.require("activities.edit")
    if actor.member_id is None:
        raise PermissionDenied
    url, username = checked_url(url, "url"), checked(username, "username", 200, needed=True)
    if not 0 < len(password) <= MOST_PASSWORD:
        raise Invalid(_("Enter the password."), field="password")
    sealed = crypto.seal(SEAL, password)
    row = _good(actor)
    if row and (row.url, row.username) == (url, username):
        row.sealed, row.problem, row.tries, row.next_at = sealed, "", 0, now
        row.save(update_fields=["sealed", "problem", "tries", "next_at"])
    else:
        if row:
            _ended(actor, row, now)
        row = CalendarConnection.objects.create(
            member_id=actor.member_id, url=url, username=username, sealed=sealed, made_at=now, next_at=now
        )
    _record(actor, row, "made", {"connection": [None, url]}, now)
    clock.defer(TASK, actor.tenant_id, row.pk)
    return row


def choose_calendar(*, actor: Actor, calendar_url: str, now: datetime.datetime) -> CalendarConnection:
    """Choose one of the calendars that were found. What another one had is let go."""
    actor.require("activities.edit")
    row = _needed(actor)
    names = dict(row.found)
    if calendar_url not in names:
        raise Invalid(_("This is not one of the choices."), field="calendar_url")
    if calendar_url != row.calendar_url:
        CalendarObject.objects.filter(connection=row).delete()
    before, row.calendar_url, row.calendar_name = row.calendar_name, calendar_url, names[calendar_url]
    row.tag, row.problem, row.tries, row.next_at = "", "", 0, now
    row.save(update_fields=["calendar_url", "calendar_name", "tag", "problem", "tries", "next_at"])
    _record(actor, row, "chosen", {"connection": [before or None, row.calendar_name]}, now)
    clock.defer(TASK, actor.tenant_id, row.pk)
    return row


def sync_calendar(*, actor: Actor, now: datetime.datetime) -> CalendarConnection:
    """Synchronise now rather than in a few minutes."""
    actor.require("activities.edit")
    row = _needed(actor)
    row.next_at = now
    row.save(update_fields=["next_at"])
    _record(actor, row, "asked", {"connection": [row.calendar_name, row.calendar_name]}, now)
    clock.defer(TASK, actor.tenant_id, row.pk)
    return row


def end_connection(*, actor: Actor, now: datetime.datetime) -> None:
    """Let the calendar go: what is in either stays there. The password is forgotten."""
    actor.require("activities.view")
    _ended(actor, _needed(actor), now)


def defer_due(now: datetime.datetime) -> None:
    """Queue what is due in the company whose scope is open. Who left has none any more, nor his password here."""
    rows = CalendarConnection.objects.filter(ended_at=None)
    for row in rows.filter(Q(member__is_active=False) | Q(member__user__is_active=False)):
        _ended(Actor.system(row.tenant_id), row, now)
    free = Q(running_until=None) | Q(running_until__lt=now)
    for row in rows.filter(free, next_at__lte=now).only("pk", "tenant_id").order_by("next_at"):
        clock.defer(TASK, row.tenant_id, row.pk)


def seal_again() -> None:
    """Seal the company's passwords under its newest key. One that cannot be opened stays as it is."""
    for row in CalendarConnection.objects.filter(ended_at=None).select_for_update(no_key=True):
        with contextlib.suppress(crypto.Unreadable):
            row.sealed = crypto.seal(SEAL, crypto.unseal(SEAL, bytes(row.sealed)))
            row.save(update_fields=["sealed"])


def _good(actor: Actor) -> CalendarConnection | None:
    rows = CalendarConnection.objects.select_for_update(no_key=True)
    return rows.filter(member=actor.member_id, ended_at=None).first()


def _needed(actor: Actor) -> CalendarConnection:
    row = _good(actor)
    if row is None:
        raise NotFound
    return row


def _ended(actor: Actor, row: CalendarConnection, now: datetime.datetime) -> None:
    CalendarObject.objects.filter(connection=row).delete()
    row.ended_at, row.sealed, row.next_at, row.found = now, b"", None, []
    row.save(update_fields=["ended_at", "sealed", "next_at", "found"])
    _record(actor, row, "ended", {"connection": [row.calendar_name or row.url, None]}, now)


def _record(
    actor: Actor,
    row: CalendarConnection,
    what: str,
    changes: dict[str, list[str | None]],
    now: datetime.datetime,
) -> None:
    event = ConnectionChanged(row.pk, what)
    record(event, actor=actor, now=now, subject=("member", row.member_id), changes=changes)
