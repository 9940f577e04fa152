"""Relations: what one customer is to another."""

import datetime
import uuid
from typing import Any, Literal

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_relation
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import BuyingRole, CustomerKind, TimelineKind
from zhiyin.customers.events import RelationChanged
from zhiyin.customers.models import Customer, Relation, RelationType, Undo
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

# whether the customer in question is the relation's source or its target
Way = Literal["out", "in"]
LONGEST = 100
DETAILS = ("role", "title", "since", "until")
_LEADS_BACK = """
WITH RECURSIVE above (id) AS (
    SELECT %(target)s::uuid
    UNION
    SELECT r.target_id FROM customers_relation r JOIN above ON above.id = r.source_id
    WHERE r.type_id = %(type)s AND r.id <> %(self)s AND (r.until IS NULL OR r.until >= %(today)s)
)
SELECT EXISTS (SELECT FROM above WHERE id = %(source)s)
"""


class RelationToOneself(Invalid):
    message = _("A customer has no relation to itself. Choose another one.")


class RelationTwice(Conflict):
    message = _("These two have this relation already in that time.")


class OnlyOne(Conflict):
    message = _("There can be only one at a time, and there is one already. End or remove that one first.")


class RelationCircle(Conflict):
    message = _("This would make a circle: the one would stand above itself.")


def add_relation(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    other_id: uuid.UUID,
    type_id: uuid.UUID,
    way: Way = "out",
    role: str = "",
    title: str = "",
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    now: datetime.datetime,
) -> Relation:
    """Relate two visible customers; ``way`` of ``in`` means that the other one is the source.

    Raises ``RelationToOneself``, ``RelationTwice``, ``OnlyOne``, ``RelationCircle``.
    """
    actor.require("customers.edit")
    kind = _held(type_id)
    if kind.archived_at:
        raise Invalid(_("This kind of relation is not used any more."), field="type_id")
    one, other = access.customer(actor, customer_id, need="write"), _other(actor, other_id)
    source, target = (one, other) if way == "out" else (other, one)
    for key in sorted((one.pk, other.pk)):
        access.hold(key)
    relation = Relation(type=kind, source=source, target=target, created_at=now)
    _describe(relation, {"role": role, "title": title, "since": since, "until": until})
    require_fit(relation, now)
    relation.save(force_insert=True)
    _tell(actor, relation, "added", {name: [None, getattr(relation, name)] for name in DETAILS}, now)
    return relation


def change_relation(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    relation_id: uuid.UUID,
    role: str = "",
    title: str = "",
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    version: str | None = None,
    now: datetime.datetime,
) -> Relation:
    """Change what is said of a relation; whom it is between stays. Raises what ``add_relation`` does."""
    actor.require("customers.edit")
    relation = _locked(actor, customer_id, relation_id, version)
    before = {name: getattr(relation, name) for name in DETAILS}
    _describe(relation, {"role": role, "title": title, "since": since, "until": until})
    different = {name: [old, new] for name, old in before.items() if (new := getattr(relation, name)) != old}
    if different:
        require_fit(relation, now)
        relation.save(update_fields=list(different))
        _tell(actor, relation, "changed", different, now)
    return relation


def remove_relation(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    relation_id: uuid.UUID,
    version: str | None = None,
    now: datetime.datetime,
) -> Undo:
    """Take a relation away; gives what takes that back."""
    actor.require("customers.edit")
    relation = _locked(actor, customer_id, relation_id, version)
    kept = keep_relation(actor, relation, now)
    Relation.objects.filter(pk=relation.pk).delete()
    _tell(actor, relation, "removed", {name: [getattr(relation, name), None] for name in DETAILS}, now)
    return kept


def relate_again(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """The removed relation is there again, where both customers are and nothing has come against it."""
    values: dict[str, Any] = dict(kept.data)
    for side in ("source_id", "target_id"):
        values[side] = str(access.lead(uuid.UUID(values[side])) or values[side])
    ends = {uuid.UUID(values["source_id"]), uuid.UUID(values["target_id"])}
    if access.customers(actor).filter(pk__in=ends).count() < len(ends):
        return []
    for name in ("since", "until"):
        values[name] = datetime.date.fromisoformat(values[name]) if values[name] else None
    values["created_at"] = datetime.datetime.fromisoformat(values["created_at"])
    kind = _held(uuid.UUID(values["type_id"]))
    relation = Relation(**{name: value for name, value in values.items() if name != "tenant_id"})
    relation.pk, relation.type = uuid.UUID(values["id"]), kind
    require_fit(relation, now)
    relation.save(force_insert=True)
    _tell(actor, relation, "added", {name: [None, getattr(relation, name)] for name in DETAILS}, now)
    return list(kept.customer_ids)


def _held(type_id: uuid.UUID) -> RelationType:
    """The type, held until the transaction ends: who writes relations of it sees those of others first."""
    found = RelationType.objects.select_for_update(no_key=True).filter(pk=type_id).first()
    if found is None:
        raise NotFound(_("There is no such kind of relation."), field="type_id")
    return found


def _other(actor: Actor, other_id: uuid.UUID) -> Customer:
    try:
        return access.customer(actor, other_id)
    except NotFound as error:
        raise NotFound(_("There is no such customer."), field="other_id") from error


def _locked(actor: Actor, customer_id: uuid.UUID, relation_id: uuid.UUID, version: str | None) -> Relation:
    """The relation behind its type's lock, as others left it."""
    found = access.relation(actor, customer_id, relation_id, need="write")
    kind = _held(found.type_id)
    relation = access.relation(actor, customer_id, relation_id, need="write", lock=True)
    relation.type = kind
    require_seen(version, relation.version, f"{kind} {relation.title}".strip())
    return relation


def _describe(relation: Relation, values: dict[str, Any]) -> None:
    title = " ".join(str(values["title"]).split())
    if "\0" in title:
        raise Invalid(field="title")
    if len(title) > LONGEST:
        raise Invalid(_("This is longer than %d characters.") % LONGEST, field="title")
    if values["role"] and values["role"] not in BuyingRole.values:
        raise Invalid(_("This is not one of the choices."), field="role")
    since, until = values["since"], values["until"]
    if since and until and until < since:
        raise Invalid(_("It cannot end before it begins."), field="until")
    has_role = relation.type.has_role
    relation.role, relation.title = (values["role"], title) if has_role else ("", "")
    relation.since, relation.until = since, until


def require_fit(relation: Relation, now: datetime.datetime) -> None:
    """Raise why this relation cannot be beside those that there are; its type is held."""
    kind = relation.type
    if relation.source_id == relation.target_id:
        raise RelationToOneself(field="other_id")
    _require_kinds(relation)
    others = Relation.objects.filter(type=kind).exclude(pk=relation.pk)
    if others.filter(_same_ends(relation), _overlaps(relation)).exists():
        raise RelationTwice(field="other_id")
    today = timezone.localdate(now)
    if not relation.lasts(today):
        return
    lasting = others.filter(Q(until=None) | Q(until__gte=today))
    if kind.only_one and lasting.filter(source=relation.source_id).exists():
        raise OnlyOne(field="other_id")
    if kind.acyclic and leads_back(relation, today):
        raise RelationCircle(field="other_id")


def leads_back(relation: Relation, today: datetime.date) -> bool:
    """Whether lasting relations of the type lead from its target to its source."""
    keys = {"source": relation.source_id, "target": relation.target_id, "type": relation.type_id}
    with connection.cursor() as cursor:
        cursor.execute(_LEADS_BACK, {**keys, "self": relation.pk, "today": today})
        return bool(cursor.fetchone()[0])


def _require_kinds(relation: Relation) -> None:
    kind = relation.type
    for wanted, customer in ((kind.source_kind, relation.source), (kind.target_kind, relation.target)):
        if wanted and customer.kind != wanted:
            text = _("%(name)s is no %(kind)s, which this relation needs on that side.")
            label = str(CustomerKind(wanted).label).lower()
            raise Invalid(text % {"name": customer.name, "kind": label}, field="other_id")


def _same_ends(relation: Relation) -> Q:
    same = Q(source=relation.source_id, target=relation.target_id)
    turned = Q(source=relation.target_id, target=relation.source_id)
    return same | turned if relation.type.is_mutual else same


def _overlaps(relation: Relation) -> Q:
    """Lasts at least one day that this one lasts too."""
    condition = Q()
    if relation.until:
        condition &= Q(since=None) | Q(since__lte=relation.until)
    if relation.since:
        condition &= Q(until=None) | Q(until__gte=relation.since)
    return condition


def _tell(
    actor: Actor, relation: Relation, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    """To both customers: timeline, audit and event."""
    plain = {
        name: [None if each in (None, "") else str(each) for each in pair]
        for name, pair in changes.items()
        if any(pair)
    }
    source, target = relation.source_id, relation.target_id
    for way, here, there in (("out", source, target), ("in", target, source)):
        link = {"type": str(relation.type_id), "way": way, "other": str(there)}
        add_to_timeline(
            actor=actor,
            customer_id=here,
            kind=TimelineKind.RELATION,
            occurred_at=now,
            object_id=relation.pk,
            data={**link, "what": what},
        )
        told = f"{relation.type.code or relation.type.name} {way} {there}"
        named = {"relation": [told, None] if what == "removed" else [None, told]}
        record(
            RelationChanged(here, there, relation.pk, what),
            actor=actor,
            now=now,
            subject=("customer", here),
            changes={**named, **plain},
        )
