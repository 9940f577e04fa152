"""Grades that files of customers give, and take back."""

import datetime

import pytest

from tests.imports.importing import NOW, import_text, query, step
from zhiyin.customers import actions
from zhiyin.customers.actions import GradeRules, Selection
from zhiyin.customers.models import Customer, GradeChange
from zhiyin.platform.tenancy import scope

FILE = "客户编号,客户名称,客户等级\nK1,王小明,key\nK2,李雷,Small\nK3,韩梅,\nK4,孙悟空,Huge\n"
LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture
def grades(gao):
    with scope(gao.tenant_id):
        rules = [GradeRules("Key"), GradeRules("Small", "rest")]
        return {each.name: each for each in actions.set_grades(actor=gao, grades=rules, now=NOW)}


def graded(actor):
    return dict(
        query(
            actor,
            "SELECT c.code, g.name FROM customers_customer c LEFT JOIN customers_grade g ON g.id = c.grade_id",
        )
    )


def test_customers_get_the_grades_of_the_file_and_unknown_ones_are_told(gao, grades):
    with scope(gao.tenant_id):
        known = actions.create_customer(actor=gao, name="李雷", code="K2", now=NOW)
        actions.set_grade(
            actor=gao, selection=Selection(ids=(known.pk,)), grade_id=grades["Key"].pk, reason="x", now=NOW
        )
    batch = import_text(gao, FILE, kind="customers")
    assert batch.state == "applied", batch.job.error
    assert graded(gao) == {"K1": "Key", "K2": "Small", "K3": None}
    assert batch.result["refused"] == 1
    assert batch.result["refusals"][0][0]["values"]["grades"] in ("Key, Small", "Key、Small")
    with scope(gao.tenant_id):
        history = GradeChange.objects.filter(customer=known).order_by("changed_at", "id")
        assert [(each.previous, each.grade, each.reason) for each in history][-1] == ("Key", "Small", "hand")
    undone = step(gao, batch, "undo", now=LATER)
    assert undone.state == "undone", undone.job.error
    assert graded(gao) == {"K2": "Key"}


def test_a_grade_given_since_is_kept(gao, grades):
    with scope(gao.tenant_id):
        actions.create_customer(actor=gao, name="李雷", code="K2", now=NOW)
    batch = import_text(gao, FILE, kind="customers")
    with scope(gao.tenant_id):
        key = Customer.objects.get(code="K2").pk
        actions.set_grade(
            actor=gao, selection=Selection(ids=(key,)), grade_id=grades["Key"].pk, reason="x", now=LATER
        )
    step(gao, batch, "undo", now=LATER)
    assert graded(gao) == {"K2": "Key"}


def test_an_import_is_undone_though_rules_graded_its_customers_since(gao, grades):
    batch = import_text(gao, "客户编号,客户名称\nK1,王小明\n", kind="customers")
    with scope(gao.tenant_id):
        assert actions.apply_grades(actor=gao, now=LATER) == 1
        assert Customer.objects.get(code="K1").grade == grades["Small"]
    undone = step(gao, batch, "undo", now=LATER)
    assert undone.result["undone"]["customers_deleted"] == 1
    assert graded(gao) == {}


def test_a_company_without_grades_is_offered_a_field_for_them(gao):
    batch = import_text(gao, FILE, kind="customers")
    assert "grade" not in batch.mapping
    assert batch.result["refused"] == 0
    assert graded(gao) == dict.fromkeys(["K1", "K2", "K3", "K4"])
