"""Takes a change back: each record becomes what it was, unless somebody changed it since."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from zhiyin.customers import access
from zhiyin.customers.actions import bulk
from zhiyin.customers.actions.assigned import Given, keep_assignments
from zhiyin.customers.actions.before import KEPT
from zhiyin.customers.actions.bin import restored
from zhiyin.customers.actions.contacts import contact_again
from zhiyin.customers.actions.filling import values_undone
from zhiyin.customers.actions.grades import grades_undone
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.actions.notes import on_timeline, shown
from zhiyin.customers.actions.relations import relate_again
from zhiyin.customers.actions.sensitive import sensitive_again
from zhiyin.customers.actions.shares import shares_undone
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import TimelineKind, UndoKind
from zhiyin.customers.events import ChangeUndone, CustomerChanged
from zhiyin.customers.models import Customer, CustomerTag, Note, Tag, Undo
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict
from zhiyin.platform.record import Changes, record, write_each

_OWNERS = """
WITH kept AS (
    SELECT each.* FROM customers_undo u,
        unnest(u.customer_ids, u.owner_ids, u.unit_ids, u.versions) AS each (id, owner_id, unit_id, version)
    WHERE u.id = %(undo)s
), same AS (
    SELECT c.id, c.owner_id AS taker, c.unit_id AS left_unit, kept.owner_id, kept.unit_id
    FROM customers_customer c JOIN kept ON kept.id = c.id AND kept.version = c.version
    WHERE (kept.owner_id IS NULL OR EXISTS (
            SELECT FROM accounts_member m WHERE m.id = kept.owner_id AND m.is_active))
      AND NOT EXISTS (SELECT FROM customers_dispute d WHERE d.customer_id = c.id AND d.ruling = 'open')
      AND (kept.unit_id IS NULL OR EXISTS (SELECT FROM accounts_unit t WHERE t.id = kept.unit_id))
    ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE customers_customer c
SET owner_id = same.owner_id, unit_id = same.unit_id, pool_id = NULL, version = c.version + 1,
    updated_at = %(now)s
FROM same WHERE c.id = same.id
RETURNING c.id, same.taker, same.left_unit, same.owner_id, same.unit_id
"""


@dataclass(frozen=True, slots=True)
class Undone:
    """How many records are as before and how many stay, because of a change since; or the job that does it."""

    what: UndoKind
    restored: int = 0
    left: int = 0
    job: jobs.Job | None = None


def undo_change(
    *, actor: Actor, undo_id: uuid.UUID, now: datetime.datetime, in_background: bool = False
) -> Undone:
    """Take back a change of the last days. More than ``BULK_AT_ONCE`` records become a job.

    Tags return on customers that the actor still reaches, owners that are still active. Raises ``NotFound``,
    and ``Conflict`` when it is taken back already or too old.
    """
    actor.require("customers.edit")
    kept = access.undo(actor, undo_id)
    what = UndoKind(kept.what)
    if kept.undone_at:
        raise Conflict(_("This is undone already."))
    if kept.created_at < now - KEPT:
        raise Conflict(_("This is too long ago to be undone."))
    if not in_background and len(kept.customer_ids) > bulk.BULK_AT_ONCE:
        return Undone(what, job=_job(actor, undo_id, now))
    restored = _restore(actor, kept, now)
    kept.undone_at = now
    kept.save(update_fields=["undone_at"])
    left = len(kept.customer_ids) - len(restored)
    record(
        ChangeUndone(what, len(restored), left),
        actor=actor,
        now=now,
        changes={"customers": [None, len(restored)], "undone": [None, str(what)]},
    )
    return Undone(what, len(restored), left)


def _job(actor: Actor, undo_id: uuid.UUID, now: datetime.datetime) -> jobs.Job:
    return jobs.start(
        actor=actor,
        kind="customers.undo",
        title=_("Undo of a change of many customers"),
        arguments={"undo_id": str(undo_id)},
        now=now,
    )


def _restore(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:  # noqa: PLR0911  # a kind of change a line
    """The customers on which it could be taken back."""
    match kept.what:
        case UndoKind.OWNER:
            return _owners(actor, kept, now)
        case UndoKind.TAG:
            return _untag(actor, kept, now)
        case UndoKind.UNTAG:
            return _tag_again(actor, kept, now)
        case UndoKind.NOTE_CHANGED:
            return _note_body(actor, kept)
        case UndoKind.UNRELATE:
            return relate_again(actor, kept, now)
        case UndoKind.CONTACT_GONE:
            return contact_again(actor, kept, now)
        case UndoKind.SENSITIVE:
            return sensitive_again(actor, kept, now)
        case UndoKind.DELETED:
            return restored(actor, kept.customer_ids, now)
        case UndoKind.FILL:
            return values_undone(actor, kept, now)
        case UndoKind.GRADE:
            return grades_undone(actor, kept, now)
        case UndoKind.SHARE | UndoKind.UNSHARE:
            return shares_undone(actor, kept, now)
        case _:
            return _note_again(actor, kept)


def _owners(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, {"undo": kept.pk, "now": now})
        moves = cursor.fetchall()
    refresh_holdings(actor.tenant_id, now, [key for key, *_rest in moves])
    given = [Given(key, taker, owner, reason=_("Taken back")) for key, taker, _from, owner, _to in moves]
    keep_assignments(actor, given, now)
    each = {
        key: bulk.different({"owner_id": taker, "unit_id": left}, {"owner_id": owner, "unit_id": unit})
        for key, taker, left, owner, unit in moves
    }
    _trail(actor, each, now)
    return list(each)


def _trail(actor: Actor, each: Mapping[uuid.UUID, Changes], now: datetime.datetime) -> None:
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=each)


def _untag(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    mine = access.customers(actor, "write")
    links = CustomerTag.objects.filter(pk__among=kept.link_ids, customer__in=mine)
    worn = dict(links.values_list("customer_id", "tag__name"))
    links.delete()
    _trail(actor, {key: {"untag": [None, name]} for key, name in worn.items()}, now)
    return list(worn)


def _tag_again(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    tag = Tag.objects.filter(pk=kept.data["tag_id"]).first()
    if tag is None:
        return []
    rows = access.customers(actor, "write").filter(pk__among=kept.customer_ids)
    ids = list(rows.exclude(customer_tags__tag=tag).values_list("pk", flat=True))
    links = [CustomerTag(customer_id=key, tag=tag) for key in ids]
    CustomerTag.objects.bulk_create(links, ignore_conflicts=True, batch_size=5000)
    _trail(actor, {key: {"tag": [None, tag.name]} for key in ids}, now)
    return ids


def _note_body(actor: Actor, kept: Undo) -> list[uuid.UUID]:
    changed_at = datetime.datetime.fromisoformat(kept.data["changed_at"])
    notes = Note.objects.select_for_update().filter(
        pk=kept.data["id"],
        author=actor.member_id,
        updated_at=changed_at,
        customer__in=access.customers(actor, "write"),
    )
    note = notes.first()
    if note is None:
        return []
    note.body = kept.data["body"]
    note.updated_at = datetime.datetime.fromisoformat(kept.data["updated_at"])
    note.save(update_fields=["body", "updated_at"])
    on_timeline(note).update(data=shown(note))
    return [note.customer_id]


def _note_again(actor: Actor, kept: Undo) -> list[uuid.UUID]:
    customer_id = access.lead(kept.customer_ids[0]) or kept.customer_ids[0]
    customer: Customer | None = access.customers(actor, "write").filter(pk=customer_id).first()
    if customer is None or kept.member_id != actor.member_id:
        return []
    values = {name: value for name, value in kept.data.items() if name != "changed_at"}
    for name in ("created_at", "updated_at"):
        values[name] = datetime.datetime.fromisoformat(values[name])
    note = Note.objects.create(customer=customer, **values)
    add_to_timeline(
        actor=actor,
        customer_id=customer_id,
        kind=TimelineKind.NOTE,
        occurred_at=note.created_at,
        object_id=note.pk,
        data=shown(note),
    )
    return [customer_id]
