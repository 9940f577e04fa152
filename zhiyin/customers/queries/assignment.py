"""Who gets which customers: the rules, whose turn it is, and what the rules would do."""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.choices import AssignmentTarget
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import Assignment, AssignmentRule, AssignmentTurn, Customer
from zhiyin.customers.queries.routing import first_match
from zhiyin.platform.actors import Actor

KEPT = 50
MOST_TRIED = 20_000
SHOWN = 50
_OWNED = """
SELECT each.id, (SELECT count(*) FROM (
    SELECT FROM customers_customer c WHERE c.owner_id = each.id LIMIT each.most) AS counted)
FROM unnest(%s::uuid[], %s::int[]) AS each (id, most)
"""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a rule puts a customer: to an owner and into his unit, into a unit, or into a pool."""

    rule: AssignmentRule
    owner: Member | None = None

    @property
    def owner_id(self) -> uuid.UUID | None:
        return self.owner.pk if self.owner else None

    @property
    def unit_id(self) -> uuid.UUID | None:
        return self.owner.unit_id if self.owner else self.rule.unit_id

    @property
    def pool_id(self) -> uuid.UUID | None:
        return self.rule.pool_id

    @property
    def reason(self) -> str:
        """As it is kept with the assignment."""
        return self.rule.reason or self.rule.name


@dataclass
class Turns:
    """The people of all rules, as they stand; ``room`` says how many more some of them may have.

    ``changed`` are those whose credit is another one since.
    """

    of: Mapping[uuid.UUID, Sequence[AssignmentTurn]]
    owned: Counter[uuid.UUID]
    changed: set[AssignmentTurn] = field(default_factory=set)

    def has_room(self, turn: AssignmentTurn) -> bool:
        return turn.most is None or self.owned[turn.member_id] < turn.most

    def next(self, rule: AssignmentRule) -> Member | None:
        """Who gets the next customer of a rule: smooth weighted round robin; ``None`` when all have enough."""
        able = [each for each in self.of.get(rule.pk, ()) if self.has_room(each)]
        if not able:
            return None
        for each in able:
            each.credit += each.weight
        best = max(able, key=lambda each: each.credit)
        best.credit -= sum(each.weight for each in able)
        self.changed.update(able)
        self.owned[best.member_id] += 1
        return best.member


@dataclass(frozen=True)
class Plan:
    """What the rules do with customers; who is in no ``placed`` stays as he is."""

    placed: Mapping[uuid.UUID, Placing]
    turns: Turns


def assignment_rules(*, archived: bool = False) -> list[AssignmentRule]:
    """In the order in which they are asked, with their people. Two SQL statements."""
    rows = AssignmentRule.objects.filter(archived_at__isnull=not archived)
    return list(rows.order_by("position", "created_at", "id").prefetch_related("turns__member"))


def has_assignment_rules() -> bool:
    return AssignmentRule.objects.filter(archived_at=None).exists()


def open_assignment_rules() -> list[AssignmentRule]:
    """Those that hold, in order. One SQL statement."""
    rows = AssignmentRule.objects.filter(archived_at=None).select_related("pool")
    return list(rows.order_by("position", "created_at", "id"))


def planned(
    tenant_id: uuid.UUID,
    rules: Sequence[AssignmentRule],
    rows: QuerySet[Customer],
    today: datetime.date,
    *,
    anew: bool,
    lock: bool = False,
) -> Plan:
    """Whom each customer of ``rows`` goes to by these rules, asked in their order.

    Without ``anew`` whoever is with one of the people, in the unit or in the pool of his rule stays there. With
    ``lock`` nobody else takes a turn until the transaction ends. Three SQL statements, more when a rule is full.
    """
    placed: dict[uuid.UUID, Placing] = {}
    turns: Turns | None = None
    settled: set[uuid.UUID] = set()
    while rules:
        by_id = {each.pk: each for each in rules}
        match = first_match(tenant_id, [(each.pk, each.filter) for each in rules], today)
        found = rows.annotate(to=match).order_by("pk")
        full: set[uuid.UUID] = set()
        for key, to, owner, unit, pool in found.values_list("pk", "to", "owner_id", "unit_id", "pool_id"):
            if to is None or key in settled or to in full:
                continue
            rule = by_id[to]
            turns = turns or _turns(rows, rules, anew=anew, lock=lock)
            if not anew and _is_there(rule, turns, owner, unit, pool):
                settled.add(key)
            elif placing := _placing(rule, turns):
                settled.add(key)
                placed[key] = placing
            else:
                full.add(to)
        if not full:
            break
        rules = [each for each in rules if each.pk not in full]
    return Plan(placed, turns or Turns({}, Counter()))


def _placing(rule: AssignmentRule, turns: Turns) -> Placing | None:
    match rule.target:
        case AssignmentTarget.MEMBERS:
            owner = turns.next(rule)
            return Placing(rule, owner) if owner else None
        case AssignmentTarget.POOL:
            return Placing(rule) if rule.pool and not rule.pool.archived_at else None
    return Placing(rule)


def _is_there(
    rule: AssignmentRule,
    turns: Turns,
    owner: uuid.UUID | None,
    unit: uuid.UUID | None,
    pool: uuid.UUID | None,
) -> bool:
    match rule.target:
        case AssignmentTarget.MEMBERS:
            return any(each.member_id == owner for each in turns.of.get(rule.pk, ()))
        case AssignmentTarget.POOL:
            return pool == rule.pool_id
    return unit == rule.unit_id


def _turns(rows: QuerySet[Customer], rules: Iterable[AssignmentRule], *, anew: bool, lock: bool) -> Turns:
    held = AssignmentTurn.objects.filter(rule__in=list(rules), member__is_active=True)
    held = held.select_related("member").order_by("rule_id", "place", "id")
    if lock:
        # all of them in one order, so that two who assign do not wait for each other
        held = held.select_for_update(of=("self",), no_key=True)
    of: dict[uuid.UUID, list[AssignmentTurn]] = defaultdict(list)
    for each in held:
        of[each.rule_id].append(each)
    return Turns(of, _owned(of, rows if anew and not lock else None))


def _owned(
    of: Mapping[uuid.UUID, Sequence[AssignmentTurn]], but: QuerySet[Customer] | None
) -> Counter[uuid.UUID]:
    """How many customers those people have who may have so many, counted no further; ``but`` those of a trial."""
    most: dict[uuid.UUID, int] = {}
    for turns in of.values():
        for each in turns:
            if each.most is not None:
                most[each.member_id] = max(most.get(each.member_id, 0), each.most)
    if not most:
        return Counter()
    mine: Counter[uuid.UUID] = Counter()
    if but is not None:
        mine.update(but.filter(owner__in=list(most)).values_list("owner_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_OWNED, [list(most), [number + mine[key] for key, number in most.items()]])
        owned = Counter(dict(cursor.fetchall()))
    owned.subtract(mine)
    return owned


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What one member, unit or pool would get of the customers tried, and has of them; all ``None`` for nobody."""

    name: str
    would_get: int
    has_got: int
    member: uuid.UUID | None = None
    unit: uuid.UUID | None = None
    pool: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the rules would put ``customers``; ``more`` when there are more than were tried.

    ``rows`` are the newest with their placing, or ``None`` where no rule takes them.
    """

    customers: int
    more: bool
    lines: Sequence[TrialLine]
    rows: Sequence[tuple[Customer, Placing | None]]


def try_assignment_rules(
    actor: Actor, *, days: int, now: datetime.datetime, drafts: Sequence[uuid.UUID] = ()
) -> Trial:
    """Who would have got the visible customers made in the last ``days`` by the rules as they are; writes nothing.

    ``drafts`` are archived rules that are tried as well, each at its place in the order.
    """
    made = access.customers(actor).filter(created_at__gte=now - datetime.timedelta(days=days))
    ids = list(made.order_by("-created_at", "-id").values_list("pk", flat=True)[: MOST_TRIED + 1])
    tried = Customer.objects.filter(pk__among=ids[:MOST_TRIED])
    asked = AssignmentRule.objects.filter(Q(archived_at=None) | Q(pk__in=list(drafts)))
    rules = list(asked.select_related("pool", "unit").order_by("position", "created_at", "id"))
    placed = planned(actor.tenant_id, rules, tried, timezone.localdate(now), anew=True).placed
    newest = Customer.objects.filter(pk__in=ids[:SHOWN]).select_related("owner", "pool")
    rows = [
        (veiled_customer(actor, each), placed.get(each.pk)) for each in newest.order_by("-created_at", "-id")
    ]
    lines = _lines(tried, placed, min(len(ids), MOST_TRIED))
    return Trial(min(len(ids), MOST_TRIED), len(ids) > MOST_TRIED, lines, rows)


def _lines(tried: QuerySet[Customer], placed: Mapping[uuid.UUID, Placing], number: int) -> list[TrialLine]:
    """Members first, by how many they would get; at last those whom no rule takes."""
    would: Counter[uuid.UUID | None] = Counter(
        each.owner_id or each.pool_id or each.unit_id for each in placed.values()
    )
    places = {each.owner_id or each.pool_id or each.unit_id: each for each in placed.values()}
    has: Counter[uuid.UUID] = Counter()
    owners = dict(tried.exclude(owner=None).order_by().values_list("owner").annotate(number=Count("pk")))
    pools = dict(tried.exclude(pool=None).order_by().values_list("pool").annotate(number=Count("pk")))
    has.update(owners | pools)
    names = dict(Member.objects.filter(pk__in=owners.keys() | places.keys()).values_list("pk", "name"))
    lines = [TrialLine(name, would[key], has[key], member=key) for key, name in names.items()]
    for key, each in places.items():
        if each.pool_id and each.rule.pool:
            lines.append(TrialLine(each.rule.pool.name, would[key], has[each.pool_id], pool=each.pool_id))
        elif not each.owner and each.rule.unit:
            in_unit = tried.filter(unit=each.unit_id, owner=None).count()
            lines.append(TrialLine(each.rule.unit.name, would[key], in_unit, unit=each.unit_id))
    lines.sort(key=lambda line: (line.member is None, -line.would_get, -line.has_got, line.name))
    nobody = number - len(placed)
    return [*lines, TrialLine("", nobody, 0)] if nobody else lines


def assignments_of(customer_id: uuid.UUID) -> list[Assignment]:
    """How a customer came to its owners, the newest first. One SQL statement."""
    rows = Assignment.objects.filter(customer=customer_id).order_by("-assigned_at", "-id")
    return list(rows.select_related("previous", "owner", "unit", "pool", "rule")[:KEPT])
