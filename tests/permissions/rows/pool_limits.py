"""Who sets limits of a pool: who manages pools."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.pools import API_MANAGED, MANAGED, MOVED, pool
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import LimitRules
from zhiyin.customers.filters import Group

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
NEW = {"name": "重要客户", "daily_limit": 2}
SENT = {**NEW, "filter": {"of": [{"field": "status", "op": "in", "value": ["target"]}]}}


def limit(company: Company) -> Given:
    made = actions.create_pool_limit(
        actor=company.gao.actor,
        pool_id=pool(company)["pool_id"],
        rules=LimitRules("重要客户", Group(), 1),
        now=timezone.now(),
    )
    return {"limit_id": made.pk}


ROWS = [
    Row("GET", "customers:pool_limits", MANAGED, pool),
    Row("GET", "customers:create_pool_limit", MANAGED, pool),
    Row("POST", "customers:create_pool_limit", MOVED, pool, NEW),
    Row("GET", "customers:change_pool_limit", MANAGED, limit),
    Row("POST", "customers:change_pool_limit", MOVED, limit, NEW),
    Row("POST", "customers:remove_pool_limit", MOVED, limit),
    Row("POST", "customers:restore_pool_limit", MOVED, limit),
    Row("GET", "api:list_pool_limits", API_MANAGED, pool),
    Row("POST", "api:create_pool_limit", "401 403 403 201 403*3 201 404", pool, SENT),
    Row("PUT", "api:change_pool_limit", API_MANAGED, limit, SENT),
    Row("POST", "api:remove_pool_limit", API_MANAGED, limit),
    Row("POST", "api:restore_pool_limit", API_MANAGED, limit),
]
