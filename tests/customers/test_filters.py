"""The language of filters: what it finds, what it refuses, what it says."""

import datetime
import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Company
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import actions, queries
from zhiyin.customers.filters import Group, Words, compiled, parse, terms
from zhiyin.customers.filters.values import shifted
from zhiyin.customers.models import Customer, RelationType
from zhiyin.customers.queries import CustomerFilter, counting
from zhiyin.platform.database.bounded import TookTooLong, bounded
from zhiyin.platform.errors import DomainError, Invalid, PermissionDenied

Now = datetime.datetime


def one(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def names(company: Company, *nodes: Any, match: str = "all", who: str = "gao") -> set[str]:
    where = CustomerFilter(filter=json.dumps({"match": match, "of": nodes}))
    return {row["name"] for row in queries.list_customers(company.people[who].actor, where).rows}


@pytest.fixture
def people(inside: Company, now: Now) -> dict[str, Customer]:
    made = {}
    for owner, name, more in [
        ("lin", "王小明", {"code": "K-1", "city": "上海", "country": "中国", "status": "loyal"}),
        ("lin", "王晓敏", {"code": "K-2", "country": "中国", "source": "web"}),
        ("chen", "李雷", {"code": "K-3", "country": "Finland", "status": "lost"}),
        ("wu", "Ann O'Hara", {"code": "A-7", "kind": "organisation", "stage": "decline", "city": "100%_x"}),
    ]:
        made[name] = actions.create_customer(actor=inside.people[owner].actor, name=name, now=now, **more)  # type: ignore[arg-type]
    point = {"actor": inside.gao.actor, "customer_id": made["王小明"].pk, "now": now}
    actions.add_contact(**point, kind="phone", value="138 0013 8000")
    actions.add_contact(**point, kind="email", value="Ming.Wang@example.com")
    base = {
        "first_at": now, "margin": 1, "frequency": 0, "recency": 0, "age": 1, "mean_spend": 1,
        "recency_score": 5, "frequency_score": 1, "monetary_score": 1, "analysis_id": uuid.uuid4(),
    }  # fmt: skip
    day = datetime.timedelta(days=1)
    CustomerValue.objects.create(
        customer_id=made["王小明"].pk, orders=3, last_at=now - 10 * day, spend=900, value=500.0, alive=0.9,
        group="champions", **base,
    )  # fmt: skip
    CustomerValue.objects.create(
        customer_id=made["李雷"].pk, orders=1, last_at=now - 400 * day, spend=20, value=None, alive=None,
        group="lost", **base,
    )  # fmt: skip
    return made


CASES: list[tuple[list[Any], set[str]]] = [
    ([one("status", "in", ["loyal", "lost"])], {"王小明", "李雷"}),
    ([one("status", "not_in", ["loyal", "lost"])], {"王晓敏", "Ann O'Hara"}),
    ([one("name", "contains", "晓")], {"王晓敏"}),
    ([one("name", "contains", "o'h")], {"Ann O'Hara"}),
    ([one("name", "contains", "n")], {"Ann O'Hara"}),
    ([one("name", "starts", "王")], {"王小明", "王晓敏"}),
    ([one("name", "in", ["李雷", "nobody"])], {"李雷"}),
    ([one("code", "in", ["k -1"])], {"王小明"}),
    ([one("city", "contains", "100%")], {"Ann O'Hara"}),
    ([one("city", "contains", "%")], {"Ann O'Hara"}),
    ([one("city", "empty")], {"王晓敏", "李雷"}),
    ([one("source", "filled")], {"王晓敏"}),
    ([one("phone", "in", ["138-0013-8000"])], {"王小明"}),
    ([one("phone", "contains", "8000")], {"王小明"}),
    ([one("phone", "empty")], {"王晓敏", "李雷", "Ann O'Hara"}),
    ([one("email", "contains", "ming.")], {"王小明"}),
    ([one("email", "in", ["ming.wang@EXAMPLE.com"])], {"王小明"}),
    ([one("value", "at_least", 100)], {"王小明"}),
    ([one("value", "empty")], {"王晓敏", "李雷", "Ann O'Hara"}),
    ([one("spend", "between", [10, 100])], {"李雷"}),
    ([one("orders", "is", 3)], {"王小明"}),
    ([one("alive", "at_most", 0.95)], {"王小明"}),
    ([one("group", "in", ["lost"])], {"李雷"}),
    ([one("ordered", "is", False)], {"王晓敏", "Ann O'Hara"}),
    ([one("last", "last", {"number": 30, "unit": "day"})], {"王小明"}),
    ([one("last", "older", {"number": 6, "unit": "month"})], {"李雷"}),
    ([one("last", "empty")], {"王晓敏", "Ann O'Hara"}),
    ([one("created", "this", "year")], {"王小明", "王晓敏", "李雷", "Ann O'Hara"}),
    ([one("created", "previous", "month")], set()),
    ([one("words", "find", "wxm")], {"王小明", "王晓敏"}),
    ([one("country", "in", ["中国"]), one("source", "empty")], {"王小明"}),
    ([{"match": "any", "of": [one("kind", "in", ["organisation"]), one("city", "in", ["上海"])]}], {"王小明", "Ann O'Hara"}),
    ([{"match": "none", "of": [one("value", "at_least", 100), one("source", "in", ["web"])]}], {"李雷", "Ann O'Hara"}),
    (
        [one("name", "starts", "王"), {"match": "none", "of": [{"match": "any", "of": [one("source", "filled")]}]}],
        {"王小明"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "found"), CASES)
def test_conditions_and_groups_find(
    inside: Company, people: dict[str, Customer], nodes: list[Any], found: set[str]
) -> None:
    assert names(inside, *nodes) == found


def test_any_and_none_at_the_top(inside: Company, people: dict[str, Customer]) -> None:
    two = [one("status", "in", ["lost"]), one("stage", "in", ["decline"])]
    assert names(inside, *two, match="any") == {"李雷", "Ann O'Hara"}
    assert names(inside, *two, match="none") == {"王小明", "王晓敏"}


def test_owner_unit_and_tags(inside: Company, people: dict[str, Customer], now: Now) -> None:
    lin = str(inside.lin.member.pk)
    assert names(inside, one("owner", "in", [lin])) == {"王小明", "王晓敏"}
    assert names(inside, one("owner", "not_in", [lin, "none"])) == {"李雷", "Ann O'Hara"}
    vip, eu = (actions.create_tag(actor=inside.gao.actor, name=name, now=now) for name in ("VIP", "EU"))
    for tag, chosen in ((vip, ("王小明", "李雷")), (eu, ("李雷",))):
        ids = tuple(people[name].pk for name in chosen)
        actions.tag_customers(
            actor=inside.gao.actor, selection=actions.Selection(ids=ids), tag_id=tag.pk, now=now
        )
    both = [str(vip.pk), str(eu.pk)]
    assert names(inside, one("tag", "in", both)) == {"王小明", "李雷"}
    assert names(inside, one("tag", "all", both)) == {"李雷"}
    assert names(inside, one("tag", "not_in", both)) == {"王晓敏", "Ann O'Hara"}
    assert names(inside, one("tag", "empty")) == {"王晓敏", "Ann O'Hara"}


def test_relations_between_those_whom_one_may_see(
    inside: Company, people: dict[str, Customer], now: Now
) -> None:
    kind = RelationType.objects.get(code="works_at")
    actions.add_relation(
        actor=inside.gao.actor, customer_id=people["王小明"].pk, other_id=people["Ann O'Hara"].pk, type_id=kind.pk,
        way="out", now=now,
    )  # fmt: skip
    works = {"type": str(kind.pk)}
    assert names(inside, one("relation", "has", works)) == {"王小明"}
    assert names(inside, one("relation", "has", {**works, "way": "in"})) == {"Ann O'Hara"}
    assert names(inside, one("relation", "has", {**works, "customer": str(people["Ann O'Hara"].pk)})) == {
        "王小明"
    }
    assert names(inside, one("relation", "has", {**works, "customer": str(people["李雷"].pk)})) == set()
    assert names(inside, one("relation", "has_not", {})) == {"王晓敏", "李雷", "Ann O'Hara"}
    # the other end is out of her reach
    assert names(inside, one("relation", "has", works), who="lin") == set()


def test_a_companys_own_fields_of_every_type(inside: Company, people: dict[str, Customer], now: Now) -> None:
    values: dict[str, tuple[str, Any, Any]] = {
        "nick": ("text", "明明 100%", "Lei"), "note": ("long_text", "a\nb", "c"), "size": ("number", 5, 12),
        "budget": ("money", 99.5, -3), "birthday": ("date", "1990-05-01", "2001-01-31"),
        "size_of_shop": ("choice", "small", "large"), "likes": ("choices", ["tea", "beer"], ["tea"]),
        "vip": ("yes_no", True, False),
    }  # fmt: skip
    for key, (kind, _first, _second) in values.items():
        options = {"choice": ["small", "large"], "choices": ["tea", "beer"]}.get(kind, [])
        rules = actions.FieldRules(label=key, options=options)
        actions.create_field(actor=inside.gao.actor, type=kind, rules=rules, key=key, now=now)
    for name, place in (("王小明", 1), ("李雷", 2)):
        given = {key: each[place] for key, each in values.items()}
        actions.update_customer(
            actor=inside.gao.actor, customer_id=people[name].pk, changes={}, fields=given, now=now
        )
    others = {"王晓敏", "Ann O'Hara"}
    cases: list[tuple[str, str, Any, set[str]]] = [
        ("nick", "in", ["Lei"], {"李雷"}),
        ("nick", "contains", "100%", {"王小明"}),
        ("nick", "starts", "le", {"李雷"}),
        ("nick", "not_in", ["Lei"], {"王小明", *others}),
        ("note", "contains", "b", {"王小明"}),
        ("size", "at_least", 6, {"李雷"}),
        ("size", "is", 5, {"王小明"}),
        ("budget", "at_most", 0, {"李雷"}),
        ("budget", "between", [0, 99.5], {"王小明"}),
        ("birthday", "since", "2000-01-01", {"李雷"}),
        ("birthday", "older", {"number": 1, "unit": "year"}, {"王小明", "李雷"}),
        ("size_of_shop", "in", ["small"], {"王小明"}),
        ("size_of_shop", "not_in", ["small"], {"李雷", *others}),
        ("likes", "in", ["beer", "tea"], {"王小明", "李雷"}),
        ("likes", "all", ["beer", "tea"], {"王小明"}),
        ("likes", "not_in", ["beer"], {"李雷", *others}),
        ("vip", "is", False, {"李雷"}),
        ("size", "empty", None, others),
        ("size", "filled", None, {"王小明", "李雷"}),
    ]
    for key, op, value, found in cases:
        assert names(inside, one(f"x_{key}", op, value)) == found, (key, op)
        rest = names(inside, {"match": "none", "of": [one(f"x_{key}", op, value)]})
        assert rest == set(people) - found, (key, op)


def test_an_own_field_of_other_roles_is_none(inside: Company, people: dict[str, Customer], now: Now) -> None:
    secret = actions.FieldRules(label="secret", roles=[inside.gao.member.role_id])
    actions.create_field(actor=inside.gao.actor, type="text", rules=secret, key="secret", now=now)
    assert names(inside, one("x_secret", "empty")) == set(people)
    with pytest.raises(Invalid):
        names(inside, one("x_secret", "empty"), who="lin")


def test_a_filter_shows_nobody_beyond_ones_reach(inside: Company, people: dict[str, Customer]) -> None:
    everybody = {"match": "any", "of": [one("status", "in", ["loyal"]), one("status", "not_in", ["loyal"])]}
    assert names(inside, everybody, who="lin") == {"王小明", "王晓敏"}
    assert names(inside, one("owner", "in", [str(inside.wu.member.pk)]), who="lin") == set()


@pytest.mark.parametrize(
    ("raw", "place", "why"),
    [
        ("{", "filter", "JSON"),
        ("[" * 9000, "filter", "JSON"),
        ('{"of": [' * 1500 + "]}" * 1500, "filter", ""),
        ('{"of": [{"op": "in"}]}', "filter.of[0].field", "required"),
        ('{"of": [{"field": "status", "op": "in", "value": {"a": 1}}]}', "filter.of[0].value", ""),
        ('{"match": "xor", "of": []}', "filter.match", "all"),
        ('{"of": [{"field": "status", "op": "in", "extra": 1}]}', "filter.of[0]", "extra"),
        (json.dumps({"of": [one("status", "in", ["loyal"])] * 51}), "filter", "50"),
        (json.dumps({"of": [one("status", "in", ["loyal"] * 201)]}), "filter.of[0].value", "200"),
        (json.dumps({"of": [one("name", "contains", "a\0b")]}), "filter.of[0].value", ""),
        (json.dumps({"of": [{"of": [{"of": [{"of": [{"of": [{"of": []}]}]}]}]}]}), "filter", "deep"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(raw: str, place: str, why: str) -> None:
    with translation.override("en"), pytest.raises(Invalid) as refused:
        parse(raw)
    assert refused.value.field == place
    assert why.lower() in str(refused.value.message).lower()


@pytest.mark.parametrize(
    ("node", "place"),
    [
        (one("id; DROP TABLE", "in", ["a"]), "field"),
        (one("x_unknown", "in", ["a"]), "field"),
        (one("owner__password", "in", ["a"]), "field"),
        (one("status", "contains", "a"), "op"),
        (one("status", "in", []), "value"),
        (one("status", "in", ["vip"]), "value"),
        (one("owner", "in", ["me"]), "value"),
        (one("value", "at_least", "much"), "value"),
        (one("value", "between", [5, 1]), "value"),
        (one("value", "between", [5]), "value"),
        (one("value", "at_least", 1e300), "value"),
        (one("orders", "is", True), "value"),
        (one("created", "since", "31.1.2026"), "value"),
        (one("created", "last", 30), "value"),
        (one("created", "this", "decade"), "value"),
        (one("ordered", "is", "yes"), "value"),
        (one("relation", "has", "x"), "value"),
        (one("phone", "contains", "x"), "value"),
        (one("name", "contains", ""), "value"),
        (one("name", "contains", ["a"]), "value"),
    ],
)
def test_a_condition_that_makes_no_sense_names_its_place(inside: Company, node: Any, place: str) -> None:
    tree = parse(json.dumps({"of": [one("status", "in", ["loyal"]), {"match": "any", "of": [node]}]}))
    with pytest.raises(Invalid) as refused:
        compiled(tree, terms(inside.gao.actor), timezone.localdate())
    assert refused.value.field == f"filter.of[1].of[0].{place}"
    assert str(refused.value.message)


def test_what_is_guarded_cannot_be_filtered_by_even_from_what_was_kept(inside: Company) -> None:
    blind = replace(
        inside.gao.actor, permissions=inside.gao.actor.permissions - {"orders.view", "insight.view"}
    )
    hidden = ("orders", "spend", "first", "last", "ordered", "value", "alive", "group", "recency", "expected")
    for field in hidden:
        op, value = ("is", True) if field == "ordered" else ("filled", None)
        where = CustomerFilter(filter=json.dumps({"match": "none", "of": [one(field, op, value)]}))
        queries.list_customers(inside.gao.actor, where)
        queries.count_customers(inside.gao.actor, where)
        for ask in (queries.list_customers, queries.count_customers):
            with pytest.raises(PermissionDenied):
                ask(blind, where)
    assert not set(hidden) & set(terms(blind).known)


@pytest.mark.parametrize(
    ("day", "number", "unit", "found"),
    [
        ("2026-03-31", -1, "month", "2026-02-28"),
        ("2024-02-29", -1, "year", "2023-02-28"),
        ("2026-11-22", -2, "quarter", "2026-05-22"),
        ("2026-01-01", -1, "week", "2025-12-25"),
        ("0001-01-01", -1000, "year", "0001-01-01"),
        ("9999-12-31", 1000, "day", "9999-12-31"),
    ],
)
def test_days_go_by_the_calendar(day: str, number: int, unit: Any, found: str) -> None:
    assert shifted(datetime.date.fromisoformat(day), number, unit).isoformat() == found


def test_what_is_relative_is_so_today_though_the_list_is_kept(inside: Company, people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    recent = one("last", "last", {"number": 30, "unit": "day"})
    assert names(inside, recent) == {"王小明"}
    later = timezone.localdate() + datetime.timedelta(days=40)
    monkeypatch.setattr("zhiyin.customers.queries.listing.question.timezone.localdate", lambda: later)
    assert names(inside, recent) == set()


def test_short_parameters_and_a_filter_narrow_each_other_in_one_language(
    inside: Company, people: dict[str, Customer]
) -> None:
    where = CustomerFilter(
        country=["中国"], value_min=1, filter=json.dumps({"match": "any", "of": [one("city", "filled")]})
    )
    tree = where.tree()
    assert [getattr(each, "field", None) or each.match for each in tree.of] == ["country", "value", "any"]  # type: ignore[union-attr]
    assert [row["name"] for row in queries.list_customers(inside.gao.actor, where).rows] == ["王小明"]
    assert queries.count_customers(inside.gao.actor, where).number == 1


def test_a_filter_says_itself_in_both_languages(
    inside: Company, people: dict[str, Customer], now: Now
) -> None:
    tag = actions.create_tag(actor=inside.gao.actor, name="VIP", now=now)
    raw = {
        "of": [
            one("status", "in", ["loyal", "repeat"]),
            one("last", "older", {"number": 6, "unit": "month"}),
            {"match": "any", "of": [one("tag", "in", [str(tag.pk)]), one("alive", "at_most", 0.5)]},
            {"match": "none", "of": [one("created", "this", "month"), one("owner", "in", ["none"])]},
        ]
    }
    tree = parse(json.dumps(raw))
    with translation.override("en"):
        assert Words(terms(inside.gao.actor), tree).sentence(tree) == (
            "Status Loyal or Repeat and Last purchase more than 6 months ago and (Tag VIP or "
            "Probability of being a customer at most 50 %) and (none of: Created this month; Owner Nobody)"
        )


SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.none())
VALUES: st.SearchStrategy[Any] = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.just({"number": 3, "unit": "month"}), st.just({})
)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_is_answered_or_refused_in_words(inside: Company, data: st.DataObject) -> None:
    known = terms(inside.gao.actor)
    field = data.draw(st.sampled_from(sorted(known.known)))
    op = data.draw(st.sampled_from(known.known[field].operators))
    condition = st.just({"field": field, "op": op, "value": data.draw(VALUES)})
    node = st.recursive(
        condition,
        lambda inner: st.fixed_dictionaries(
            {"match": st.sampled_from(["all", "any", "none"]), "of": st.lists(inner, max_size=2)}
        ),
        max_leaves=3,
    )
    raw = json.dumps({"of": [data.draw(node)]})
    told: list[str] = []
    try:
        tree = parse(raw)
        list(Customer.objects.filter(compiled(tree, known, timezone.localdate()))[:1])
        told += [Words(known, tree).sentence(tree)] if list(tree.conditions()) else []
        assert parse(tree.written()) == tree or not tree.of
    except DomainError as refused:
        told.append(str(refused.message))
    assert all(told)


def test_a_group_and_its_negation_share_all_customers(inside: Company, people: dict[str, Customer]) -> None:
    """Whoever has no value at all is among those that do not meet a condition."""
    everybody = set(people)
    for nodes, _found in CASES:
        met = names(inside, *nodes)
        assert names(inside, {"match": "none", "of": [{"match": "all", "of": nodes}]}) == everybody - met, (
            nodes
        )


def test_a_statement_that_takes_too_long_ends_and_the_transaction_goes_on(inside: Company) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        with pytest.raises(TookTooLong), bounded(20):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone()[0] in ("0", 0)
        with bounded(1000):
            cursor.execute("SELECT 1")
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone()[0] in ("0", 0)


def test_who_asks_too_much_is_told_what_to_narrow(
    inside: Company, people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_given: Any) -> Any:
        raise TookTooLong

    where = CustomerFilter(
        filter=json.dumps({"of": [one("city", "contains", "海"), one("status", "in", ["loyal"])]})
    )
    monkeypatch.setattr("zhiyin.platform.paging.Keyset.page", slow)
    with translation.override("en"), pytest.raises(TookTooLong) as told:
        queries.list_customers(inside.gao.actor, where)
    assert "City" in str(told.value.message)
    assert "Status" not in str(told.value.message).split(".")[0]
    assert "owner" in str(told.value.message)


def test_what_cannot_be_counted_in_time_is_more_than_what_one_sees(
    inside: Company, people: dict[str, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_milliseconds: int) -> Any:
        raise TookTooLong

    monkeypatch.setattr(counting, "bounded", slow)
    where = CustomerFilter(filter=json.dumps({"of": [one("city", "contains", "海")]}))
    assert queries.count_customers(inside.gao.actor, where, shown=50) == queries.Count(
        50, exact=False, least=True
    )


def test_an_empty_filter_is_everybody(inside: Company, people: dict[str, Customer]) -> None:
    assert parse("") == Group()
    assert names(inside) == set(people)
    assert names(inside, {"match": "none", "of": []}) == set(people)
