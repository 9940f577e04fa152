"""Who sets up rules of assignment, tries them, and gives customers by them."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import AssignmentRules, Turn

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
OPEN_PAGE = "302 403*6 200*2"
DONE_PAGE = "302 403*6 302*2"
ONE_DONE = "302 403*6 302 404"
API = "401 403*6 200*2"
API_ONE = "401 403*6 200 404"


def rule(company: Company) -> Given:
    rules = AssignmentRules("轮流", people=(Turn(company.lin.member.pk),))
    made = actions.create_assignment_rule(actor=company.gao.actor, rules=rules, now=timezone.now())
    return {"rule_id": made.pk}


def typed(company: Company, _given: Given) -> Given:
    pool = actions.create_pool(actor=company.gao.actor, rules=actions.PoolRules("公海"), now=timezone.now())
    return {"name": "进公海", "target": "pool", "pool": str(pool.pk), "version": ""}


def changed(company: Company, given: Given) -> Given:
    return {**typed(company, given), "version": "1"}


def sent(company: Company, _given: Given) -> Given:
    return {"name": "轮流二", "people": [{"member": str(company.chen.member.pk), "weight": 2}]}


def owned(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="甲", now=timezone.now())
    return {"customer_id": made.pk}


ROWS = [
    Row("GET", "customers:assignment_rules", OPEN_PAGE),
    Row("GET", "customers:assignment_trial", OPEN_PAGE),
    Row("GET", "customers:create_assignment_rule", OPEN_PAGE),
    Row("POST", "customers:create_assignment_rule", "302 403*6 302 422", data=typed),
    Row("POST", "customers:change_assignment_rule", ONE_DONE, rule, changed),
    Row("POST", "customers:order_assignment_rules", DONE_PAGE),
    Row("GET", "customers:change_assignment_rule", "302 403*6 200 404", rule),
    Row("POST", "customers:archive_assignment_rule", ONE_DONE, rule),
    Row("POST", "customers:restore_assignment_rule", ONE_DONE, rule),
    Row("GET", "api:list_assignment_rules", API),
    Row("GET", "api:try_assignment_rules", API),
    Row("POST", "api:create_assignment_rule", "401 403*6 201 400", data=sent),
    Row("PUT", "api:change_assignment_rule", API_ONE, rule, sent),
    Row("GET", "api:list_assignments", "401 200 404 200 404*2 200*2 404", owned),
    Row("PUT", "api:order_assignment_rules", API, data={"ids": []}),
    Row("POST", "api:archive_assignment_rule", API_ONE, rule),
    Row("POST", "api:restore_assignment_rule", API_ONE, rule),
]
