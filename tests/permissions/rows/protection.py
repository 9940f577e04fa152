"""Who sees whose protection ends, prolongs it, and sets up the rules."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import ProtectionRules

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
OPEN_PAGE = "302 403 403 200 403*3 200*2"
DONE_PAGE = "302 403 403 302 403*3 302*2"
ONE_DONE = "302 403 403 302 403*3 302 404"
API = "401 403 403 200 403*3 200*2"
API_ONE = "401 403 403 200 403*3 200 404"
NEW = {"name": "大客户", "days": 180, "warn_days": 14}


def rule(company: Company) -> Given:
    rules = ProtectionRules("一般", 30)
    made = actions.create_protection_rule(actor=company.gao.actor, rules=rules, now=timezone.now())
    return {"rule_id": made.pk}


def _customer(company: Company) -> str:
    made = actions.create_customer(actor=company.lin.actor, name="甲", now=timezone.now())
    return str(made.pk)


def prolonged(company: Company, _given: Given) -> Given:
    until = timezone.localdate() + datetime.timedelta(days=60)
    return {"ids": [_customer(company)], "until": until.isoformat(), "reason": "年底谈"}


def prolonged_by_api(company: Company, given: Given) -> Given:
    sent = dict(prolonged(company, given))
    return {"customer_ids": sent.pop("ids"), **sent}


ROWS = [
    Row("GET", "customers:lapsing", "302 200*8"),
    Row("POST", "customers:prolong", DONE_PAGE, data=prolonged),
    Row("POST", "customers:reclaim", "302 403*6 302*2"),
    Row("GET", "customers:protection_rules", OPEN_PAGE),
    Row("GET", "customers:create_protection_rule", OPEN_PAGE),
    Row("POST", "customers:create_protection_rule", DONE_PAGE, data=NEW),
    Row("GET", "customers:change_protection_rule", "302 403 403 200 403*3 200 404", rule),
    Row("POST", "customers:change_protection_rule", ONE_DONE, rule, NEW),
    Row("POST", "customers:archive_protection_rule", ONE_DONE, rule),
    Row("POST", "customers:restore_protection_rule", ONE_DONE, rule),
    Row("GET", "api:list_protection_rules", API),
    Row("POST", "api:create_protection_rule", "401 403 403 201 403*3 201*2", data=NEW),
    Row("PUT", "api:change_protection_rule", API_ONE, rule, NEW),
    Row("POST", "api:archive_protection_rule", API_ONE, rule),
    Row("POST", "api:restore_protection_rule", API_ONE, rule),
    Row("GET", "api:list_lapsing", "401 200*8"),
    Row("POST", "api:prolong_protection", API, data=prolonged_by_api),
    Row("POST", "api:reclaim_lapsed", "401 403*6 200*2"),
]
