"""What customers are to each other: written, refused, taken back; and who sees it."""

import datetime
import itertools
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company, Person
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import actions, queries
from zhiyin.customers.actions import RelationRules
from zhiyin.customers.actions.relation_types import RelationsDoNotFit, RelationTypeTaken
from zhiyin.customers.actions.relations import OnlyOne, RelationCircle, RelationToOneself, RelationTwice
from zhiyin.customers.models import Customer, Relation, RelationType, TimelineEvent
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime
DAY = datetime.timedelta(days=1)
Make = Callable[..., Customer]


@pytest.fixture
def make(inside: Company, now: Now) -> Make:
    def made(name: str, kind: str = "organisation", by: Person | None = None) -> Customer:
        return actions.create_customer(actor=(by or inside.lin).actor, name=name, kind=kind, now=now)

    return made


@pytest.fixture
def kinds(inside: Company) -> dict[str, RelationType]:
    return {each.code: each for each in RelationType.objects.all()}


def relate(
    company: Company, kind: RelationType, source: Customer, target: Customer, now: Now, **more: Any
) -> Relation:
    return actions.add_relation(
        actor=company.gao.actor, customer_id=source.pk, other_id=target.pk, type_id=kind.pk, now=now, **more
    )


def shown(person: Person, customer: Customer, **more: Any) -> list[tuple[str, str]]:
    types = [each.pk for each in queries.relation_types()]
    return [(row["way"], row["name"]) for row in queries.related(person.actor, customer.pk, types, **more)]


def test_both_sides_see_it_and_are_told(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    wang, shop = make("王小明", "person"), make("颐和")
    relation = relate(inside, kinds["works_at"], wang, shop, now, role="decision_maker", title=" 采购  总监 ")
    assert (relation.title, relation.role) == ("采购 总监", "decision_maker")
    assert shown(inside.lin, wang) == [("out", "颐和")]
    assert shown(inside.lin, shop) == [("in", "王小明")]
    for each in (wang, shop):
        assert TimelineEvent.objects.get(customer=each, kind="relation").object_id == relation.pk
        assert AuditEntry.objects.filter(action="customers.relation_changed", subject_id=each.pk).count() == 1
    assert OutboxEvent.objects.filter(name="customers.relation_changed").count() == 2


def test_from_the_other_side(inside: Company, make: Make, kinds: dict[str, RelationType], now: Now) -> None:
    head, branch = make("总公司"), make("分公司")
    relation = relate(inside, kinds["parent"], head, branch, now, way="in")
    assert (relation.source_id, relation.target_id) == (branch.pk, head.pk)


def test_what_cannot_be_is_refused(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    a, b, c, wang = make("甲"), make("乙"), make("丙"), make("王", "person")
    with pytest.raises(RelationToOneself):
        relate(inside, kinds["guarantor"], a, a, now)
    with pytest.raises(Invalid, match="王"):
        relate(inside, kinds["parent"], wang, a, now)
    relate(inside, kinds["parent"], a, b, now)
    with pytest.raises(RelationTwice):
        relate(inside, kinds["parent"], a, b, now)
    with pytest.raises(OnlyOne):
        relate(inside, kinds["parent"], a, c, now)
    relate(inside, kinds["parent"], b, c, now)
    with pytest.raises(RelationCircle):
        relate(inside, kinds["parent"], c, a, now)
    with pytest.raises(Invalid) as refused:
        relate(inside, kinds["dealer"], wang, a, now, since=now.date(), until=now.date() - DAY)
    assert refused.value.field == "until"
    assert Relation.objects.count() == 2


def test_what_has_ended_stands_in_nobodys_way(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    a, b = make("甲"), make("乙")
    ended = {"since": now.date() - 900 * DAY, "until": now.date() - 400 * DAY}
    old = relate(inside, kinds["parent"], a, b, now, **ended)
    relate(inside, kinds["parent"], b, a, now, since=now.date() - 300 * DAY)
    with pytest.raises(RelationCircle):
        actions.change_relation(actor=inside.gao.actor, customer_id=a.pk, relation_id=old.pk, now=now)
    old.refresh_from_db()
    assert old.until == ended["until"]


def test_the_same_again_after_it_ended(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    wang, shop = make("王", "person"), make("颐和")
    relate(inside, kinds["works_at"], wang, shop, now, until=now.date() - 100 * DAY)
    relate(inside, kinds["works_at"], wang, shop, now, since=now.date() - 99 * DAY)
    with pytest.raises(RelationTwice):
        relate(inside, kinds["works_at"], wang, shop, now, until=now.date() - 100 * DAY)


def test_a_mutual_one_is_the_same_from_both_sides(inside: Company, make: Make, now: Now) -> None:
    kind = actions.create_relation_type(
        actor=inside.gao.actor, rules=RelationRules("合作伙伴", "合作伙伴"), now=now
    )
    a, b = make("甲"), make("乙")
    relate(inside, kind, a, b, now)
    with pytest.raises(RelationTwice):
        relate(inside, kind, b, a, now)


def test_the_second_of_two_is_told(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    wang, shop = make("王", "person"), make("颐和")
    relation = relate(inside, kinds["works_at"], wang, shop, now)
    version = relation.version
    common: dict[str, Any] = {"actor": inside.gao.actor, "customer_id": shop.pk, "relation_id": relation.pk}
    changed = actions.change_relation(**common, role="buyer", version=version, now=now)
    assert changed.role == "buyer"
    for write in (actions.change_relation, actions.remove_relation):
        with pytest.raises(Conflict):
            write(**common, version=version, now=now)  # type: ignore[operator]


def test_a_removal_is_undone(inside: Company, make: Make, kinds: dict[str, RelationType], now: Now) -> None:
    a, b, c = make("甲"), make("乙"), make("丙")
    relation = relate(inside, kinds["parent"], a, b, now, since=now.date())
    before = Relation.objects.values().get()
    gao = inside.gao.actor
    kept = actions.remove_relation(actor=gao, customer_id=b.pk, relation_id=relation.pk, now=now)
    assert not Relation.objects.exists()
    undone = actions.undo_change(actor=gao, undo_id=kept.pk, now=now)
    assert undone.restored == 2
    assert Relation.objects.values().get() == before
    kept = actions.remove_relation(actor=gao, customer_id=b.pk, relation_id=relation.pk, now=now)
    relate(inside, kinds["parent"], a, c, now)
    with pytest.raises(OnlyOne):
        actions.undo_change(actor=gao, undo_id=kept.pk, now=now)


def test_nothing_is_told_of_whom_one_may_not_see(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    mine, hers = make("林的", by=inside.lin), make("吴的", by=inside.wu)
    relation = relate(inside, kinds["parent"], hers, mine, now)
    types = queries.relation_types()
    ids = [each.pk for each in types]
    lin = inside.lin.actor
    assert shown(inside.lin, mine) == []
    assert queries.count_related(lin, mine.pk, ids) == {}
    assert queries.roll_up(lin, mine.pk, types) == []
    graph = queries.relation_graph(lin, mine.pk, types, depth=3)
    assert set(graph.nodes) == {mine.pk}
    assert graph.edges == set()
    rows = queries.timeline(mine.pk).rows
    assert any(row["kind"] == "relation" for row in rows)
    assert not any(row["kind"] == "relation" for row in queries.touches(lin, mine.pk).rows)
    told = queries.touches(inside.gao.actor, mine.pk).rows
    assert [row["data"]["name"] for row in told if row["kind"] == "relation"] == ["吴的"]
    for write in (actions.change_relation, actions.remove_relation):
        with pytest.raises(NotFound):
            write(actor=lin, customer_id=mine.pk, relation_id=relation.pk, now=now)  # type: ignore[operator]
    with pytest.raises(NotFound):
        actions.add_relation(
            actor=lin, customer_id=mine.pk, other_id=hers.pk, type_id=kinds["dealer"].pk, now=now
        )


def test_another_company_sees_and_uses_nothing(
    cast: Company, other: Company, now: Now, stranger: uuid.UUID
) -> None:
    with cast.scope():
        ours = {each.pk for each in RelationType.objects.all()}
    with other.scope():
        theirs = RelationType.objects.all()
        assert len(theirs) == 6
        assert not ours & {each.pk for each in theirs}
        a = actions.create_customer(actor=other.gao.actor, name="甲", now=now)
        b = actions.create_customer(actor=other.gao.actor, name="乙", now=now)
        for kind in (next(iter(ours)), stranger):
            with pytest.raises(NotFound):
                actions.add_relation(
                    actor=other.gao.actor, customer_id=a.pk, other_id=b.pk, type_id=kind, now=now
                )


def value(customer: Customer, spend: int, orders: int, now: Now) -> None:
    CustomerValue.objects.create(
        customer_id=customer.pk, analysis_id=uuid.UUID(int=1), orders=orders, first_at=now, last_at=now,
        spend=Decimal(spend), margin=Decimal(spend), frequency=orders, recency=1, age=1, mean_spend=1,
        recency_score=1, frequency_score=1, monetary_score=1, group="x", alive=0.5, value=spend / 2,
        value_low=spend / 4, value_high=spend,
    )  # fmt: skip


def test_a_group_is_added_up_once_each_and_only_what_lasts(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    head, a, b, below, gone = (make(name) for name in ("总", "甲", "乙", "甲下", "去"))
    for source, target in ((a, head), (b, head), (below, a)):
        relate(inside, kinds["parent"], source, target, now)
    relate(inside, kinds["parent"], gone, head, now, until=now.date() - DAY)
    for each, spend in ((head, 100), (a, 200), (below, 400), (gone, 5000)):
        value(each, spend, 2, now)
    (added,) = queries.roll_up(inside.gao.actor, head.pk, queries.relation_types())
    assert (added.members, added.orders, added.spend, added.value) == (4, 6, Decimal(700), 350.0)
    assert (added.value_low, added.value_high, added.cut) == (175.0, 700.0, False)
    (part,) = queries.roll_up(inside.gao.actor, a.pk, queries.relation_types())
    assert (part.members, part.spend) == (2, Decimal(600))
    assert queries.roll_up(inside.gao.actor, below.pk, queries.relation_types()) == []


def test_the_graph_goes_as_far_as_asked_and_says_when_it_is_cut(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = [make(name) for name in "甲乙丙丁戊"]
    for source, target in itertools.pairwise(chain):
        relate(inside, kinds["guarantor"], source, target, now)
    relate(inside, kinds["dealer"], chain[2], chain[0], now)
    gao, types = inside.gao.actor, queries.relation_types()
    near = queries.relation_graph(gao, chain[0].pk, types, depth=1)
    assert {row["name"]: row["depth"] for row in near.nodes.values()} == {"甲": 0, "乙": 1, "丙": 1}
    assert len(near.edges) == 3, "the one between the two outer ones too"
    far = queries.relation_graph(gao, chain[0].pk, types, depth=3)
    assert len(far.nodes) == 5
    assert not far.cut
    monkeypatch.setattr("zhiyin.customers.queries.relations.MOST_NODES", 3)
    cut = queries.relation_graph(gao, chain[0].pk, types, depth=3)
    assert (len(cut.nodes), cut.cut) == (3, True)
    assert {key for edge in cut.edges for key in edge[1:]} <= set(cut.nodes)
    monkeypatch.setattr("zhiyin.customers.queries.relations.MOST_ALIKE", 0)
    assert queries.relation_graph(gao, chain[0].pk, types, depth=1).cut


def test_many_behind_a_dealer_come_page_by_page(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    dealer = make("经销")
    behind = [make(f"客户{number}", "person") for number in range(5)]
    for each in behind:
        relate(inside, kinds["dealer"], each, dealer, now)
    types, gao = [each.pk for each in queries.relation_types()], inside.gao.actor
    names: list[str] = []
    before: uuid.UUID | None = None
    while rows := queries.related(gao, dealer.pk, types, before=before, limit=2):
        names += [row["name"] for row in rows]
        before = rows[-1]["id"]
    assert names == [each.name for each in reversed(behind)]
    assert queries.count_related(gao, dealer.pk, types) == {(kinds["dealer"].pk, "in"): 5}


RULES = RelationRules("股东", "被投资企业")


def test_a_company_names_its_own(inside: Company, now: Now) -> None:
    gao = inside.gao.actor
    standard = str(RelationType.objects.get(code="parent").label)
    made = actions.create_relation_type(actor=gao, rules=RULES, now=now)
    assert made in queries.relation_types()
    with pytest.raises(RelationTypeTaken):
        actions.create_relation_type(actor=gao, rules=replace(RULES, inverse="x"), now=now)
    with pytest.raises(RelationTypeTaken):
        actions.create_relation_type(actor=gao, rules=RelationRules(standard, "x"), now=now)
    for wrong in (
        replace(RULES, name=" "), replace(RULES, inverse=""), replace(RULES, name="长" * 61),
        replace(RULES, source_kind="dog"), replace(RULES, name="y", rolls_up=True), replace(RULES, name="\0"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            actions.create_relation_type(actor=gao, rules=wrong, now=now)
    with pytest.raises(PermissionDenied):
        actions.create_relation_type(actor=inside.lin.actor, rules=replace(RULES, name="z"), now=now)


def test_a_new_rule_must_suit_what_there_is(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    gao = inside.gao.actor
    kind = actions.create_relation_type(actor=gao, rules=RULES, now=now)
    a, b, c = make("甲"), make("乙"), make("丙", "person")
    relate(inside, kind, a, b, now)
    last = relate(inside, kind, b, a, now)
    relate(inside, kind, c, a, now)
    relate(inside, kind, c, b, now)

    def change(**rules: Any) -> RelationType:
        return actions.change_relation_type(
            actor=gao, type_id=kind.pk, rules=replace(RULES, **rules), now=now
        )

    for broken in ({"acyclic": True}, {"only_one": True}, {"source_kind": "organisation"}):
        with pytest.raises(RelationsDoNotFit):
            change(**broken)
    actions.remove_relation(actor=gao, customer_id=a.pk, relation_id=last.pk, now=now)
    assert change(acyclic=True, rolls_up=True).rolls_up


def test_what_is_used_is_archived_and_the_rest_forgotten(
    inside: Company, make: Make, kinds: dict[str, RelationType], now: Now
) -> None:
    gao = inside.gao.actor
    used = actions.create_relation_type(actor=gao, rules=RULES, now=now)
    unused = actions.create_relation_type(actor=gao, rules=replace(RULES, name="监事"), now=now)
    a, b = make("甲"), make("乙")
    relation = relate(inside, used, a, b, now)
    for each in (used, unused, kinds["guarantor"]):
        actions.remove_relation_type(actor=gao, type_id=each.pk, version=each.version, now=now)
    assert not RelationType.objects.filter(pk=unused.pk).exists()
    assert RelationType.objects.filter(pk__in=[used.pk, kinds["guarantor"].pk], archived_at=now).count() == 2
    assert shown(inside.lin, a) == [("out", "乙")]
    with pytest.raises(Invalid):
        relate(inside, used, b, a, now)
    kept = actions.remove_relation(actor=gao, customer_id=a.pk, relation_id=relation.pk, now=now)
    actions.undo_change(actor=gao, undo_id=kept.pk, now=now)
    actions.restore_relation_type(actor=gao, type_id=used.pk, now=now)
    relate(inside, used, b, a, now)


def test_a_standard_name_follows_the_reader_until_it_is_changed(
    inside: Company, kinds: dict[str, RelationType], now: Now
) -> None:
    parent = kinds["parent"]
    rules = RelationRules(
        str(parent.label), "分支", "organisation", "organisation", only_one=True, acyclic=True, rolls_up=True
    )
    changed = actions.change_relation_type(
        actor=inside.gao.actor, type_id=parent.pk, rules=rules, version=parent.version, now=now
    )
    assert (changed.name, changed.inverse) == ("", "分支")
    with pytest.raises(Conflict):
        actions.change_relation_type(
            actor=inside.gao.actor, type_id=parent.pk, rules=rules, version=parent.version, now=now
        )
