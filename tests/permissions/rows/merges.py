"""Who may merge. Both files of the rows are 林岚's: 马超 is above her, 陈晨 beside her."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
SEEN = "302 200 404 200 404 404 200 200 404"
EDITABLE = "302 200 404 200 404 404 403 200 404"
CHANGED = "302 302 404 302 404 404 403 302 404"
API_SEEN = "401 200 404 200 404 404 200 200 404"
API = "401 200 404 200 404 404 403 200 404"


def pair(company: Company) -> tuple[str, str]:
    one, other = (
        actions.create_customer(actor=company.lin.actor, name=name, now=timezone.now())
        for name in ("甲", "乙")
    )
    return str(one.pk), str(other.pk)


def asked(company: Company, _given: Given) -> Given:
    return {"ids": list(pair(company))}


def sent(company: Company, _given: Given) -> Given:
    one, other = pair(company)
    return {"ids": [one, other], "survivor": one}


def body(company: Company, _given: Given) -> Given:
    one, other = pair(company)
    return {"survivor_id": one, "customer_ids": [other]}


def merge(company: Company) -> Given:
    one, other = pair(company)
    done = actions.merge_customers(
        actor=company.lin.actor,
        survivor_id=uuid.UUID(one),
        customer_ids=[uuid.UUID(other)],
        now=timezone.now(),
    )
    return {"merge_id": done.merge.pk}


ROWS = [
    Row("GET", "customers:merge", EDITABLE, data=asked),
    Row("POST", "customers:merge", CHANGED, data=sent),
    Row("GET", "customers:merges", "302 200*8"),
    Row("GET", "customers:merged", SEEN, merge),
    Row("POST", "customers:undo_merge", CHANGED, merge),
    Row("POST", "api:merge_customers", API, data=body),
    Row("POST", "api:preview_merge", API, data=body),
    Row("GET", "api:list_merges", "401 200*8"),
    Row("GET", "api:read_merge", API_SEEN, merge),
    Row("GET", "api:preview_undo_merge", API, merge),
    Row("POST", "api:undo_merge", API, merge),
]
