"""Who claims from pools and who sets them up. The pool is open to all; its customer was 林岚's."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import PoolRules, Selection

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
SEEN = "302 200*5 403 200 404"
API_SEEN = "401 200*5 403 200 404"
MANAGED = "302 403 403 200 403*3 200 404"
MOVED = "302 403 403 302 403*3 302 404"
API_MANAGED = "401 403 403 200 403*3 200 404"
NEW = {"name": "新公海", "cooling_days": 30}


def _customer(company: Company) -> str:
    made = actions.create_customer(actor=company.lin.actor, name="甲", now=timezone.now())
    return str(made.pk)


def _claimable(company: Company, given: Given) -> str:
    """By 高敏: 林岚 would have to wait."""
    now, gao = timezone.now(), company.gao.actor
    made = actions.create_customer(actor=gao, name="乙", now=now)
    selection = Selection((made.pk,))
    actions.assign_customers(actor=gao, selection=selection, owner_id=None, now=now)
    actions.return_customers(actor=gao, selection=selection, pool_id=given["pool_id"], reason="分配", now=now)
    return str(made.pk)


def pool(company: Company) -> Given:
    rules = PoolRules("公海")
    return {"pool_id": actions.create_pool(actor=company.gao.actor, rules=rules, now=timezone.now()).pk}


def there_is_one(company: Company) -> Given:
    pool(company)
    return {}


def ticked(company: Company, given: Given) -> Given:
    return {"ids": [_claimable(company, given)]}


def asked(company: Company, _given: Given) -> Given:
    return {"ids": [_customer(company)]}


def put_in(company: Company, _given: Given) -> Given:
    return {"ids": [_customer(company)], "pool": str(pool(company)["pool_id"]), "reason": "没有时间"}


def assigned(company: Company, given: Given) -> Given:
    return {**ticked(company, given), "owner": str(company.chen.member.pk)}


def claimed(company: Company, given: Given) -> Given:
    return {"customer_ids": [_claimable(company, given)]}


def given_away(company: Company, given: Given) -> Given:
    return {**claimed(company, given), "owner_id": str(company.chen.member.pk)}


def returned(company: Company, _given: Given) -> Given:
    return {"customer_ids": [_customer(company)], "reason": "没有时间"}


ROWS = [
    Row("GET", "customers:pools", "302 200*5 403 200*2"),
    Row("GET", "customers:pool", SEEN, pool),
    Row("POST", "customers:claim", "302*6 403 302 404", pool, ticked),
    Row("POST", "customers:assign_from_pool", MOVED, pool, assigned),
    Row("GET", "customers:put_in", "302 200 404 200 404 404 403 200 404", data=asked),
    Row("POST", "customers:put_in", "302 302 404 302 404 404 403 302 404", data=put_in),
    Row("GET", "customers:create_pool", "302 403 403 200 403*3 200*2"),
    Row("POST", "customers:create_pool", "302 403 403 302 403*3 302*2", data=NEW),
    Row("GET", "customers:change_pool", MANAGED, pool),
    Row("POST", "customers:change_pool", MOVED, pool, NEW),
    Row("GET", "customers:filter_rows", "302 200*8"),
    Row("POST", "customers:fill_pool", MOVED, pool),
    Row("POST", "customers:archive_pool", MOVED, pool),
    Row("POST", "customers:restore_pool", MOVED, pool),
    Row("GET", "api:list_pools", "401 200*5 403 200*2"),
    Row("POST", "api:create_pool", "401 403 403 201 403*3 201*2", data=NEW),
    Row("PUT", "api:change_pool", API_MANAGED, pool, NEW),
    Row("POST", "api:fill_pool", API_MANAGED, pool),
    Row(
        "POST",
        "api:return_to_right_pool",
        "401 200*5 403 200*2",
        there_is_one,
        returned,
    ),
    Row("POST", "api:archive_pool", API_MANAGED, pool),
    Row("POST", "api:restore_pool", API_MANAGED, pool),
    Row("GET", "api:list_pool_customers", API_SEEN, pool),
    Row("POST", "api:claim_customers", API_SEEN, pool, claimed),
    Row("POST", "api:assign_from_pool", API_MANAGED, pool, given_away),
    Row("POST", "api:return_customers", API_SEEN, pool, returned),
]
