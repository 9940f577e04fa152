"""Who erases persons: the administrator alone."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.customers import customer
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.platform import crypto
from zhiyin.platform.crypto import Known

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ASKED = {"basis": "request", "reference": "L-1", "code": "P-1"}
KNOWN = {"kind": "email", "value": "a@b.cn"}


def erasure(company: Company) -> Given:
    made = actions.ask_erasure(
        actor=company.gao.actor, **customer(company), basis="request", code="P-1", now=timezone.now()
    )
    return {"erasure_id": made.pk}


def blocked(_company: Company, _given: Given) -> Given:
    crypto.suppress([Known("email", "a@b.cn")], now=timezone.now())
    return KNOWN | {"reason": "came back"}


ROWS = [
    Row("GET", "customers:erasure", "302 403*6 200 404", customer),
    Row("POST", "customers:erasure", "302 403*6 302 404", customer, ASKED),
    Row("GET", "customers:erasures", "302 403*6 200*2"),
    Row("GET", "customers:erased", "302 403*6 200 404", erasure),
    Row("GET", "customers:erasure_pdf", "302 403*6 200 404", erasure),
    Row("POST", "customers:lift", "302 403*6 302 404", data=blocked),
    Row("POST", "api:erase_customer", "401 403*6 202 404", customer, ASKED),
    Row("GET", "api:list_erasures", "401 403*6 200*2"),
    Row("GET", "api:get_erasure", "401 403*6 200 404", erasure),
    Row("GET", "api:get_suppression", "401 403*6 200*2", query="kind=email&value=a@b.cn"),
    Row("POST", "api:lift_suppression", "401 403*6 204 404", data=blocked),
]
