"""Keeps what a change found, in the change's own transaction, so that it can be taken back."""

import base64
import copy
import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from zhiyin.customers.choices import UndoKind
from zhiyin.customers.models import ContactPoint, CustomerTag, Note, Relation, Share, Undo
from zhiyin.customers.sealing import closed
from zhiyin.platform.actors import Actor
from zhiyin.platform.crypto.ring import ring

KEPT = datetime.timedelta(days=7)
# customer, owner, unit, version
Before = tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None, int]


def keep_owners(actor: Actor, rows: Sequence[Before], now: datetime.datetime) -> Undo:
    """``rows`` as they were; the change adds 1 to each version."""
    return _keep(
        actor,
        UndoKind.OWNER,
        now,
        customer_ids=[key for key, *_rest in rows],
        owner_ids=[owner for _key, owner, _unit, _version in rows],
        unit_ids=[unit for _key, _owner, unit, _version in rows],
        versions=[version + 1 for *_rest, version in rows],
    )


def keep_tagged(actor: Actor, links: Sequence[CustomerTag], now: datetime.datetime) -> Undo:
    return _keep(
        actor,
        UndoKind.TAG,
        now,
        customer_ids=[link.customer_id for link in links],
        link_ids=[link.pk for link in links],
    )


def keep_untagged(
    actor: Actor, customer_ids: Sequence[uuid.UUID], tag_id: uuid.UUID, now: datetime.datetime
) -> Undo:
    return _keep(actor, UndoKind.UNTAG, now, customer_ids=list(customer_ids), data={"tag_id": tag_id})


def keep_deleted(actor: Actor, customer_ids: Sequence[uuid.UUID], now: datetime.datetime) -> Undo:
    return _keep(actor, UndoKind.DELETED, now, customer_ids=list(customer_ids))


def keep_grades(
    actor: Actor,
    rows: Sequence[tuple[uuid.UUID, uuid.UUID | None, datetime.date | None]],
    after: tuple[uuid.UUID | None, datetime.date],
    now: datetime.datetime,
) -> Undo:
    """Customers with the grade that they had and until when it was held, and what they have ``after``."""
    before = [{"id": key, "grade_id": grade, "held": held} for key, grade, held in rows]
    data = {"before": before, "grade_id": after[0], "held": after[1]}
    return _keep(actor, UndoKind.GRADE, now, customer_ids=[key for key, *_rest in rows], data=data)


def keep_values(
    actor: Actor, key: str, rows: Sequence[tuple[uuid.UUID, Any]], after: Any, now: datetime.datetime
) -> Undo:
    """What customers had in an own field, and what they all have ``after``."""
    before = [{"id": pk, "value": value} for pk, value in rows]
    data = {"key": key, "after": after, "before": before}
    return _keep(actor, UndoKind.FILL, now, customer_ids=[pk for pk, _value in rows], data=data)


def keep_note(actor: Actor, what: UndoKind, note: Note, now: datetime.datetime) -> Undo:
    """``note`` as it was before the change of this moment."""
    row = {
        "id": note.pk,
        "author_id": note.author_id,
        "body": note.body,
        "pinned": note.pinned,
        "created_at": note.created_at.isoformat(),
        "updated_at": note.updated_at.isoformat(),
        "changed_at": now.isoformat(),
    }
    return _keep(actor, what, now, customer_ids=[note.customer_id], data=row)


def keep_relation(actor: Actor, relation: Relation, now: datetime.datetime) -> Undo:
    """``relation`` as it was before its removal."""
    row = {field.attname: getattr(relation, field.attname) for field in Relation._meta.concrete_fields}
    row["created_at"] = relation.created_at.isoformat()
    return _keep(
        actor, UndoKind.UNRELATE, now, customer_ids=[relation.source_id, relation.target_id], data=row
    )


def keep_contact(actor: Actor, point: ContactPoint, now: datetime.datetime) -> Undo:
    """``point`` as it was before its removal, sealed if its customer is in a pool."""
    if point.customer.pool_id:
        point = closed(ring(), copy.copy(point))
    row = {field.attname: getattr(point, field.attname) for field in point._meta.concrete_fields}
    del row["tenant_id"]
    row["created_at"] = point.created_at.isoformat()
    row["sealed"] = base64.b64encode(point.sealed).decode() if point.sealed else None
    return _keep(actor, UndoKind.CONTACT_GONE, now, customer_ids=[point.customer_id], data=row)


def keep_shares(
    actor: Actor,
    made: Sequence[Share],
    before: Sequence[Share],
    now: datetime.datetime,
    *,
    ended: bool = False,
) -> Undo:
    """The shares that are new, and those that were changed or ended by the change of this moment, as they were."""
    return _keep(
        actor,
        UndoKind.UNSHARE if ended else UndoKind.SHARE,
        now,
        customer_ids=[share.customer_id for share in (*made, *before)],
        link_ids=[share.pk for share in made],
        data={"before": [_share(share) for share in before]},
    )


def keep_sensitive(
    actor: Actor, customer_id: uuid.UUID, field: str, encrypted: bytes, now: datetime.datetime
) -> Undo:
    """The value before as it lay there, under the customer's key: once that is destroyed nothing brings it back."""
    data = {"field": field, "before": base64.b64encode(encrypted).decode(), "set_at": now.isoformat()}
    return _keep(actor, UndoKind.SENSITIVE, now, customer_ids=[customer_id], data=data)


def _share(share: Share) -> dict[str, Any]:
    row = {field.attname: getattr(share, field.attname) for field in Share._meta.concrete_fields}
    del row["tenant_id"]
    for name in ("ends_at", "created_at"):
        row[name] = row[name].isoformat() if row[name] else None
    return row


def _keep(actor: Actor, what: UndoKind, now: datetime.datetime, **values: Any) -> Undo:
    Undo.objects.filter(created_at__lt=now - KEPT).delete()
    return Undo.objects.create(member_id=actor.member_id, what=what, created_at=now, **values)
