"""Notes on a customer."""

import datetime
import uuid
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import actor_for
from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_note
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import TimelineKind, UndoKind
from zhiyin.customers.events import NoteChanged
from zhiyin.customers.models import Note, TimelineEvent, Undo
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

LONGEST = 10_000
SHOWN = 500
MENTION = "@"
MOST_MENTIONED = 20


def add_note(*, actor: Actor, customer_id: uuid.UUID, body: str, now: datetime.datetime) -> Note:
    """Write a note, which the timeline shows."""
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write")
    access.hold(customer.pk)
    note = Note.objects.create(
        customer=customer, author_id=actor.member_id, body=_checked(body), created_at=now, updated_at=now
    )
    add_to_timeline(
        actor=actor,
        customer_id=customer.pk,
        kind=TimelineKind.NOTE,
        occurred_at=now,
        object_id=note.pk,
        data=shown(note),
    )
    _tell(actor, note, "added", (None, note.body), now)
    _tell_mentioned(actor, note, "", now)
    return note


def change_note(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    note_id: uuid.UUID,
    body: str,
    version: str | None = None,
    now: datetime.datetime,
) -> Undo:
    """Change a note of one's own; gives what takes it back.

    Raises ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("customers.edit")
    note = _own(actor, customer_id, note_id, version)
    kept = keep_note(actor, UndoKind.NOTE_CHANGED, note, now)
    before, note.body, note.updated_at = note.body, _checked(body), now
    note.save(update_fields=["body", "updated_at"])
    on_timeline(note).update(data=shown(note))
    _tell(actor, note, "changed", (before, note.body), now)
    _tell_mentioned(actor, note, before, now)
    return kept


def pin_note(
    *, actor: Actor, customer_id: uuid.UUID, note_id: uuid.UUID, pinned: bool, now: datetime.datetime
) -> Note:
    """Keep a note on top, or let it go."""
    actor.require("customers.edit")
    note = access.note(actor, customer_id, note_id, need="write", lock=True)
    if note.pinned == pinned:
        return note
    note.pinned = pinned
    note.save(update_fields=["pinned"])
    record(
        NoteChanged(customer_id, note_id, "changed"),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={"pinned": [not pinned, pinned]},
    )
    return note


def remove_note(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    note_id: uuid.UUID,
    version: str | None = None,
    now: datetime.datetime,
) -> Undo:
    """Take away a note of one's own; gives what takes it back.

    Raises ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("customers.edit")
    note = _own(actor, customer_id, note_id, version)
    kept = keep_note(actor, UndoKind.NOTE_REMOVED, note, now)
    on_timeline(note).delete()
    Note.objects.filter(pk=note.pk).delete()
    _tell(actor, note, "removed", (note.body, None), now)
    return kept


def _own(actor: Actor, customer_id: uuid.UUID, note_id: uuid.UUID, version: str | None) -> Note:
    note = access.note(actor, customer_id, note_id, need="write", lock=True)
    if actor.kind != "system" and (note.author_id is None or note.author_id != actor.member_id):
        raise PermissionDenied(_("Only its author changes a note."))
    require_seen(version, note.version, note.body)
    return note


def shown(note: Note) -> dict[str, str]:
    """What the timeline shows of a note."""
    return {"body": note.body[:SHOWN]}


def on_timeline(note: Note) -> QuerySet[TimelineEvent]:
    """The note's place on the timeline."""
    return TimelineEvent.objects.filter(
        customer=note.customer_id, occurred_at=note.created_at, object_id=note.pk, kind=TimelineKind.NOTE
    )


def _checked(body: str) -> str:
    body = body.replace("\r\n", "\n").strip()
    if not body or "\0" in body:
        raise Invalid(_("Write something."), field="body")
    if len(body) > LONGEST:
        raise Invalid(_("This is longer than %d characters.") % LONGEST, field="body")
    return body


def _tell_mentioned(actor: Actor, note: Note, before: str, now: datetime.datetime) -> None:
    """Tell those whom the text names and did not name before, as far as they see the customer."""
    if MENTION not in note.body:
        return
    known = list(Member.objects.filter(is_active=True).select_related("role"))
    already = {each.pk for each in _mentioned(before, known)}
    new = [each for each in _mentioned(note.body, known) if each.pk not in already][:MOST_MENTIONED]
    notifications.tell(
        members=[each.pk for each in new if _sees(each, note.customer_id)],
        code="customers.mentioned",
        data={"who": actor.name, "customer": str(note.customer_id)},
        actor=actor,
        now=now,
    )


def _mentioned(text: str, known: Sequence[Member]) -> list[Member]:
    """Of two names that begin alike the longer one is meant, where it stands there."""
    found = []
    for each in sorted(known, key=lambda member: -len(member.name)):
        if MENTION + each.name in text:
            found.append(each)
            text = text.replace(MENTION + each.name, "")
    return found


def _sees(member: Member, customer_id: uuid.UUID) -> bool:
    who = actor_for(member)
    return who.may("customers.view") and access.customers(who).filter(pk=customer_id).exists()


def _tell(
    actor: Actor, note: Note, what: str, change: tuple[str | None, str | None], now: datetime.datetime
) -> None:
    record(
        NoteChanged(note.customer_id, note.pk, what),
        actor=actor,
        now=now,
        subject=("customer", note.customer_id),
        changes={"note": change},
    )
