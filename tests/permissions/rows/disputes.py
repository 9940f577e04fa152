"""Who opens, sees, answers and decides a dispute: 陈晨 says that 林岚's customer is hers; 马超 is above both."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
SEEN = "200 200 200 404 404 403 200 404"


def _customer(company: Company) -> None:
    actions.create_customer(actor=company.lin.actor, name="甲", code="K-7", now=timezone.now())


def dispute(company: Company) -> Given:
    _customer(company)
    made = actions.open_dispute(actor=company.chen.actor, asked="K-7", reason="我先谈的", now=timezone.now())
    return {"dispute_id": made.pk}


def named(company: Company, _given: Given) -> Given:
    _customer(company)
    return {"asked": "K-7", "reason": "我先谈的"}


ANSWER = {"answer": "我四月拜访过"}
RULING = {"ruling": "kept", "reason": "证据不足"}
ROWS = [
    Row("GET", "customers:disputes", "302 200*5 403 200*2"),
    Row("GET", "customers:open_dispute", "302 200*5 403 200*2"),
    Row("POST", "customers:open_dispute", "302 422 302 302 302 302 403 302 422", data=named),
    Row("GET", "customers:dispute", f"302 {SEEN}", dispute),
    Row("POST", "customers:answer_dispute", "302 302 403 403 404 404 403 403 404", dispute, ANSWER),
    Row("POST", "customers:withdraw_dispute", "302 403 302 403 404 404 403 403 404", dispute),
    Row("POST", "customers:decide_dispute", "302 403 403 302 403 403 403 302 404", dispute, RULING),
    Row("GET", "api:list_disputes", "401 200*5 403 200*2"),
    Row("GET", "api:get_dispute", f"401 {SEEN}", dispute),
    Row("POST", "api:open_dispute", "401 400 201 201 201 201 403 201 400", data=named),
    Row("POST", "api:answer_dispute", "401 200 403 403 404 404 403 403 404", dispute, ANSWER),
    Row("POST", "api:withdraw_dispute", "401 403 200 403 404 404 403 403 404", dispute),
    Row("POST", "api:decide_dispute", "401 403 403 200 403 403 403 200 404", dispute, RULING),
]
