"""A customer's timeline: what of it this reader may see."""

import datetime
import functools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db.models import QuerySet

from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import TimelineEvent, TimelinePin
from zhiyin.customers.queries.relations import told_touches
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.paging import Page, first_page, keyset

Row = Mapping[str, object]
EVENT = ("id", "occurred_at", "kind", "actor_name", "object_id", "data")
# what the timeline can be narrowed to
TIMELINE_KINDS: dict[str, tuple[TimelineKind, ...]] = {
    "orders": (TimelineKind.ORDER, TimelineKind.RETURN, TimelineKind.PAYMENT),
    "sales": (TimelineKind.LEAD, TimelineKind.OPPORTUNITY),
    "notes": (TimelineKind.NOTE, TimelineKind.FOLLOW_UP),
    "appointments": (TimelineKind.APPOINTMENT,),
    "changes": (
        TimelineKind.CREATED,
        TimelineKind.OWNER,
        TimelineKind.STATUS,
        TimelineKind.RELATION,
        TimelineKind.CONSENT,
        TimelineKind.MERGE,
        TimelineKind.SHARE,
    ),
}
# kinds of touches that need a permission
_GUARDED: dict[str, tuple[TimelineKind, ...]] = {
    "orders.view": TIMELINE_KINDS["orders"],
    "sales.view": TIMELINE_KINDS["sales"],
    "activities.view": (TimelineKind.FOLLOW_UP, TimelineKind.APPOINTMENT),
}


def touches(
    actor: Actor, customer_id: uuid.UUID, *, show: str = "", after: str = "", limit: int = 20
) -> Page[Row]:
    """A page of the timeline of a customer whom the actor sees, narrowed to a key of ``TIMELINE_KINDS``.

    Left out is what the actor may not see. Three SQL statements at most.
    """
    unseen = unseen_kinds(actor)
    kinds = TIMELINE_KINDS.get(show, () if not unseen else tuple(TimelineKind))
    seen = tuple(kind for kind in kinds if kind not in unseen)
    if kinds and not seen:
        return Page([], None, None)
    page = timeline(customer_id, kinds=seen, after=after, limit=limit)
    return replace(page, rows=told_touches(actor, page.rows))


def unseen_kinds(actor: Actor) -> set[TimelineKind]:
    """Touches that this actor has no permission to see."""
    return {kind for needs, kinds in _GUARDED.items() if not actor.may(needs) for kind in kinds}


def pinned_touches(actor: Actor, customer_id: uuid.UUID) -> list[Row]:
    """What stays on top of the timeline of a customer whom the actor sees, the newest first.

    One SQL statement where there is nothing, three at most.
    """
    pins = list(TimelinePin.objects.filter(customer=customer_id).values_list("event_id", "occurred_at"))
    if not pins:
        return []
    rows = TimelineEvent.objects.filter(
        customer=customer_id, id__in=[key for key, _at in pins], occurred_at__in=[at for _key, at in pins]
    ).exclude(kind__in=unseen_kinds(actor))
    values: QuerySet[TimelineEvent, Row] = rows.order_by("-occurred_at", "-id").values(*EVENT)
    return list(told_touches(actor, list(values)))


def timeline(
    customer_id: uuid.UUID,
    *,
    kinds: Sequence[str] = (),
    until: datetime.datetime | None = None,
    after: str = "",
    limit: int = 20,
) -> Page[Row]:
    """A page of a customer's timeline, the newest first. One SQL statement.

    ``until`` is a moment that nothing lies after, which spares the months beyond it.
    """
    if not after and not until:
        return first_page(_latest(tuple(kinds), limit)(customer_id), order=["occurred_at"], limit=limit)
    rows = TimelineEvent.objects.filter(customer=customer_id)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if until:
        rows = rows.filter(occurred_at__lte=until)
    values: QuerySet[TimelineEvent, Row] = rows.values(*EVENT)
    return keyset(values, order=["-occurred_at"], after=after, limit=limit)


@functools.lru_cache(maxsize=32)
def _latest(kinds: tuple[str, ...], limit: int) -> Planned[Row]:
    """The latest events, one more than ``limit``."""
    rows = TimelineEvent.objects.filter(kind__in=kinds) if kinds else TimelineEvent.objects.all()
    values: QuerySet[TimelineEvent, Row] = rows.order_by("-occurred_at", "-id").values(*EVENT)
    return Planned(lambda customer: values.filter(customer=customer)[: limit + 1])
