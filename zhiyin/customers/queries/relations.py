"""What customers are to each other, as far as the reader may see both: lists, numbers of a group, the graph."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from django.db import connection
from django.utils import timezone

from zhiyin.customers import access
from zhiyin.customers.choices import StandardRelation, TimelineKind
from zhiyin.customers.fields import veiled_row
from zhiyin.customers.models import RelationType
from zhiyin.customers.queries.listing import quick_search
from zhiyin.platform.actors import Actor

Row = Mapping[str, Any]
# OFFSET 0 in statements keeps the planner on the indexes of relations: it takes few for many and reads all of them otherwise.
# UNION ALL in the recursion: UNION would first make room for as many rows as the planner fears.
# Beyond so many, a number is "more than".
COUNTED = 1000
DEEPEST = 20
MOST_IN_GROUP = 5000
MOST_NODES = 200
# of one customer and one kind of relation, the graph shows the newest
MOST_ALIKE = 25
WAYS = {"out": ("source_id", "target_id"), "in": ("target_id", "source_id")}

_NAMES = ("id", "name", "code", "kind", "city", "status")
_OTHER = (*_NAMES, "value__spend_key", "value__last_at")
_SIDE = """
SELECT '{way}' AS way, found.* FROM unnest(%(types)s::uuid[]) AS kind (id) CROSS JOIN LATERAL (
    SELECT r.id, r.type_id, r.role, r.title, r.since, r.until, seen.*
    FROM customers_relation r JOIN ({seen}) AS seen
        (other_id, name, code, kind, city, status, spend, last_at) ON seen.other_id = r.{there}
    WHERE r.{here} = %(customer)s AND r.type_id = kind.id AND r.id < %(before)s
    ORDER BY r.id DESC LIMIT %(limit)s
) AS found
"""
_COUNT = """
SELECT kind.id, '{way}', found.number FROM unnest(%(types)s::uuid[]) AS kind (id) CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT FROM (
            SELECT {there} AS other_id FROM customers_relation
            WHERE {here} = %(customer)s AND type_id = kind.id OFFSET 0
        ) AS r JOIN ({seen}) AS seen (id) ON seen.id = r.other_id LIMIT %(limit)s
    ) AS bounded
) AS found WHERE found.number > 0
"""
_BELOW = """
WITH RECURSIVE below (type_id, id, depth) AS (
    SELECT kind.id, %(head)s::uuid, 0 FROM unnest(%(types)s::uuid[]) AS kind (id)
    UNION ALL
    SELECT below.type_id, seen.id, below.depth + 1
    FROM below CROSS JOIN LATERAL (
        SELECT source_id FROM customers_relation
        WHERE target_id = below.id AND type_id = below.type_id AND (until IS NULL OR until >= %(today)s) OFFSET 0
    ) AS r CROSS JOIN LATERAL (
        SELECT id FROM ({seen}) AS seen (id) WHERE id = r.source_id OFFSET 0
    ) AS seen
    WHERE below.depth < %(deepest)s
), met AS MATERIALIZED (
    SELECT type_id, id FROM below LIMIT %(most)s
), members AS (
    SELECT DISTINCT type_id, id FROM met
)
SELECT m.type_id, count(*), sum(v.orders), sum(v.spend), max(v.last_at),
    sum(v.value), sum(v.value_low), sum(v.value_high), (SELECT count(*) FROM met) = %(most)s
FROM members m LEFT JOIN analytics_customervalue v ON v.customer_id = m.id
GROUP BY m.type_id HAVING count(*) > 1
"""
_BESIDE = """
SELECT found.* FROM unnest(%(nodes)s::uuid[]) AS node (id) CROSS JOIN unnest(%(types)s::uuid[]) AS kind (id)
CROSS JOIN LATERAL (
    SELECT r.type_id, r.source_id, r.target_id, seen.*
    FROM customers_relation r JOIN ({seen}) AS seen (id, name, code, kind, city, status) ON seen.id = r.{there}
    WHERE r.{here} = node.id AND r.type_id = kind.id AND (r.until IS NULL OR r.until >= %(today)s)
    ORDER BY r.id DESC LIMIT %(limit)s
) AS found
"""
_AMONG = """
SELECT r.type_id, r.source_id, r.target_id FROM customers_relation r
WHERE r.source_id = ANY(%(nodes)s) AND r.target_id = ANY(%(nodes)s) AND r.type_id = ANY(%(types)s)
    AND (r.until IS NULL OR r.until >= %(today)s) ORDER BY r.id DESC LIMIT 2000
"""
_LAST = uuid.UUID(int=(1 << 128) - 1)


class Related(TypedDict):
    """A relation as one of its customers sees it; ``way`` is ``out`` where that one is the source."""

    id: uuid.UUID
    type_id: uuid.UUID
    way: str
    role: str
    title: str
    since: datetime.date | None
    until: datetime.date | None
    other_id: uuid.UUID
    name: str
    code: str
    kind: str
    city: str
    status: str
    spend: float | None
    last_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class RollUp:
    """The numbers of a customer and all below it, of one kind of relation; ``None`` where analysis knows nothing.

    ``value_low`` and ``value_high`` add up the ends of the single intervals: wider than the sum's own. ``cut``
    tells that there are more than were added up.
    """

    type_id: uuid.UUID
    members: int
    orders: int | None
    spend: Any
    last_at: datetime.datetime | None
    value: float | None
    value_low: float | None
    value_high: float | None
    cut: bool


@dataclass(slots=True)
class Graph:
    """Customers by id with ``depth`` from the centre, and the relations between them.

    ``cut`` tells that there are more than are given.
    """

    nodes: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    edges: set[tuple[uuid.UUID, uuid.UUID, uuid.UUID]] = field(default_factory=set)
    cut: bool = False


def relation_types() -> list[RelationType]:
    """The company's kinds of relation, the standard ones first. One SQL statement."""
    order = list(StandardRelation)
    places = {str(code): place for place, code in enumerate(order)}
    return sorted(
        RelationType.objects.all(), key=lambda each: (places.get(each.code, len(order)), str(each.label))
    )


def related(
    actor: Actor,
    customer_id: uuid.UUID,
    types: Iterable[uuid.UUID],
    *,
    ways: Iterable[str] = WAYS,
    before: uuid.UUID | None = None,
    limit: int = 25,
) -> list[Related]:
    """Of each kind and way the newest relations of a customer, those older than ``before``. One SQL statement."""
    seen, values = _seen(actor, _OTHER)
    sides = [_SIDE.format(way=way, here=WAYS[way][0], there=WAYS[way][1], seen=seen) for way in ways]
    rows = _read(
        " UNION ALL ".join(sides),
        {**values, "types": list(types), "customer": customer_id, "before": before or _LAST, "limit": limit},
    )
    names = list(Related.__annotations__)
    names.remove("way")
    found = (dict(zip(("way", *names), row, strict=True)) for row in rows)
    return [veiled_row(actor, row) for row in found]  # type: ignore[misc]


def count_related(
    actor: Actor, customer_id: uuid.UUID, types: Iterable[uuid.UUID]
) -> dict[tuple[uuid.UUID, str], int]:
    """How many relations of each kind and way, up to ``COUNTED`` and one more. One SQL statement."""
    seen, values = _seen(actor, ("id",))
    sides = [_COUNT.format(way=way, here=here, there=there, seen=seen) for way, (here, there) in WAYS.items()]
    rows = _read(
        " UNION ALL ".join(sides),
        {**values, "types": list(types), "customer": customer_id, "limit": COUNTED + 1},
    )
    return {(kind, way): number for kind, way, number in rows}


def roll_up(actor: Actor, head: uuid.UUID, types: Sequence[RelationType]) -> list[RollUp]:
    """The numbers of the groups that a customer heads, itself included. One SQL statement."""
    adding = [each.pk for each in types if each.rolls_up]
    if not adding:
        return []
    seen, values = _seen(actor, ("id",))
    given = {"head": head, "types": adding, "today": timezone.localdate(), "deepest": DEEPEST}
    rows = _read(_BELOW.format(seen=seen), {**values, **given, "most": MOST_IN_GROUP + 1})
    return [RollUp(*row) for row in rows]


def relation_graph(actor: Actor, centre: uuid.UUID, types: Sequence[RelationType], *, depth: int) -> Graph:
    """The customers up to ``depth`` relations away. Two SQL statements, and one for each step."""
    rows = access.customers(actor).filter(pk=centre).values(*_NAMES)
    graph = Graph({row["id"]: {**veiled_row(actor, row), "depth": 0} for row in rows})
    kinds, edge = [each.pk for each in types], [centre]
    for step in range(1, depth + 1):
        edge = _grow(actor, graph, edge, kinds, step)
        if not edge:
            break
    rows_among = _read(_AMONG, {"nodes": list(graph.nodes), "types": kinds, "today": timezone.localdate()})
    graph.edges.update(rows_among)
    return graph


def _grow(
    actor: Actor, graph: Graph, edge: list[uuid.UUID], kinds: list[uuid.UUID], step: int
) -> list[uuid.UUID]:
    """Add what lies beside ``edge``; gives the customers that are new."""
    seen, values = _seen(actor, _NAMES)
    sides = [_BESIDE.format(here=here, there=there, seen=seen) for here, there in WAYS.values()]
    given = {"nodes": edge, "types": kinds, "today": timezone.localdate(), "limit": MOST_ALIKE + 1}
    alike: dict[tuple[uuid.UUID, uuid.UUID, bool], int] = defaultdict(int)
    fresh = []
    for kind, source, target, *named in _read(" UNION ALL ".join(sides), {**values, **given}):
        other = named[0]
        here = target if other == source else source
        alike[kind, here, here == source] += 1
        is_new = other not in graph.nodes
        if alike[kind, here, here == source] > MOST_ALIKE or (is_new and len(graph.nodes) >= MOST_NODES):
            graph.cut = True
            continue
        if is_new:
            found = veiled_row(actor, dict(zip(_NAMES, named, strict=True)))
            graph.nodes[other] = {**found, "depth": step}
            fresh.append(other)
        graph.edges.add((kind, source, target))
    return fresh


def possible_ends(actor: Actor, text: str, *, kind: str = "", limit: int = 8) -> list[Row]:
    """The first customers of a kind that the search box finds. Two SQL statements."""
    found = quick_search(actor, text, limit=5 * limit)
    if kind and found:
        fitting = access.customers(actor).filter(pk__in=[row["id"] for row in found], kind=kind)
        kept = set(fitting.values_list("pk", flat=True))
        found = [row for row in found if row["id"] in kept]
    return found[:limit]


def told_touches(actor: Actor, touches: Sequence[Row]) -> list[Row]:
    """A timeline without relations to whom the reader may not see; the others get a name. Two statements at most."""
    about = [each for each in touches if each["kind"] == TimelineKind.RELATION]
    if not about:
        return list(touches)
    others = {uuid.UUID(each["data"]["other"]) for each in about}
    names = dict(access.customers(actor).filter(pk__in=others).values_list("pk", "name"))
    kinds = {str(each.pk): each for each in RelationType.objects.all()}
    told: list[Row] = []
    for each in touches:
        if each["kind"] != TimelineKind.RELATION:
            told.append(each)
            continue
        data = each["data"]
        name, kind = names.get(uuid.UUID(data["other"])), kinds.get(data["type"])
        if name:
            label = (kind.label if data["way"] == "out" else kind.inverse_label) if kind else ""
            told.append({**each, "data": {**data, "name": name, "label": str(label)}})
    return told


def _seen(actor: Actor, columns: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The customers that the actor may see, as a statement with named values."""
    sql, params = access.customers(actor).values_list(*columns).query.sql_with_params()
    names = [f"seen{place}" for place in range(len(params))]
    return sql % tuple(f"%({name})s" for name in names), dict(zip(names, params, strict=True))


def _read(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
