"""A customer's file as it was at an earlier time: today's, and backwards through the audit log."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import PROSPECTS, ContactKind, Status
from zhiyin.customers.events import CustomerChanged, CustomerCreated, CustomersMerged, MergeUndone
from zhiyin.customers.fields import PREFIX, registry, told
from zhiyin.customers.models import ContactPoint, Customer, CustomerTag, StatusChange
from zhiyin.customers.sealing import in_clear
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import AuditEntry

PLACED = ("owner_id", "unit_id")
TAGS = "tags"
# in an entry of what is kept no longer: what stood in its fields before nobody is told any more
RETENTION = "retention"
LISTS = frozenset({*ContactKind.values, TAGS})
# other entries about a customer use the same words for something else
_TOLD_BY = (CustomerCreated.name, CustomerChanged.name, CustomersMerged.name, MergeUndone.name)


@dataclass(frozen=True, slots=True)
class Then:
    """One field at that time and now; lists of contact points and tags are sorted lists of text.

    ``changed_at`` and ``changed_by`` tell of the first change after that time, where there was one.
    """

    name: str
    then: Any
    now: Any
    changed_at: datetime.datetime | None = None
    changed_by: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.then != self.now)


@dataclass(slots=True)
class AsItWas:
    """A customer's fields ``then`` and now, those that differ first."""

    customer: Customer
    at: datetime.datetime
    fields: list[Then] = field(default_factory=list)

    @property
    def is_before(self) -> bool:
        """Whether the customer was not in the file yet."""
        return self.at < self.customer.created_at

    def of(self, name: str) -> Then:
        """Raises ``NotFound`` when the actor sees no such field."""
        for each in self.fields:
            if each.name == name:
                return each
        raise NotFound(_("There is no such field."), field=name)


def as_it_was(
    actor: Actor,
    customer_id: uuid.UUID,
    *,
    at: datetime.datetime,
    before: uuid.UUID | None = None,
    veiled: bool = True,
) -> AsItWas:
    """What a customer's file said at a time, or right before the entry ``before`` of its trail.

    Values are such as the actor's role sees them, unless not ``veiled``; fields out of its sight are left out. A field
    that the company has archived since is not told. Raises ``NotFound``. Seven statements.
    """
    customer = access.customer(actor, customer_id)
    entries = AuditEntry.objects.filter(
        subject_kind="customer", subject_id=customer_id, action__in=_TOLD_BY
    ).order_by("-id")
    if before:
        entries = entries.filter(pk__gte=before)
        at = entries.filter(pk=before).values_list("occurred_at", flat=True).first() or at
    else:
        entries = entries.filter(occurred_at__gt=at)
    today = _today(customer, [each.name for each in registry(actor)])
    then, changed = dict(today), dict[str, AuditEntry]()
    cleared: set[str] = set()
    for entry in entries:
        changes = {name: pair for name, pair in entry.changes.items() if name not in cleared}
        if RETENTION in changes:
            cleared |= changes.keys()
            continue
        for name in _taken_back(then, changes):
            changed[name] = entry
    _as_moved(customer_id, then, at, before=bool(before))
    hidden = access.hidden(actor)
    found = [
        Then(
            name,
            _seen(actor, name, then[name], veiled=veiled),
            _seen(actor, name, today[name], veiled=veiled),
            changed[name].occurred_at if name in changed else None,
            changed[name].actor_name if name in changed else "",
        )
        for name in today
        if name not in hidden
    ]
    return AsItWas(customer, at, sorted(found, key=lambda each: not each.differs))


def _as_moved(customer_id: uuid.UUID, then: dict[str, Any], at: datetime.datetime, *, before: bool) -> None:
    """Of status and stage the moves are known, also those that purchases tell of times before the file."""
    moves = StatusChange.objects.filter(customer=customer_id).order_by("-changed_at", "-id")
    steps = list(moves.values_list("changed_at", "status", "stage"))
    known = [each for each in steps if (each[0] < at if before else each[0] <= at)]
    if known:
        _when, then["status"], stage = known[0]
        then["stage"] = stage or then["stage"]
    elif steps and then["status"] not in PROSPECTS:
        then["status"], then["stage"] = Status.POTENTIAL.value, ""


def _today(customer: Customer, names: Iterable[str]) -> dict[str, Any]:
    """Each field as the log writes it."""
    found: dict[str, Any] = {
        name: customer.custom.get(name.removeprefix(PREFIX))
        if name.startswith(PREFIX)
        else getattr(customer, name)
        for name in names
    }
    for name in PLACED:
        key = getattr(customer, name)
        found[name] = str(key) if key else None
    found |= {kind: [] for kind in ContactKind.values}
    points = in_clear(ContactPoint.objects.filter(customer=customer))
    for point in sorted(points, key=lambda each: each.value):
        found[point.kind].append(point.value)
    worn = CustomerTag.objects.filter(customer=customer).order_by("tag__name")
    return found | {TAGS: list(worn.values_list("tag__name", flat=True))}


def _taken_back(then: dict[str, Any], changes: Mapping[str, Any]) -> Collection[str]:
    """Undo one entry in ``then``; the names of the fields that it changed."""
    touched = []
    for name, pair in changes.items():
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        old, new = pair
        match name:
            case "tags":
                then[TAGS] = sorted(old or [])
                touched.append(TAGS)
            case "tag" | "untag":
                then[TAGS] = _moved(then[TAGS], *((None, new) if name == "tag" else (new, None)))
                touched.append(TAGS)
            case _ if name in LISTS:
                then[name] = _moved(then[name], old, new)
                touched.append(name)
            case _ if name in then:
                then[name] = old if old is not None or name.startswith(PREFIX) or name in PLACED else ""
                touched.append(name)
    return touched


def _moved(values: list[str], old: str | None, new: str | None) -> list[str]:
    """A list before ``old`` became ``new`` in it; ``None`` where there was or is nothing."""
    if old == new:
        return values
    left = list(values)
    if new in left:
        left.remove(new)
    return sorted([*left, old] if old else left)


def _seen(actor: Actor, name: str, value: Any, *, veiled: bool) -> Any:
    if not veiled or name not in actor.fields:
        return value
    return [told(actor, name, each) for each in value] if name in LISTS else told(actor, name, value)
