"""Grades: by rules after value or volume, by hand with a reason and until a day, and how each came to his."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.analytics.models import Analysis, CustomerValue
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.actions import GradeRules, Selection
from zhiyin.customers.actions.grades import FOR_GOOD
from zhiyin.customers.filters import Condition, Group
from zhiyin.customers.models import Customer, Grade, GradeChange
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 20, 4, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
RULES = [
    GradeRules("Key", "share", "value", "20"),
    GradeRules("Normal", "least", "orders", "3"),
    GradeRules("Small", "rest"),
    GradeRules("Partner"),
]


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    with cast.scope():
        yield cast


@pytest.fixture
def ten(inside: Company) -> list[Customer]:
    """C0 to C9, worth 10, 20, …, with 0, 1, … orders; another one without an analysis."""
    made = [
        actions.create_customer(actor=inside.lin.actor, name=f"C{n}", code=f"C{n}", now=NOW)
        for n in range(11)
    ]
    analysis = Analysis.objects.create(as_of=NOW, started_at=NOW, finished_at=NOW)
    for n, each in enumerate(made[:10]):
        CustomerValue.objects.create(
            customer_id=each.pk, analysis=analysis, orders=n, value=10 * (n + 1), spend=n, spend_key=n, **ZERO
        )
    return made


ZERO: dict[str, Any] = {
    "margin": 0,
    "recency_score": 1,
    "frequency_score": 1,
    "monetary_score": 1,
    "frequency": 0,
    "recency": 0,
    "age": 0,
    "mean_spend": 0,
    "first_at": NOW,
    "last_at": NOW,
}


def graded() -> dict[str, str | None]:
    return dict(Customer.objects.order_by("code").values_list("code", "grade__name"))


def set_rules(company: Company, rules: list[GradeRules] | None = None) -> dict[str, Grade]:
    made = actions.set_grades(actor=company.gao.actor, grades=rules or RULES, now=NOW)
    return {each.name: each for each in made}


def by_hand(company: Company, customer: Customer, grade: Grade | None, **more: Any) -> actions.Done:
    return actions.set_grade(
        actor=company.lin.actor,
        selection=Selection(ids=(customer.pk,)),
        grade_id=grade.pk if grade else None,
        **{"reason": "asked for by the board", "now": NOW, **more},
    )


def test_the_first_rule_that_takes_a_customer_holds(inside: Company, ten: list[Customer]) -> None:
    set_rules(inside)
    assert actions.apply_grades(actor=inside.gao.actor, now=NOW) == 11
    expected = {"C8": "Key", "C9": "Key", **{f"C{n}": "Normal" for n in range(3, 8)}}
    assert graded() == {f"C{n}": expected.get(f"C{n}", "Small") for n in range(11)}
    assert actions.apply_grades(actor=inside.gao.actor, now=NOW) == 0
    told = AuditEntry.objects.filter(subject_id=ten[9].pk).latest("id")
    assert told.changes["grade"] == [None, "Key"]
    change = GradeChange.objects.get(customer=ten[9])
    assert (change.previous, change.grade, change.reason) == ("", "Key", "rule")


def test_a_preview_writes_nothing_and_says_what_would_come(inside: Company, ten: list[Customer]) -> None:
    known = set_rules(inside)
    actions.apply_grades(actor=inside.gao.actor, now=NOW)
    by_hand(inside, ten[0], known["Partner"])
    set_rules(inside, [GradeRules("Key", "share", "value", "40", id=known["Key"].pk), *_kept(known)[1:]])
    found = queries.preview_grades(inside.gao.actor, queries.all_grades(), NOW.date())
    assert found.moves == {(known["Normal"].pk, known["Key"].pk): 2}
    assert (found.held, found.moving) == (1, 2)
    assert found.before[known["Key"].pk] == 2
    assert found.after[known["Key"].pk] == 4
    assert found.after[known["Partner"].pk] == 1
    assert graded()["C6"] == "Normal"


def _kept(known: dict[str, Grade]) -> list[GradeRules]:
    return [
        GradeRules(each.name, each.rule, each.measure, str(each.amount or ""), each.colour, each.pk)
        for each in known.values()
    ]


def test_who_is_graded_by_hand_is_left_alone_until_that_day(inside: Company, ten: list[Customer]) -> None:
    known = set_rules(inside)
    by_hand(inside, ten[0], known["Partner"], until=NOW.date() + 2 * DAY)
    by_hand(inside, ten[1], known["Key"])
    gao = inside.gao.actor
    actions.apply_grades(actor=gao, now=NOW)
    assert (graded()["C0"], graded()["C1"]) == ("Partner", "Key")
    actions.apply_grades(actor=gao, now=NOW + 3 * DAY)
    assert (graded()["C0"], graded()["C1"]) == ("Small", "Key")
    actions.release_grade(actor=inside.lin.actor, customer_id=ten[1].pk, now=NOW)
    with pytest.raises(Conflict):
        actions.release_grade(actor=inside.lin.actor, customer_id=ten[1].pk, now=NOW)
    actions.apply_grades(actor=gao, now=NOW)
    assert graded()["C1"] == "Small"
    steps = queries.grade_history(inside.lin.actor, ten[0].pk)
    assert [(each.previous, each.grade, each.note) for each in steps] == [
        ("Partner", "Small", ""),
        ("", "Partner", "asked for by the board"),
    ]


def test_no_rule_grades_whom_a_restriction_holds(inside: Company, ten: list[Customer]) -> None:
    gao = inside.gao.actor
    made = actions.restrict_customer(actor=gao, customer_id=ten[5].pk, reason="unclear", now=NOW)
    set_rules(inside)
    assert queries.preview_grades(gao, queries.all_grades(), NOW.date()).moving == 10
    assert actions.apply_grades(actor=gao, now=NOW) == 10
    assert Customer.objects.get(pk=ten[5].pk).grade is None
    actions.end_restriction(actor=gao, customer_id=ten[5].pk, restriction_id=made.pk, now=NOW)
    assert actions.apply_grades(actor=gao, now=NOW) == 1


def test_grading_by_hand_is_taken_back_where_nothing_came_between(
    inside: Company, ten: list[Customer]
) -> None:
    known = set_rules(inside)
    actions.apply_grades(actor=inside.gao.actor, now=NOW)
    lin = inside.lin.actor
    some = Selection(ids=(ten[0].pk, ten[9].pk))
    done = actions.set_grade(actor=lin, selection=some, grade_id=known["Partner"].pk, reason="fair", now=NOW)
    assert done.count == 2
    by_hand(inside, ten[9], known["Normal"])
    assert done.undo_id
    undone = actions.undo_change(actor=lin, undo_id=done.undo_id, now=NOW)
    assert (undone.restored, undone.left) == (1, 1)
    assert (graded()["C0"], graded()["C9"]) == ("Small", "Normal")
    assert Customer.objects.get(code="C0").grade_held_until is None
    assert Customer.objects.get(code="C9").grade_held_until == FOR_GOOD


def test_lists_filters_and_exports_know_the_grade(inside: Company, ten: list[Customer]) -> None:
    known = set_rules(inside)
    actions.apply_grades(actor=inside.gao.actor, now=NOW)
    only_key = Group(of=[Condition(field="grade", op="in", value=[str(known["Key"].pk)])])
    where = queries.CustomerFilter(filter=only_key.model_dump_json())
    rows = queries.list_customers(inside.gao.actor, where).rows
    assert [(row["code"], row["grade__name"]) for row in rows] == [("C8", "Key"), ("C9", "Key")]
    answer = inside.gao.client.get(f"/api/v1/customers/?grade={known['Key'].pk}")
    assert [each["grade_name"] for each in answer.json()["items"]] == ["Key", "Key"]
    assert "grade" in tasks.CHANGES


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (GradeRules(" "), "name"),
        (GradeRules("x" * 51), "name"),
        (GradeRules("A", "whim"), "rule"),
        (GradeRules("A", "share"), "measure"),
        (GradeRules("A", "share", "value", "101"), "amount"),
        (GradeRules("A", "least", "value", "0"), "amount"),
        (GradeRules("A", "least", "value", "much"), "amount"),
        (GradeRules("A", colour="beige"), "colour"),
    ],
)
def test_a_wrong_grade_is_refused(inside: Company, rules: GradeRules, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_rules(inside, [rules])
    assert refused.value.field == field
    assert not Grade.objects.exists()


def test_names_may_be_swapped_and_not_given_twice(inside: Company) -> None:
    known = set_rules(inside, [GradeRules("A"), GradeRules("B")])
    set_rules(inside, [GradeRules("B", id=known["A"].pk), GradeRules("A", id=known["B"].pk)])
    assert [each.name for each in queries.all_grades()] == ["B", "A"]
    with pytest.raises(Invalid):
        set_rules(inside, [GradeRules("A"), GradeRules("a")])


def test_two_who_change_the_grades_meet(inside: Company) -> None:
    seen = actions.grades_version(queries.all_grades())
    set_rules(inside)
    with pytest.raises(Conflict):
        actions.set_grades(actor=inside.gao.actor, grades=[], version=seen, now=NOW)


def test_a_grade_that_goes_leaves_its_customers_without_one(inside: Company, ten: list[Customer]) -> None:
    known = set_rules(inside)
    by_hand(inside, ten[0], known["Partner"])
    set_rules(inside, [each for each in _kept(known) if each.name != "Partner"])
    assert graded()["C0"] is None
    assert queries.grade_history(inside.lin.actor, ten[0].pk)[0].grade == "Partner"


def test_only_who_may(inside: Company, ten: list[Customer]) -> None:
    known = set_rules(inside)
    with pytest.raises(PermissionDenied):
        actions.set_grades(actor=inside.ma.actor, grades=[], now=NOW)
    with pytest.raises(PermissionDenied):
        actions.apply_grades(actor=inside.lin.actor, now=NOW)
    chen = actions.set_grade(
        actor=inside.chen.actor,
        selection=Selection(ids=(ten[0].pk,)),
        grade_id=known["Key"].pk,
        reason="mine",
        now=NOW,
    )
    assert (chen.count, graded()["C0"]) == (0, None)
    with pytest.raises(Invalid):
        by_hand(inside, ten[0], known["Key"], reason=" ")
    with pytest.raises(Invalid):
        by_hand(inside, ten[0], known["Key"], until=NOW.date() - DAY)
    with pytest.raises(NotFound):
        by_hand(inside, ten[0], Grade(name="x"))


def test_the_pages_do_the_job(inside: Company, ten: list[Customer]) -> None:
    client = inside.gao.client
    page = client.get("/settings/grades/").content.decode()
    assert 'value="20"' in page
    data = {
        "g-TOTAL_FORMS": "2", "g-INITIAL_FORMS": "0", "g-0-name": "Key", "g-0-rule": "share", "g-0-measure": "value",
        "g-0-amount": "20", "g-0-colour": "orange", "g-1-name": "Rest", "g-1-rule": "rest", "g-1-colour": "blue",
    }  # fmt: skip
    assert client.post("/settings/grades/", data).status_code == 302
    assert "2" in client.get("/settings/grades/?preview=1").content.decode()
    assert client.post("/settings/grades/", {**data, "g-0-amount": "400"}).status_code == 422
    assert client.post("/settings/grades/apply/").status_code == 302
    assert graded()["C9"] == "Key"
    key = Grade.objects.get(name="Rest")
    address = f"/customers/{ten[9].pk}/grade/"
    assert client.post(address, {"grade": key.pk, "reason": ""}).status_code == 422
    assert client.post(address, {"grade": key.pk, "reason": "no"}).status_code == 302
    assert "Rest" in client.get(address).content.decode()
    assert client.post(f"{address}release/").status_code == 302
    assert Grade.objects.get(name="Key").amount == Decimal(20)
