"""Who answers for somebody who is away."""

import datetime
import uuid

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.approvals import access, queries
from zhiyin.approvals.events import AbsenceChanged
from zhiyin.approvals.models import Absence
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.record import record

LONGEST = datetime.timedelta(days=366)


def add_absence(
    *,
    actor: Actor,
    deputy_id: uuid.UUID,
    starts_on: datetime.date,
    ends_on: datetime.date,
    now: datetime.datetime,
) -> Absence:
    """On these days, the last one too, the deputy answers for the actor. Raises ``Invalid``."""
    actor.require(access.DECIDE)
    if actor.member_id is None:
        raise PermissionDenied
    if ends_on < starts_on or ends_on < timezone.localdate(now):
        raise Invalid(_("The last day lies before the first, or is over."), field="ends_on")
    if ends_on - starts_on > LONGEST:
        raise Invalid(_("This is longer than a year."), field="ends_on")
    deputy = queries.deciders().filter(pk=deputy_id).exclude(pk=actor.member_id).first()
    if deputy is None:
        raise Invalid(_("This person may not decide. Choose another."), field="deputy_id")
    _require_free(actor.member_id, starts_on, ends_on)
    made = Absence.objects.create(
        member_id=actor.member_id, deputy=deputy, starts_on=starts_on, ends_on=ends_on, created_at=now
    )
    days = {"who": actor.name, "from": starts_on.isoformat(), "to": ends_on.isoformat()}
    notifications.tell(members=[deputy.pk], code="approvals.deputy", data=days, actor=actor, now=now)
    _record(
        actor, made, "added", {"deputy": [None, deputy.name], "day": [None, f"{starts_on} – {ends_on}"]}, now
    )
    return made


def remove_absence(*, actor: Actor, absence_id: uuid.UUID, now: datetime.datetime) -> None:
    """The member answers himself again. Raises ``NotFound``."""
    actor.require(access.DECIDE)
    found = access.absence(actor, absence_id)
    _record(actor, found, "removed", {"deputy": [found.deputy.name, None]}, now)
    found.delete()


def _require_free(member: uuid.UUID, starts_on: datetime.date, ends_on: datetime.date) -> None:
    # two at once would otherwise both find these days free
    Member.objects.select_for_update(no_key=True).get(pk=member)
    if Absence.objects.filter(member=member, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Invalid(_("Somebody answers for you on some of these days already."), field="starts_on")


def _record(
    actor: Actor, absence: Absence, what: str, changes: dict[str, list[str | None]], now: datetime.datetime
) -> None:
    event = AbsenceChanged(absence.pk, what)
    record(event, actor=actor, now=now, subject=("member", absence.member_id), changes=changes)
