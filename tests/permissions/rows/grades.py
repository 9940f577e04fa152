"""Who sets up grades, and who grades by hand."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.customers import CHANGED, EDITABLE, customer
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import Selection
from zhiyin.customers.models import Customer

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
FORM = {
    "g-TOTAL_FORMS": "1",
    "g-INITIAL_FORMS": "0",
    "g-0-name": "A",
    "g-0-rule": "hand",
    "g-0-colour": "blue",
}


def held(company: Company) -> Given:
    given = customer(company)
    actions.set_grade(
        actor=company.gao.actor,
        selection=Selection(ids=(given["customer_id"],)),
        grade_id=None,
        reason="x",
        now=timezone.now(),
    )
    assert Customer.objects.get(pk=given["customer_id"]).grade_held_until
    return given


REASON = {"grade": "", "reason": "because"}
ROWS = [
    Row("GET", "customers:grades", "302 403*6 200*2"),
    Row("POST", "customers:grades", "302 403*6 302*2", data=FORM),
    Row("POST", "customers:apply_grades", "302 403*6 302*2"),
    Row("GET", "customers:set_grade", EDITABLE, customer),
    Row("POST", "customers:set_grade", CHANGED, customer, REASON),
    Row("POST", "customers:release_grade", CHANGED, held),
    Row("GET", "api:list_grades", "401 200*8"),
    Row("PUT", "api:set_grades", "401 403*6 200*2", data={"grades": []}),
    Row("GET", "api:preview_grades", "401 403*6 200*2"),
    Row("POST", "api:apply_grades", "401 403*6 200*2"),
    Row("GET", "api:list_grade_changes", "401 200 404 200 404 404 200 200 404", customer),
    Row(
        "PUT",
        "api:set_grade",
        "401 204 404 204 404 404 403 204 404",
        customer,
        {"grade_id": None, "reason": "x"},
    ),
    Row("DELETE", "api:release_grade", "401 204 404 204 404 404 403 204 404", held),
]
