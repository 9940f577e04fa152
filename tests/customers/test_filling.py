"""An own field set on many customers at once, and taken back."""

import datetime
from collections.abc import Iterator

import pytest

from tests.cast import Company
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.actions import FieldRules, Selection
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 20, 4, tzinfo=datetime.UTC)
ALL = Selection(where=queries.CustomerFilter())


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    with cast.scope():
        yield cast


def field(company: Company, type: str = "number", **rules: object) -> CustomField:
    given = FieldRules(label="Points", **rules)  # type: ignore[arg-type]
    return actions.create_field(actor=company.gao.actor, type=type, key="points", rules=given, now=NOW)


def customer(company: Company, code: str, points: str = "", kind: str = "person") -> Customer:
    given = {"points": points} if points else {}
    return actions.create_customer(
        actor=company.lin.actor, name=code, code=code, kind=kind, fields=given, now=NOW
    )


def fill(company: Company, value: str, who: str = "lin", selection: Selection = ALL) -> actions.Done:
    actor = getattr(company, who).actor
    return actions.fill_customers(actor=actor, selection=selection, key="points", value=value, now=NOW)


def points() -> dict[str, object]:
    rows = Customer.objects.order_by("code").values_list("code", "custom")
    return {code: custom.get("points") for code, custom in rows}


def test_all_get_the_value_and_have_theirs_again_once_taken_back(inside: Company) -> None:
    field(inside)
    made = [customer(inside, "A", "1"), customer(inside, "B"), customer(inside, "C", "7")]
    done = fill(inside, "7")
    assert (done.count, points()) == (2, {"A": 7, "B": 7, "C": 7})
    told = AuditEntry.objects.filter(subject_id=made[0].pk).latest("id")
    assert told.changes == {"x_points": [1, 7]}
    actions.update_customer(
        actor=inside.lin.actor, customer_id=made[0].pk, changes={}, fields={"points": "9"}, now=NOW
    )
    assert done.undo_id
    undone = actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=NOW)
    assert (undone.restored, undone.left) == (1, 1)
    assert points() == {"A": 9, "B": None, "C": 7}


def test_an_empty_value_is_taken_away_unless_it_is_required(inside: Company) -> None:
    own = field(inside)
    customer(inside, "A", "1")
    done = fill(inside, "")
    assert (done.count, points()) == (1, {"A": None})
    assert done.undo_id
    actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=NOW)
    assert points() == {"A": 1}
    required = FieldRules(label="Points", required=True)
    actions.change_field(actor=inside.gao.actor, field_id=own.pk, rules=required, now=NOW)
    with pytest.raises(Invalid):
        fill(inside, "")


def test_a_wrong_value_changes_nobody(inside: Company) -> None:
    field(inside)
    customer(inside, "A", "1")
    for value in ("much", "1e400"):
        with pytest.raises(Invalid):
            fill(inside, value)
    with pytest.raises(Invalid):
        actions.fill_customers(actor=inside.lin.actor, selection=ALL, key="nothing", value="1", now=NOW)
    assert points() == {"A": 1}


def test_only_customers_within_reach_and_of_the_kind(inside: Company) -> None:
    field(inside, kind="organisation")
    customer(inside, "A")
    customer(inside, "B", kind="organisation")
    assert fill(inside, "5", "chen").count == 0
    assert fill(inside, "5").count == 1
    assert points() == {"A": None, "B": 5}
    with pytest.raises(PermissionDenied):
        fill(inside, "6", "xu")


def test_choices_from_the_sheet(inside: Company) -> None:
    field(inside, "choices", options=("tea", "books"))
    made = customer(inside, "A")
    sheet = inside.lin.client.get("/customers/bulk/options/?what=fill&key=points")
    assert "books" in sheet.content.decode()
    data = {"action": "fill", "key": "points", "x_points": ["tea", "books"], "ids": [str(made.pk)]}
    assert inside.lin.client.post("/customers/bulk/", data).status_code == 302
    assert points() == {"A": ["tea", "books"]}
    assert "fill" in tasks.CHANGES


def test_by_the_api(inside: Company) -> None:
    field(inside)
    made = customer(inside, "A")
    body = {"ids": [str(made.pk)], "field": "points", "value": "4"}
    answer = inside.lin.client.post("/api/v1/customers/bulk/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["count"], points()) == (200, 1, {"A": 4})
    both = {**body, "by_rules": True}
    refused = inside.lin.client.post("/api/v1/customers/bulk/", both, content_type="application/json")
    assert refused.status_code in (400, 422)
