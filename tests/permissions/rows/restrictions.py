"""Who restricts customers, and ends it: who answers requests about data. The customer is 林岚's."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.consents import customer
from tests.permissions.table import Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
DONE = "302 403 403 302 403*3 302 404"
API = "401 403 403 200 403*3 200 404"
WHY = {"reason": "准确性待核实"}


def restricted(company: Company) -> Given:
    key, now = customer(company)["customer_id"], timezone.now()
    made = actions.restrict_customer(actor=company.gao.actor, customer_id=key, reason="待核实", now=now)
    return {"customer_id": key, "restriction_id": made.pk}


def ended(company: Company) -> Given:
    given = restricted(company)
    actions.end_restriction(actor=company.gao.actor, **given, now=timezone.now())
    return given


ROWS = [
    Row("POST", "customers:restrict", DONE, customer, WHY),
    Row("POST", "customers:end_restriction", DONE, restricted),
    Row("POST", "customers:restrict_again", DONE, ended),
    Row("GET", "api:list_restrictions", API, customer),
    Row("POST", "api:restrict_customer", "401 403 403 201 403*3 201 404", customer, WHY),
    Row("POST", "api:end_restriction", API, restricted),
]
