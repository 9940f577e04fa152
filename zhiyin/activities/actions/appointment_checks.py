"""What may be kept of an appointment."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.activities import recurrence
from zhiyin.activities.models import Appointment
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.text import checked

FIELDS = (
    "title", "place", "details", "all_day", "starts_at", "ends_at", "zone", "rule", "is_private", "remind_minutes",
)  # fmt: skip
PEOPLE = ("members", "customers")
LONGEST = datetime.timedelta(days=366)
EARLIEST, LATEST = 1900, 2200
MOST_PEOPLE = 200
MOST_MINUTES = 60 * 24 * 28
_MIDNIGHT = datetime.time()


def check_names(changes: Mapping[str, Any]) -> None:
    if unknown := changes.keys() - {*FIELDS, *PEOPLE}:
        raise Invalid(_("This is not one of the choices."), field=min(unknown))


def put(row: Appointment, changes: Mapping[str, Any]) -> None:
    """Set what is given on a row and check the whole of it. Raises ``Invalid``."""
    for name in FIELDS:
        if name in changes:
            setattr(row, name, changes[name])
    row.title = checked(row.title, "title", 200, needed=True)
    row.place = checked(row.place, "place", 200)
    row.details = checked(row.details, "details", 10_000)
    recurrence.checked_zone(row.zone)
    _check_times(row)
    row.rule = recurrence.checked_rule(row.rule, row.starts_at, row.wall)
    if row.rule and row.series_id:
        raise Invalid(_("One of a series does not repeat itself."), field="rule")
    if row.remind_minutes is not None and not 0 <= row.remind_minutes <= MOST_MINUTES:
        raise Invalid(_("A reminder comes at most four weeks before."), field="remind_minutes")
    last = recurrence.last_start(row.rule, row.starts_at, row.wall)
    row.last_at = None if last is None else last + (row.ends_at - row.starts_at)


def _check_times(row: Appointment) -> None:
    if not EARLIEST <= row.starts_at.year <= LATEST:
        raise Invalid(_("Choose a year from 1900 to 2200."), field="starts_at")
    row.starts_at, row.ends_at = (each.replace(microsecond=0) for each in (row.starts_at, row.ends_at))
    if row.all_day:
        row.starts_at, row.ends_at = (_day(each) for each in (row.starts_at, row.ends_at))
        if row.ends_at == row.starts_at:
            row.ends_at += datetime.timedelta(days=1)
    if row.ends_at < row.starts_at:
        raise Invalid(_("It ends before it begins."), field="ends_at")
    if row.ends_at - row.starts_at > LONGEST:
        raise Invalid(_("An appointment lasts at most a year."), field="ends_at")


def _day(moment: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(moment.astimezone(datetime.UTC), _MIDNIGHT, datetime.UTC)


def checked_members(ids: Iterable[uuid.UUID], owner_id: uuid.UUID) -> list[uuid.UUID]:
    wanted = sorted(set(ids) - {owner_id})
    _check_number(wanted)
    if Member.objects.filter(pk__in=wanted, is_active=True).count() != len(wanted):
        raise Invalid(_("There is no such colleague."), field="members")
    return wanted


def checked_customers(actor: Actor, ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Customers to meet, held until the end of the transaction."""
    wanted = sorted(set(ids))
    _check_number(wanted)
    for each in wanted:
        try:
            customers.hold(each)
            customers.customer(actor, each, need="write")
        except NotFound as error:
            raise Invalid(_("There is no such customer."), field="customers") from error
    return wanted


def _check_number(wanted: list[uuid.UUID]) -> None:
    if len(wanted) > MOST_PEOPLE:
        raise Invalid(_("At most 200 take part."), field="members")
