"""Who may do what with leads. That of the rows is 林岚's."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers.actions import save_view
from zhiyin.sales import access, actions
from zhiyin.sales.actions import FormRules, LeadRules
from zhiyin.web.sales.public_form import stamp

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


def lead_form(company: Company) -> Given:
    made = actions.create_lead_form(
        actor=company.ma.actor, rules=FormRules("官网", "联系我们"), now=timezone.now()
    )
    return {"form_id": made.pk}


def rule(company: Company) -> Given:
    rules = LeadRules("官网", people=(company.lin.member.pk,))
    return {"rule_id": actions.create_lead_rule(actor=company.ma.actor, rules=rules, now=timezone.now()).pk}


def closed_rule(company: Company) -> Given:
    given = rule(company)
    actions.set_lead_rule_archived(actor=company.ma.actor, archived=True, now=timezone.now(), **given)
    return given


def closed_form(company: Company) -> Given:
    given = lead_form(company)
    actions.set_lead_form_archived(actor=company.ma.actor, archived=True, now=timezone.now(), **given)
    return given


def address(company: Company) -> Given:
    return {"key": access.lead_form(lead_form(company)["form_id"]).key}


def filled_in(_company: Company, given: Given) -> Given:
    form = access.open_lead_form(given["key"])
    assert form
    opened = stamp(form, timezone.now() - timedelta(minutes=1))
    return {"name": "周敏", "phone": "13800138000", "stamp": opened}


FORM = {"name": "周敏", "origin": "event"}
WEB_FORM = {"name": "展会", "title": "联系我们", "fields_asked": ["phone"]}
API_FORM = {"name": "展会", "title": "联系我们", "fields": ["phone"]}
LEADS = "302 403 403 200 403 403 403 200 200"
LED = "302 403 403 302 403 403 403 302 302"
LED_ONE = "302 403 403 302 403 403 403 302 404"
ROWS = [
    Row("GET", "sales:lead_rules", LEADS),
    Row("POST", "sales:lead_rules", LED, data={"name": "电话", "answer_minutes": "30"}),
    Row("GET", "sales:lead_rule", "302 403 403 200 403 403 403 200 404", given=rule),
    Row("POST", "sales:lead_rule", LED_ONE, given=rule, data={"name": "电话", "answer_minutes": "30"}),
    Row("POST", "sales:archive_lead_rule", LED_ONE, given=rule),
    Row("POST", "sales:restore_lead_rule", LED_ONE, given=closed_rule),
    Row("GET", "api:list_lead_rules", "401 403 403 200 403 403 403 200 200"),
    Row("POST", "api:create_lead_rule", "401 403 403 201 403 403 403 201 201", data={"name": "x", "answer_minutes": 5}),
    Row("PUT", "api:change_lead_rule", "401 403 403 200 403 403 403 200 404", given=rule, data={"name": "x", "answer_minutes": 5}),
    Row("POST", "api:archive_lead_rule", "401 403 403 200 403 403 403 200 404", given=rule),
    Row("POST", "api:restore_lead_rule", "401 403 403 200 403 403 403 200 404", given=closed_rule),
    Row("GET", "sales:lead_forms", LEADS),
    Row("POST", "sales:lead_forms", LED, data=WEB_FORM),
    Row("GET", "sales:lead_form", "302 403 403 200 403 403 403 200 404", given=lead_form),
    Row("POST", "sales:lead_form", LED_ONE, given=lead_form, data=WEB_FORM),
    Row("POST", "sales:archive_lead_form", LED_ONE, given=lead_form),
    Row("POST", "sales:restore_lead_form", LED_ONE, given=closed_form),
    Row("GET", "sales:fill_in", "200*9", given=address, note="whoever has the address"),
    Row("POST", "sales:fill_in", "200*9", given=address, data=filled_in, note="whoever has the address"),
    Row("GET", "api:list_lead_forms", "401 403 403 200 403 403 403 200 200"),
    Row("POST", "api:create_lead_form", "401 403 403 201 403 403 403 201 201", data=API_FORM),
    Row("PUT", "api:change_lead_form", "401 403 403 200 403 403 403 200 404", given=lead_form, data={**API_FORM, "version": 1}),
    Row("POST", "api:archive_lead_form", "401 403 403 200 403 403 403 200 404", given=lead_form),
    Row("POST", "api:restore_lead_form", "401 403 403 200 403 403 403 200 404", given=closed_form),
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
