"""A connected calendar and the one here are made the same: what changed there comes in, then what changed here goes out.

The server is asked outside of transactions. What somebody changed there between reading and writing is seen by its etag;
then the round is gone through again.
"""

import datetime
import uuid
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from zhiyin.accounts.access import actor_for
from zhiyin.accounts.models import Tenant
from zhiyin.activities.actions.connections import objects, taking
from zhiyin.activities.actions.connections.meeting import Values, agreed_of, is_changed
from zhiyin.activities.actions.connections.server import Changed, Failed, Refused, Server, There
from zhiyin.activities.choices import Answer, ConnectionProblem
from zhiyin.activities.models import Appointment, CalendarConnection, CalendarObject, Participant
from zhiyin.activities.queries.appointments import own_appointments
from zhiyin.platform import crypto, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError
from zhiyin.platform.tenancy import scope

EVERY = datetime.timedelta(minutes=5)
LONGEST = datetime.timedelta(minutes=10)
LATEST = datetime.timedelta(hours=6)
TELL_AFTER = 6
ROUNDS = 3
MOST = 5_000
MOST_WRITTEN = 200
SEAL = "calendar"
# what waits for the member
_HIS = {
    ConnectionProblem.PASSWORD,
    ConnectionProblem.TOO_MANY,
    ConnectionProblem.RIGHTS,
    ConnectionProblem.KEYS,
}
log = structlog.get_logger("zhiyin.calendar")


def synchronise(tenant_id: uuid.UUID, connection_id: uuid.UUID, now: datetime.datetime) -> None:
    """Go through one connection, unless another worker does; outside of any scope."""
    with scope(tenant_id):
        free = Q(running_until=None) | Q(running_until__lt=now)
        mine = CalendarConnection.objects.filter(free, pk=connection_id, ended_at=None)
        if not mine.update(running_until=now + LONGEST):
            return
        tenant = Tenant.objects.get(pk=tenant_id)
    problem: ConnectionProblem | None = ConnectionProblem.ANSWER
    try:
        with translation.override(tenant.language):
            _Round(tenant, connection_id, now).run()
        problem = None
    except Failed as failure:
        problem = failure.problem
    except Exception:
        log.exception("calendar.failed", connection=str(connection_id))
    finally:
        with scope(tenant_id):
            _end(connection_id, problem, now)


def _end(connection_id: uuid.UUID, problem: ConnectionProblem | None, now: datetime.datetime) -> None:
    row = CalendarConnection.objects.select_for_update().get(pk=connection_id)
    row.running_until = None
    if problem is None:
        row.problem, row.tries = "", 0
        if row.calendar_url:
            row.synced_at, row.next_at = now, now + EVERY
        else:
            row.next_at = None
    else:
        row.problem, row.tries = problem, row.tries + 1
        row.next_at = None if problem in _HIS else now + min(EVERY * 2 ** min(row.tries, 10), LATEST)
        if row.synced_at and row.tries == (1 if problem in _HIS else TELL_AFTER):
            notifications.tell(
                members=[row.member_id],
                code="activities.calendar_fails",
                data={"title": row.calendar_name},
                actor=Actor.system(row.tenant_id),
                now=now,
            )
    row.save(update_fields=["running_until", "problem", "tries", "synced_at", "next_at"])


@dataclass(frozen=True, slots=True)
class _Work:
    """One appointment that is to be written, or taken away when ``row`` is empty."""

    row: Appointment | None
    known: CalendarObject | None
    agreed: Values


class _Round:
    def __init__(self, tenant: Tenant, connection_id: uuid.UUID, now: datetime.datetime) -> None:
        self.tenant, self.now = tenant, now
        with self.scope():
            self.row = CalendarConnection.objects.select_related("member__role").get(pk=connection_id)
            self.actor = actor_for(self.row.member)
            try:
                self.password = crypto.unseal(SEAL, bytes(self.row.sealed))
            except crypto.Unreadable as error:
                raise Failed(ConnectionProblem.KEYS) from error
        if not self.actor.may("activities.edit") or not self.actor.may("activities.view"):
            raise Failed(ConnectionProblem.RIGHTS)

    def scope(self) -> AbstractContextManager[None]:
        return scope(self.tenant.pk)

    def run(self) -> None:
        if not self.row.calendar_url:
            self._find()
        if not self.row.calendar_url:
            return
        with Server(self.row.calendar_url, self.row.username, self.password) as server:
            for _each in range(ROUNDS):
                self._bring_in(server)
                if not self._bring_out(server):
                    return
                self.row.tag = ""

    def _find(self) -> None:
        """The one calendar of the user, or those that he chooses from."""
        with Server(self.row.url, self.row.username, self.password) as server:
            found = server.calendars()
        if not found:
            raise Failed(ConnectionProblem.NO_CALENDAR)
        self.row.found = found
        if len(found) == 1:
            self.row.calendar_url, self.row.calendar_name = found[0]
        with self.scope():
            self.row.save(update_fields=["found", "calendar_url", "calendar_name"])

    # --- in ---

    def _bring_in(self, server: Server) -> None:
        tag = server.tag()
        if tag and tag == self.row.tag:
            return
        listed = server.listed()
        if len(listed) > MOST:
            raise Failed(ConnectionProblem.TOO_MANY)
        with self.scope():
            known = dict(CalendarObject.objects.filter(connection=self.row).values_list("href", "etag"))
        texts = server.read(href for href, etag in listed.items() if known.get(href) != etag)
        for href, there in texts.items():
            with self.scope():
                self._take(href, there)
        for href in [href for href, etag in known.items() if etag and href not in listed]:
            with self.scope():
                self._take_away(href)
        with self.scope():
            self.row.tag = tag
            self.row.save(update_fields=["tag"])

    def _take(self, href: str, there: There) -> None:
        known = self._known(href) or CalendarObject(connection=self.row, href=href)
        known.etag, known.problem = there.etag, ""
        try:
            read = objects.read(there.text, self.tenant.time_zone)
            if read is None and known.appointment_id:
                taking.take_away(self.actor, known, self.now)
                return
            if read:
                with transaction.atomic():
                    taking.take(self.actor, known, read, self.tenant.time_zone, self.now)
        except (objects.Unfit, DomainError) as error:
            known.problem = str(error)[:300]
        known.save()

    def _take_away(self, href: str) -> None:
        known = self._known(href)
        if known:
            try:
                with transaction.atomic():
                    taking.take_away(self.actor, known, self.now)
            except DomainError as error:
                log.info("calendar.kept", error=str(error))
                CalendarObject.objects.filter(connection=self.row, href=href).delete()

    def _known(self, href: str) -> CalendarObject | None:
        rows = CalendarObject.objects.filter(connection=self.row, href=href)
        return rows.select_related("appointment").first()

    # --- out ---

    def _bring_out(self, server: Server) -> bool:
        """Whether it is to be gone through again, since somebody wrote there meanwhile."""
        with self.scope():
            work = self._work()
        again = False
        for each in work[:MOST_WRITTEN]:
            try:
                self._bring_one(server, each)
            except Changed:
                again = True
            except (Refused, objects.Unfit):
                self._keep(each, self._href(server, each), "", _("The server did not take it."))
        return again or len(work) > MOST_WRITTEN

    def _work(self) -> list[_Work]:
        known = CalendarObject.objects.filter(connection=self.row, appointment__isnull=False)
        objects_there = {each.appointment_id: each for each in known.select_related("appointment")}
        found = []
        for row in own_appointments(self.row.member_id, self.now - taking.PAST):
            if row.series_id:
                continue
            there = objects_there.get(row.pk)
            state = objects.state_of(row)
            if there is None or is_changed(there.agreed, state):
                found.append(_Work(row, there, agreed_of(state)))
        gone = self._gone(objects_there.values())
        return found + [_Work(None, each, {}) for each in gone if not each.problem]

    def _gone(self, there: Collection[CalendarObject]) -> list[CalendarObject]:
        """Those of appointments that are called off, or not the member's any more."""
        taking_part = Participant.objects.filter(member=self.row.member_id).exclude(answer=Answer.DECLINED)
        others = taking_part.filter(appointment__in=[each.appointment_id for each in there])
        his = set(others.values_list("appointment", flat=True))
        return [
            each
            for each in there
            if each.appointment
            and (
                each.appointment.removed_at
                or (each.appointment.owner_id != self.row.member_id and each.appointment_id not in his)
            )
        ]

    def _bring_one(self, server: Server, work: _Work) -> None:
        href, known = self._href(server, work), work.known
        if work.row is None:
            if known:
                server.remove(href, known.etag)
                with self.scope():
                    known.delete()
            return
        with self.scope():
            fresh = objects.written(work.row)
        if known is None or not known.etag:
            etag = server.write(href, fresh, "")
        else:
            there = server.read([href]).get(href)
            if there is None or there.etag != known.etag:
                raise Changed
            with self.scope():
                text = objects.changed(there.text, work.row, self.tenant.time_zone, self.now)
            etag = server.write(href, text, there.etag)
        self._keep(work, href, etag, "")

    @staticmethod
    def _href(server: Server, work: _Work) -> str:
        if work.known:
            return work.known.href
        return server.new_href(str(work.row.pk if work.row else ""))

    def _keep(self, work: _Work, href: str, etag: str, problem: str) -> None:
        values: Mapping[str, object] = {"etag": etag, "agreed": work.agreed, "problem": problem}
        if problem and work.known:
            values = {"agreed": work.agreed or work.known.agreed, "problem": problem}
        with self.scope():
            CalendarObject.objects.update_or_create(
                connection=self.row,
                href=href,
                defaults=values,
                create_defaults={**values, "appointment": work.row},
            )
