"""How a customer is reached, and who else is reached there."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.fields import veiled_points
from zhiyin.customers.models import ContactPoint
from zhiyin.customers.sealing import every_key
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned

# of the others at a switchboard, only so many are read
MOST_SHARING = 200
_RANK = {kind: rank for rank, kind in enumerate(ContactKind.values)}


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who else has a contact point: those that the reader sees, by name, and how many more there are.

    ``more`` is a lower bound when ``cut``.
    """

    seen: tuple[tuple[uuid.UUID, str], ...] = ()
    more: int = 0
    cut: bool = False


def contact_points(actor: Actor, customer_id: uuid.UUID) -> list[ContactPoint]:
    """The contact points of a customer that the caller has reached, as the actor's role sees them; of each kind
    the one to use today first.

    A primary one whose time is over leads no more.
    """
    today = timezone.localdate()
    points = sorted(
        veiled_points(actor, _contact_points(customer_id)), key=lambda point: _order(point, today)
    )
    led: set[str] = set()
    for point in points:
        point.leads = point.kind not in led and not point.is_over(today)
        led.add(point.kind)
    return points


def _order(point: ContactPoint, today: datetime.date) -> tuple[int, bool, bool, datetime.datetime, uuid.UUID]:
    return _RANK[point.kind], point.is_over(today), not point.is_primary, point.created_at, point.pk


_contact_points: Planned[ContactPoint] = Planned(
    lambda customer: ContactPoint.objects.filter(customer=customer)
)


def also_of(
    actor: Actor, customer_id: uuid.UUID, points: Iterable[ContactPoint]
) -> Mapping[tuple[str, str], Sharing]:
    """By kind and key, who else has these contact points. Three SQL statements at most.

    Of customers beyond the actor's reach nothing is told but how many they are.
    """
    keys = every_key((point.kind, point.value_key) for point in points)
    if not keys:
        return {}
    written: dict[str, list[str]] = {}
    for kind, form in keys:
        written.setdefault(kind, []).append(form)
    same = reduce(or_, (Q(kind=kind, value_key__in=forms) for kind, forms in written.items()))
    seen = Exists(access.customers(actor).filter(pk=OuterRef("customer")))
    rows = ContactPoint.objects.filter(same).exclude(customer=customer_id)
    found = list(
        rows.annotate(seen=seen).values_list("kind", "value_key", "customer", "customer__name", "seen")[
            : MOST_SHARING + 1
        ]
    )
    cut = len(found) > MOST_SHARING
    shared: dict[tuple[str, str], dict[uuid.UUID, str | None]] = {}
    for kind, form, other, name, is_seen in found[:MOST_SHARING]:
        shared.setdefault((kind, keys[kind, form]), {})[other] = name if is_seen else None
    return {both: _sharing(others, cut) for both, others in shared.items()}


def _sharing(others: Mapping[uuid.UUID, str | None], cut: bool) -> Sharing:
    seen = sorted(((key, name) for key, name in others.items() if name is not None), key=lambda pair: pair[1])
    return Sharing(tuple(seen), len(others) - len(seen), cut)
