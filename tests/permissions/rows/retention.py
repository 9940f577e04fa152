"""Who says for how long what is kept, and who sets legal holds."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import RetentionRules

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
OPEN_PAGE = "302 403*6 200*2"
DONE_PAGE = "302 403*6 302*2"
ONE = "302 403*6 200 404"
ONE_DONE = "302 403*6 302 404"
API = "401 403*6 200*2"
API_ONE = "401 403*6 200 404"
NEW = {"name": "城市", "areas": ["city"], "since": "creation", "days": 365}
WHY = {"reason": "诉讼"}


def rule(company: Company) -> Given:
    rules = RetentionRules("一般", ("city",), "contact", 365)
    made = actions.create_retention_rule(actor=company.gao.actor, rules=rules, now=timezone.now())
    return {"rule_id": made.pk}


def customer(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="甲", now=timezone.now())
    return {"customer_id": made.pk}


def hold(company: Company) -> Given:
    key = customer(company)["customer_id"]
    made = actions.set_legal_hold(actor=company.gao.actor, customer_id=key, reason="诉讼", now=timezone.now())
    return {"customer_id": key, "hold_id": made.pk}


ROWS = [
    Row("GET", "customers:retention", OPEN_PAGE),
    Row("GET", "customers:create_retention_rule", OPEN_PAGE),
    Row("POST", "customers:create_retention_rule", DONE_PAGE, data=NEW),
    Row("GET", "customers:retention_rule", ONE, rule),
    Row("POST", "customers:retention_rule", ONE_DONE, rule, NEW),
    Row("GET", "customers:retention_preview", ONE, rule),
    Row("POST", "customers:switch_on_retention", ONE_DONE, rule),
    Row("POST", "customers:switch_off_retention", ONE_DONE, rule),
    Row("POST", "customers:archive_retention_rule", ONE_DONE, rule),
    Row("POST", "customers:restore_retention_rule", ONE_DONE, rule),
    Row("POST", "customers:clear_overdue", DONE_PAGE),
    Row("GET", "customers:legal_holds", OPEN_PAGE),
    Row("POST", "customers:set_hold", ONE_DONE, customer, WHY),
    Row("POST", "customers:end_hold", ONE_DONE, hold),
    Row("POST", "customers:hold_again", ONE_DONE, hold),
    Row("GET", "api:list_retention_areas", API),
    Row("GET", "api:list_retention_rules", API),
    Row("POST", "api:create_retention_rule", "401 403*6 201*2", data=NEW),
    Row("PUT", "api:change_retention_rule", API_ONE, rule, NEW),
    Row("GET", "api:preview_retention", API_ONE, rule),
    Row("POST", "api:switch_retention_rule", API_ONE, rule, {"on": True}),
    Row("POST", "api:archive_retention_rule", API_ONE, rule),
    Row("POST", "api:restore_retention_rule", API_ONE, rule),
    Row("POST", "api:clear_overdue", API),
    Row("GET", "api:list_legal_holds", API),
    Row("POST", "api:set_legal_hold", "401 403*6 201 404", customer, WHY),
    Row("POST", "api:end_legal_hold", API_ONE, hold),
]
