"""What a member should hear of: told by whatever happens, seen on the page and, when wished, in a mail.

An app registers each kind in its ``apps.py``, with the sentence that people read::

    notifications.register("customers.mentioned", _("%(who)s mentioned you in a note on %(customer)s."), "note")

and tells it in the action that is the cause. ``data`` fills the sentence; of a customer only the id is kept, so that
the name is shown to whoever may still see it.
"""

import datetime
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.events import MemberNotified
from zhiyin.platform.models import Notification
from zhiyin.platform.paging import Page, keyset

MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class Kind:
    """``text`` has ``%(name)s`` for what ``data`` of a notification holds."""

    text: str | Promise
    icon: str


_kinds: dict[str, Kind] = {}


def register(code: str, text: str | Promise, icon: str = "bell") -> None:
    """Make a kind known."""
    _kinds[code] = Kind(text, icon)


def kind(code: str) -> Kind | None:
    """A registered kind; ``None`` for one of a version before or after this."""
    return _kinds.get(code)


def tell(
    *,
    members: Collection[uuid.UUID],
    code: str,
    data: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime.datetime,
) -> None:
    """Tell each of ``members`` but the actor himself, in the cause's own transaction."""
    if code not in _kinds:
        raise KeyError(code)
    made = Notification.objects.bulk_create(
        Notification(member_id=member, kind=code, data=dict(data or {}), created_at=now)
        for member in sorted(set(members) - {actor.member_id})
    )
    for each in made:
        event = MemberNotified(member_id=each.member_id, notification_id=each.pk)
        outbox.publish(event, actor_name=actor.name, now=now, subject=("member", each.member_id))


def listed(actor: Actor, *, after: str = "", limit: int = 50) -> Page[Notification]:
    """The actor's own, the newest first. One SQL statement."""
    return keyset(
        Notification.objects.filter(member_id=_self(actor)), order=["-id"], after=after, limit=limit
    )


def unseen(actor: Actor) -> int:
    """How many of the actor's own are new, counted up to ``MOST_COUNTED``. One SQL statement."""
    fresh = Notification.objects.filter(member_id=_self(actor), seen_at=None)
    return fresh[:MOST_COUNTED].count()


def mark_seen(
    *, actor: Actor, notification_id: uuid.UUID | None = None, now: datetime.datetime
) -> Notification | None:
    """Mark one of the actor's own as seen and give it, or all. Raises ``NotFound``."""
    mine = Notification.objects.filter(member_id=_self(actor))
    if notification_id is None:
        mine.filter(seen_at=None).update(seen_at=now)
        return None
    found = mine.filter(pk=notification_id).first()
    if found is None:
        raise NotFound
    mine.filter(pk=notification_id, seen_at=None).update(seen_at=now)
    return found


def forget(before: datetime.datetime) -> int:
    """Remove what is older, of the tenant whose scope is open."""
    return Notification.objects.filter(created_at__lt=before).delete()[0]


def _self(actor: Actor) -> uuid.UUID:
    if actor.member_id is None:
        raise NotFound
    return actor.member_id
