"""Whatever is written in whatever order: parent companies are trees, each relation once, each parent the only one."""

import datetime
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.models import Customer, Relation, RelationType, Undo
from zhiyin.platform.errors import Conflict, DomainError, Invalid

TODAY = datetime.date(2026, 11, 22)
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
DAYS = st.sampled_from([None, *(TODAY + datetime.timedelta(days=each) for each in (-20, -10, -1, 0, 10))])
PLACE = st.integers(0, 4)
STEP = st.one_of(
    st.tuples(st.just("add"), PLACE, PLACE, DAYS, DAYS),
    st.tuples(st.just("change"), PLACE, DAYS, DAYS),
    st.tuples(st.just("remove"), PLACE),
    st.tuples(st.just("undo"), PLACE),
)


@contextmanager
def refused() -> Iterator[None]:
    """A refusal takes back what it wrote, as in a page."""
    try:
        with transaction.atomic():
            yield
    except (Conflict, Invalid):
        pass


def _step(gao: Any, kind: RelationType, customers: list[Customer], step: tuple[Any, ...]) -> None:
    what, place, *rest = step
    relations = list(Relation.objects.order_by("pk"))
    undos = list(Undo.objects.order_by("pk"))
    relation = relations[place % len(relations)] if relations else None
    common: dict[str, Any] = {"actor": gao, "now": NOW}
    if what == "add":
        other, since, until = rest
        ends = {"customer_id": customers[place].pk, "other_id": customers[other].pk}
        actions.add_relation(**common, **ends, type_id=kind.pk, since=since, until=until)
    elif what == "undo" and undos:
        actions.undo_change(**common, undo_id=undos[place % len(undos)].pk)
    elif relation and what in ("change", "remove"):
        ends = {"customer_id": relation.source_id, "relation_id": relation.pk}
        if what == "remove":
            actions.remove_relation(**common, **ends)
        else:
            actions.change_relation(**common, **ends, since=rest[0], until=rest[1])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_parents_never_make_a_circle(inside: Company, steps: list[tuple[Any, ...]]) -> None:
    gao = inside.gao.actor
    point = transaction.savepoint()
    kind = RelationType.objects.get(code="parent")
    customers = [
        actions.create_customer(actor=gao, name=name, kind="organisation", now=NOW) for name in "甲乙丙丁戊"
    ]
    for step in steps:
        with refused():
            _step(gao, kind, customers, step)
        rows = list(Relation.objects.all())
        lasting = list(Relation.objects.filter(Q(until=None) | Q(until__gte=TODAY)))
        sorter: TopologicalSorter[Any] = TopologicalSorter()
        for row in lasting:
            sorter.add(row.source_id, row.target_id)
        sorter.prepare()
        assert len({row.source_id for row in lasting}) == len(lasting)
        for one, two in itertools.combinations(rows, 2):
            if (one.source_id, one.target_id) == (two.source_id, two.target_id):
                assert _apart(one, two) or _apart(two, one)
    transaction.savepoint_rollback(point)


def _apart(one: Relation, two: Relation) -> bool:
    """The one has ended before the other begins."""
    return bool(one.until and two.since and one.until < two.since)


def test_the_steps_do_something(inside: Company) -> None:
    """Or the property would hold because everything is refused."""
    gao, kind = inside.gao.actor, RelationType.objects.get(code="parent")
    made = [actions.create_customer(actor=gao, name=name, kind="organisation", now=NOW) for name in "甲乙"]
    _step(gao, kind, made, ("add", 0, 1, None, None))
    _step(gao, kind, made, ("change", 0, None, TODAY))
    assert Relation.objects.get().until == TODAY
    _step(gao, kind, made, ("remove", 0))
    assert not Relation.objects.exists()
    _step(gao, kind, made, ("undo", 0))
    assert Relation.objects.exists()
    try:
        _step(gao, kind, made, ("add", 1, 0, None, None))
    except DomainError:
        return
    raise AssertionError
