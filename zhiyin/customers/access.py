"""The only way to reach a customer: what this actor may see. Missing and forbidden look alike."""

import functools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts.access import actor_for
from zhiyin.accounts.models import Member, Unit
from zhiyin.customers.choices import FieldAccess
from zhiyin.customers.models import (
    AssignmentRule,
    Customer,
    CustomField,
    Dispute,
    Document,
    LegalHold,
    Merge,
    Note,
    Pool,
    PoolLimit,
    ProtectionRule,
    Relation,
    Restriction,
    RetentionRule,
    SavedView,
    Share,
    SubjectRequest,
    Undo,
)
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.lookups import Hashed

# how far a customer is to be within reach: to be seen; changed; given away, shared on or deleted
Need = Literal["read", "write", "full"]

# columns, filters and orders of a list of customers that tell what this permission guards
GUARDED = {
    "orders.view": frozenset({"orders", "spend", "last", "ordered", "last_from", "last_to", "spend_min"}),
    "insight.view": frozenset(
        {"value", "value_low", "value_high", "alive", "group", "value_min", "value_max", "alive_max", "rfm"}
    ),
}


def hidden(actor: Actor) -> frozenset[str]:
    """The columns, filters and orders of a list of customers that this actor may not use."""
    unseen = frozenset(name for name, how in actor.fields.items() if how == FieldAccess.HIDDEN)
    return unseen.union(*(names for permission, names in GUARDED.items() if not actor.may(permission)))


def closed(actor: Actor) -> frozenset[str]:
    """What this actor may neither filter nor sort by: what it does not see, or not whole."""
    return hidden(actor) | {name for name, how in actor.fields.items() if how == FieldAccess.MASKED}


def field_access(actor: Actor, name: str) -> FieldAccess:
    """How far this actor's role sees and changes a field of the customer file."""
    return FieldAccess(actor.fields.get(name, FieldAccess.OPEN))


def require_editable(actor: Actor, name: str, label: object, *, is_new: bool = False) -> None:
    """Raise ``PermissionDenied`` unless this actor's role may change a field, or fill it in with a new customer."""
    may = (FieldAccess.OPEN, FieldAccess.READ_ONLY) if is_new else (FieldAccess.OPEN,)
    if field_access(actor, name) not in may:
        raise PermissionDenied(_("You may not change “%s”.") % label, field=name)


# with fewer it is faster to look all of them up than to meet a page of them
MANY_SHARES = 5000
UNITS: Any = ArrayField(UUIDField())


class OnlyShared(PermissionDenied):
    message = gettext_lazy("This customer is shared with you, and not for that. Ask its owner.")


def sees_everybody(actor: Actor) -> bool:
    """Whether no customer is out of this actor's reach: who is in a pool is, until claimed, but for who manages pools."""
    return actor.scope == "all" and actor.may("pools.manage")


def withheld(actor: Actor, ids: Iterable[uuid.UUID | None]) -> set[uuid.UUID]:
    """Those of some customers who are in a pool, so that this actor is told nothing of them. One SQL statement at most."""
    some = {each for each in ids if each}
    if not some or sees_everybody(actor):
        return set()
    return set(Customer.objects.filter(pk__in=some).exclude(pool=None).values_list("pk", flat=True))


def scope(actor: Actor) -> Q:
    """The condition under which a customer is within the actor's record scope."""
    match actor.scope:
        case "all":
            return Q() if sees_everybody(actor) else Q(pool=None)
        case "own":
            return Q(owner=actor.member_id) if actor.member_id else Q(pk__in=[])
        case _:
            return Q(unit__in=actor.unit_ids) | (Q(owner=actor.member_id) if actor.member_id else Q())


def grounds(actor: Actor, need: Need = "read", *, met: Combinable | None = None) -> list[Q]:
    """For what reasons customers are within reach, each a condition that an index answers; any of them suffices.

    What is to be given away, deleted or shared on is owned or within the role's record scope. Shares are looked up
    one by one, or, for a list that is gone through in order, looked for at each customer ``met``, whose key this is.
    """
    if actor.scope == "all" or need == "full" or actor.member_id is None:
        return [scope(actor)]
    with_him, with_units = (
        lasting_shares(need).filter(each).values("customer") for each in _recipients(actor)
    )
    shared = with_him.union(with_units)
    return [scope(actor), Q(Hashed(met, shared.query)) if met else Q(pk__in=shared)]


def has_many_shares(actor: Actor) -> bool:
    """Whether so many customers are shared that a list meets some soon, in whatever order. One SQL statement at most."""
    if actor.scope == "all" or actor.member_id is None:
        return False
    return shares(actor).order_by()[:MANY_SHARES].count() == MANY_SHARES


def shares(actor: Actor, need: Need = "read") -> QuerySet[Share]:
    """What is shared with this actor at this moment."""
    with_him, with_units = _recipients(actor)
    return lasting_shares(need).filter(with_him | with_units)


def lasting_shares(need: Need = "read") -> QuerySet[Share]:
    """By the database's clock: a share ends without a job, and its SQL may be kept."""
    lasting = Share.objects.filter(Q(ends_at=None) | Q(ends_at__gt=Now()))
    return lasting.filter(may_write=True) if need == "write" else lasting


def team_shares() -> QuerySet[Share]:
    """Those that make somebody one of a customer's team at this moment."""
    return lasting_shares().exclude(part="")


def left_shares(actor: Actor) -> QuerySet[Share]:
    """Those whose giver left, of customers that are the actor's to dispose of."""
    return lasting_shares().filter(shared_by__is_active=False, customer__in=customers(actor, "full"))


def _recipients(actor: Actor) -> tuple[Q, Q]:
    """The member; and the unit he is in, those above it, and those whose records his role covers."""
    above = Unit.objects.filter(members=actor.member_id).values(
        each=Func(F("path"), function="unnest", output_field=UUIDField())
    )
    covered = Value(list(actor.unit_ids), output_field=UNITS)
    units = Func(ArraySubquery(above), covered, template="%(expressions)s", arg_joiner=" || ")
    # one array, which an index answers also beside other conditions
    by_unit = Func(
        F("unit"), units, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
    )
    return Q(member=actor.member_id), Q(by_unit)


def apart(actor: Actor, need: Need = "read", *, met: Combinable | None = None) -> list[Q]:
    """``grounds`` of which no two hold of the same customer, to be read one after the other."""
    found: list[Q] = []
    for each in grounds(actor, need, met=met):
        others = [~other for other in grounds(actor, need)[: len(found)]]
        found.append(functools.reduce(Q.__and__, others, each))
    return found


def reach(actor: Actor, need: Need = "read") -> Q:
    """The condition under which a customer is seen, may be changed, or is the actor's to dispose of."""
    condition = scope(actor)
    if actor.scope == "all" or need == "full" or actor.member_id is None:
        return condition
    return condition | Q(Exists(shares(actor, need).filter(customer=OuterRef("pk"))))


def customers(actor: Actor, need: Need = "read") -> QuerySet[Customer]:
    """The customers that this actor may see, or change, or dispose of."""
    return Customer.objects.filter(reach(actor, need))


def customer(
    actor: Actor,
    customer_id: uuid.UUID,
    *,
    need: Need = "read",
    lock: bool = False,
    related: Sequence[str] = (),
) -> Customer:
    """One customer, locked against others' changes when asked.

    Raises ``NotFound``, and ``OnlyShared`` for one that is seen but not for what is needed.
    """
    queryset = customers(actor, need)
    if related:
        queryset = queryset.select_related(*related)
    if lock:
        queryset = queryset.select_for_update(no_key=True)
    found = queryset.filter(pk=customer_id).first()
    if found is None:
        if need != "read" and customers(actor).filter(pk=customer_id).exists():
            raise OnlyShared
        raise NotFound
    return found


def members_who_may(permission: str, customer_id: uuid.UUID) -> list[Member]:
    """Active members who hold a permission and have this customer within their record scope, not only their own."""
    members = Member.objects.filter(is_active=True).exclude(role__scope="own").select_related("role", "unit")
    able = [each for each in members if permission in each.role.grants]
    return [each for each in able if customers(actor_for(each), "full").filter(pk=customer_id).exists()]


def lead(customer_id: uuid.UUID) -> uuid.UUID | None:
    """The customer who has this one's file today: itself, or the one it was merged into. ``None`` for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT surviving_customer(%s)", [customer_id])
        found: uuid.UUID | None = cursor.fetchone()[0]
    return found


def hold(customer_id: uuid.UUID) -> None:
    """Keep a customer from being deleted until the transaction ends. Raises ``NotFound`` if that happened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM customers_customer WHERE id = %s FOR KEY SHARE", [customer_id])
        if cursor.fetchone() is None:
            raise NotFound


def note(
    actor: Actor, customer_id: uuid.UUID, note_id: uuid.UUID, *, need: Need = "read", lock: bool = False
) -> Note:
    """One note of a customer, locked against others' changes when asked. Raises what ``customer`` does."""
    customer(actor, customer_id, need=need)
    notes = Note.objects.select_for_update() if lock else Note.objects
    found = notes.filter(pk=note_id, customer=customer_id).first()
    if found is None:
        raise NotFound
    return found


def document(
    actor: Actor,
    customer_id: uuid.UUID,
    document_id: uuid.UUID,
    *,
    need: Need = "read",
    lock: bool = False,
    removed: bool = False,
) -> Document:
    """One document of a customer, or one that was removed. Raises what ``customer`` does."""
    customer(actor, customer_id, need=need)
    documents = Document.objects.select_for_update() if lock else Document.objects
    found = documents.filter(pk=document_id, customer=customer_id, removed_at__isnull=not removed).first()
    if found is None:
        raise NotFound
    return found


def custom_fields(actor: Actor) -> list[CustomField]:
    """The company's own fields that this actor's role may see, archived ones aside. One SQL statement."""
    if actor.member_id is None:
        return _all_fields(actor.tenant_id)
    return _fields_seen(actor.member_id)


def fields_in_use(actor: Actor) -> list[CustomField]:
    """All of the company's own, whoever sees them: for what follows from them. One SQL statement."""
    return _all_fields(actor.tenant_id)


def marked_fields(actor: Actor) -> list[CustomField]:
    """Those of them that the company marked as sensitive, which are in no other list of fields. One SQL statement."""
    if actor.member_id is None:
        return _all_marked(actor.tenant_id)
    return _marked_seen(actor.member_id)


def _in_use(*, sensitive: bool = False) -> QuerySet[CustomField]:
    rows = CustomField.objects.filter(archived_at=None, sensitive=sensitive)
    return rows.order_by("position", "id")


def _seen_by(member: uuid.UUID) -> Q:
    named = ExpressionWrapper(OuterRef("roles"), CustomField._meta.get_field("roles"))
    members = Member.objects.filter(pk=member).annotate(named=named)
    within: Any = {"named__contains": [F("role_id")]}
    return Q(roles=[]) | Q(Exists(members.filter(**within)))


_all_fields: Planned[CustomField] = Planned(lambda _tenant: _in_use())
_fields_seen: Planned[CustomField] = Planned(lambda member: _in_use().filter(_seen_by(member)))
_all_marked: Planned[CustomField] = Planned(lambda _tenant: _in_use(sensitive=True))
_marked_seen: Planned[CustomField] = Planned(lambda member: _in_use(sensitive=True).filter(_seen_by(member)))


def relations(actor: Actor) -> QuerySet[Relation]:
    """Relations between two customers that this actor may both see; of the others nothing is told."""
    return Relation.objects.filter(source__in=customers(actor), target__in=customers(actor))


def relation(
    actor: Actor, customer_id: uuid.UUID, relation_id: uuid.UUID, *, need: Need = "read", lock: bool = False
) -> Relation:
    """A relation of this customer, on either side, locked when asked. Raises what ``customer`` does."""
    if need != "read":
        customer(actor, customer_id, need=need)
    side = Q(source=customer_id) | Q(target=customer_id)
    found = relations(actor).filter(side, pk=relation_id)
    if lock:
        found = found.select_for_update(no_key=True, of=("self",))
    row = found.first()
    if row is None:
        raise NotFound
    return row


def merge(actor: Actor, merge_id: uuid.UUID, *, need: Need = "read", lock: bool = False) -> Merge:
    """A merge into a file within reach, whoever has that file today. Raises what ``customer`` does."""
    merges = Merge.objects.select_for_update(of=("self",)) if lock else Merge.objects
    found = merges.filter(pk=merge_id).first()
    holder = lead(found.survivor_id) if found else None
    if found is None or holder is None:
        raise NotFound
    customer(actor, holder, need=need)
    return found


def pools(actor: Actor, *, to_claim: bool = False) -> QuerySet[Pool]:
    """The pools that this actor may claim from, and all for who manages them. One SQL statement before."""
    if actor.may("pools.manage") and not to_claim:
        return Pool.objects.all()
    members = Member.objects.select_related("unit")
    member = members.filter(pk=actor.member_id).first() if actor.member_id else None
    if member is None:
        return Pool.objects.none()
    named = Q(units__overlap=member.unit.path) | Q(roles__contains=[member.role_id])
    all_may = Q(units=[], roles=[], members=[])
    return Pool.objects.filter(all_may | named | Q(members__contains=[member.pk]), archived_at=None)


def pool(actor: Actor, pool_id: uuid.UUID, *, to_claim: bool = False, lock: bool = False) -> Pool:
    """One of them. Raises ``NotFound``."""
    rows = pools(actor, to_claim=to_claim)
    found = (rows.select_for_update() if lock else rows).filter(pk=pool_id).first()
    if found is None:
        raise NotFound
    return found


def pool_limit(actor: Actor, limit_id: uuid.UUID, *, lock: bool = False) -> PoolLimit:
    """A limit of a pool that this actor manages. Raises ``NotFound``."""
    rows = PoolLimit.objects.filter(pool__in=pools(actor)).select_related("pool")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=limit_id).first()
    if found is None:
        raise NotFound
    return found


def open_pool(pool_id: uuid.UUID) -> Pool:
    """One that customers can be put into, by whoever has them to give. Raises ``NotFound``."""
    found = Pool.objects.filter(pk=pool_id, archived_at=None).first()
    if found is None:
        raise NotFound
    return found


def protection_rule(rule_id: uuid.UUID, *, lock: bool = False) -> ProtectionRule:
    """One of the company's. Raises ``NotFound``."""
    rows = ProtectionRule.objects.select_for_update() if lock else ProtectionRule.objects
    found = rows.filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def assignment_rule(rule_id: uuid.UUID, *, lock: bool = False) -> AssignmentRule:
    """One of the company's. Raises ``NotFound``."""
    rows = AssignmentRule.objects.select_for_update() if lock else AssignmentRule.objects
    found = rows.filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def retention_rule(rule_id: uuid.UUID, *, lock: bool = False) -> RetentionRule:
    """One of the company's. Raises ``NotFound``."""
    rows = RetentionRule.objects.select_for_update() if lock else RetentionRule.objects
    found = rows.filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def legal_hold(actor: Actor, customer_id: uuid.UUID, hold_id: uuid.UUID) -> LegalHold:
    """A hold of a customer within reach. Raises ``NotFound``."""
    found = LegalHold.objects.filter(pk=hold_id, customer=customer(actor, customer_id)).first()
    if found is None:
        raise NotFound
    return found


def disputes(actor: Actor) -> QuerySet[Dispute]:
    """Those to which the actor is a party, and for who manages pools those about customers within his record scope."""
    party = Q(claimant=actor.member_id) | Q(owner=actor.member_id) if actor.member_id else Q(pk__in=[])
    there = Dispute.objects.filter(customer__gone="")
    if not actor.may("pools.manage"):
        return there.filter(party)
    return there.filter(party | Q(customer__in=customers(actor, "full")))


def dispute(actor: Actor, dispute_id: uuid.UUID, *, lock: bool = False) -> Dispute:
    """One of them. Raises ``NotFound``."""
    rows = disputes(actor).select_related("customer", "claimant", "owner", "ruled_by")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=dispute_id).first()
    if found is None:
        raise NotFound
    return found


# the same as ``restricted`` for statements of our own that call a customer ``c``
RESTRICTED = """EXISTS (
    SELECT FROM customers_restriction only_kept WHERE only_kept.customer_id = c.id AND only_kept.ended_at IS NULL
)"""


def restricted() -> QuerySet[Restriction]:
    """The restrictions that last; ``values("customer")`` are those whose data are only kept."""
    return Restriction.objects.filter(ended_at=None)


def unrestricted(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those of some customers who may be contacted, exported, analysed and decided about automatically."""
    return rows.exclude(Exists(restricted().filter(customer=OuterRef("pk"))))


def restriction(actor: Actor, customer_id: uuid.UUID, restriction_id: uuid.UUID) -> Restriction:
    """One of a customer's. Raises what ``customer`` does."""
    customer(actor, customer_id)
    found = Restriction.objects.filter(pk=restriction_id, customer=customer_id).first()
    if found is None:
        raise NotFound
    return found


def subject_requests(actor: Actor) -> QuerySet[SubjectRequest]:
    """Those of customers within reach, and of erased ones for who sees everybody."""
    erased = Q(customer=None) if sees_everybody(actor) else Q(pk__in=[])
    return SubjectRequest.objects.filter(Q(customer__in=customers(actor)) | erased)


def subject_request(
    actor: Actor, request_id: uuid.UUID, *, need: Need = "read", lock: bool = False
) -> SubjectRequest:
    """One of them. Raises what ``customer`` does."""
    rows = subject_requests(actor).select_related("customer", "purpose", "handler", "file")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=request_id).first()
    if found is None:
        raise NotFound
    if need != "read" and found.customer_id:
        customer(actor, found.customer_id, need=need)
    return found


def saved_views(actor: Actor, page: str) -> QuerySet[SavedView]:
    """The actor's own views of a page and the shared ones."""
    return SavedView.objects.filter(_seen_views(actor), page=page, forgotten_at=None)


def saved_view(actor: Actor, view_id: uuid.UUID, *, forgotten: bool = False) -> SavedView:
    """One of them, or one that was forgotten. Raises ``NotFound``."""
    rows = SavedView.objects.filter(_seen_views(actor), forgotten_at__isnull=not forgotten)
    found = rows.select_for_update().filter(pk=view_id).first()
    if found is None:
        raise NotFound
    return found


def _seen_views(actor: Actor) -> Q:
    mine = Q(member=actor.member_id) if actor.member_id else Q(pk__in=[])
    return mine | Q(member=None)


def undo(actor: Actor, undo_id: uuid.UUID) -> Undo:
    """What a change of the actor's own found before it, locked; another's for who reaches all records.

    Whom one gave a customer to, one may not see it any more and yet take it back. Raises ``NotFound``.
    """
    kept = Undo.objects.select_for_update().filter(pk=undo_id)
    if actor.scope != "all":
        kept = kept.filter(member=actor.member_id) if actor.member_id else kept.none()
    found = kept.first()
    if found is None:
        raise NotFound
    return found
