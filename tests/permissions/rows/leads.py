"""Who may do what with leads. That of the rows is 林岚's."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers.actions import save_view
from zhiyin.sales import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ALL = "302 200*8"
SEEN = "302 200 404 200 404 404 200 200 404"
CHANGED = "302 302 404 302 404 403 403 302 404"
API_SEEN = "401 200 404 200 404 404 200 200 404"
API_CHANGED = "401 200 404 200 404 403 403 200 404"


def lead(company: Company) -> Given:
    made = actions.create_lead(actor=company.lin.actor, name="周敏", company="明远电器", now=timezone.now())
    return {"lead_id": made.pk}


def taken_up(company: Company) -> Given:
    return {**lead(company), "state": "working"}


def removed(company: Company) -> Given:
    given = lead(company)
    actions.remove_lead(actor=company.lin.actor, now=timezone.now(), **given)
    return given


def view(company: Company) -> Given:
    kept = save_view(actor=company.lin.actor, page="leads", name="mine", query="", now=timezone.now())
    return {"view_id": kept.pk}


FORM = {"name": "周敏", "origin": "event"}
ROWS = [
    Row("GET", "sales:leads", ALL),
    Row("POST", "sales:lead_columns", "302*9", data={"columns": ["source"]}),
    Row("POST", "sales:save_lead_view", "302*9", data={"name": "x", "query": "q=x"}),
    Row("POST", "sales:delete_lead_view", "302*2 404*7", given=view),
    Row("POST", "sales:change_lead_view", "302*2 404*7", given=view, data={"name": "x"}),
    Row("GET", "sales:lead_create", "302 200*4 403*2 200 200"),
    Row("POST", "sales:lead_create", "302*5 403*2 302 302", data=FORM),
    Row("GET", "sales:lead", SEEN, given=lead),
    Row("GET", "sales:lead_edit", "302 200 404 200 404 403 403 200 404", given=lead),
    Row("POST", "sales:lead_edit", CHANGED, given=lead, data=FORM),
    Row("POST", "sales:lead_state", CHANGED, given=taken_up),
    Row("POST", "sales:lead_convert", CHANGED, given=lead, data={"deal": "泵"}),
    Row("POST", "sales:lead_remove", CHANGED, given=lead),
    Row("POST", "sales:lead_restore", CHANGED, given=removed),
    Row("GET", "api:list_leads", "401 200*8"),
    Row("POST", "api:create_lead", "401 201*4 403*2 201 201", data={"name": "x"}),
    Row("GET", "api:read_lead", API_SEEN, given=lead),
    Row("PATCH", "api:update_lead", "401 204 404 204 404 403 403 204 404", given=lead, data={
        "version": 1, "name": "y",
    }),
    Row("PUT", "api:set_lead_state", API_CHANGED, given=lead, data={"state": "working"}),
    Row("POST", "api:convert_lead", API_CHANGED, given=lead, data={"opportunity": "泵"}),
    Row("DELETE", "api:remove_lead", "401 204 404 204 404 403 403 204 404", given=lead),
    Row("POST", "api:restore_lead", API_CHANGED, given=removed),
]  # fmt: skip
