"""Who cuts territories."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers.filters.tree import read
from zhiyin.sales import actions
from zhiyin.sales.actions import TerritoryRules

Given = Mapping[str, Any]
FILTER = {"of": [{"field": "city", "op": "contains", "value": "北京"}]}


def territory(company: Company) -> Given:
    rules = TerritoryRules("华北", timezone.localdate(), filter=read(FILTER))
    made = actions.create_territory(actor=company.ma.actor, rules=rules, now=timezone.now())
    return {"territory_id": made.pk}


def archived(company: Company) -> Given:
    given = territory(company)
    actions.set_territory_archived(actor=company.ma.actor, archived=True, now=timezone.now(), **given)
    return given


# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
FORM = {
    "name": "华东", "starts_on": "2026-01-01", "position": "1", "version": "1", "r.match": "all",
    "r-0.field": "city", "r-0.op": "contains", "r-0.value": "上海",
}  # fmt: skip
BODY = {"name": "华东", "starts_on": "2026-01-01", "filter": FILTER}
PAGE = "302 403 403 200 403 403 403 200 200"
PAGE_ONE = "302 403 403 200 403 403 403 200 404"
DONE = "302 403 403 302 403 403 403 302 302"
DONE_ONE = "302 403 403 302 403 403 403 302 404"
API = "401 403 403 200 403 403 403 200 200"
API_ONE = "401 403 403 200 403 403 403 200 404"
ROWS = [
    Row("GET", "sales:territories", PAGE),
    Row("GET", "sales:create_territory", PAGE),
    Row("POST", "sales:create_territory", DONE, data=FORM),
    Row("GET", "sales:change_territory", PAGE_ONE, given=territory),
    Row("POST", "sales:change_territory", DONE_ONE, given=territory, data=FORM),
    Row("POST", "sales:archive_territory", DONE_ONE, given=territory),
    Row("POST", "sales:restore_territory", DONE_ONE, given=archived),
    Row("GET", "api:list_territories", API),
    Row("GET", "api:recut_territories", API),
    Row("POST", "api:create_territory", "401 403 403 201 403 403 403 201 201", data=BODY),
    Row("PUT", "api:change_territory", API_ONE, given=territory, data={**BODY, "version": 1}),
    Row("POST", "api:archive_territory", API_ONE, given=territory),
    Row("POST", "api:restore_territory", API_ONE, given=archived),
]
