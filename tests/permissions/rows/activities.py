"""Who may do what with tasks and follow-ups. The customer and the task are 林岚's: 马超 is above her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.activities import actions
from zhiyin.customers.actions import create_customer

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
LISTED = "302 200*8"
WRITTEN = "302 200*5 403 200*2"
EDITABLE = "302 200 404 200 404 404 403 200 404"
CHANGED = "302 302 404 302 404 404 403 302 404"


def customer(company: Company) -> Given:
    now = timezone.now()
    made = create_customer(actor=company.lin.actor, name="颐和", kind="organisation", now=now)
    return {"customer_id": made.pk}


def task(company: Company) -> Given:
    made = actions.create_task(actor=company.lin.actor, title="回访", now=timezone.now())
    return {"task_id": made.pk}


def task_done(company: Company) -> Given:
    return {**task(company), "state": "done"}


def form(company: Company, given: Given) -> Given:
    return {"title": "再访", "priority": 2, "assignee_id": company.lin.member.pk}


FOLLOW_UP = {"kind": "call", "body": "谈过"}
ROWS = [
    Row("GET", "activities:tasks", LISTED),
    Row("GET", "activities:create_task", WRITTEN),
    Row("POST", "activities:create_task", "302 302 422 302 422 422 403 302 422", data=form, note="for 林岚"),
    Row("GET", "activities:task", EDITABLE, task),
    Row("POST", "activities:task", CHANGED, task, form),
    Row("POST", "activities:task_state", CHANGED, task_done),
    Row("POST", "activities:add_follow_up", CHANGED, customer, FOLLOW_UP),
    Row("GET", "api:list_tasks", "401 200*8"),
    Row("POST", "api:create_task", "401 201*5 403 201*2", data={"title": "回访"}),
    Row("GET", "api:read_task", "401 200 404 200 404*2 200*2 404", task),
    Row("PATCH", "api:change_task", "401 204 404 204 404 404 403 204 404", task, {"title": "再访"}),
    Row("PUT", "api:set_task_state", "401 200 404 200 404*2 403 200 404", task, {"state": "done"}),
    Row("GET", "api:list_follow_ups", "401 200 404 200 404*2 200*2 404", customer),
    Row("POST", "api:add_follow_up", "401 201 404 201 404*2 403 201 404", customer, FOLLOW_UP),
]
