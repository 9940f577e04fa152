"""Who may do what with sensitive values. The customer of the rows is 林岚's: 马超 is above her, 陈晨 beside her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
NUMBER = "11010519491231002X"
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
EDITED = "302 {0} 404 {0} 404 404 403 {0} 404"


def customer(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="王小明", now=timezone.now())
    return {"customer_id": made.pk}


def field(company: Company) -> Given:
    given = {**customer(company), "name": "id_number"}
    actions.set_sensitive(actor=company.gao.actor, **given, value=NUMBER, now=timezone.now())
    return given


def own(company: Company) -> Given:
    rules = actions.FieldRules(label="护照")
    made = actions.create_field(actor=company.gao.actor, type="text", rules=rules, now=timezone.now())
    return {"field_id": made.pk}


def marked(company: Company) -> Given:
    given = own(company)
    actions.mark_sensitive(actor=company.gao.actor, **given, now=timezone.now())
    return given


ROWS = [
    Row("GET", "customers:sensitive", EDITED.format(200), given=field),
    Row("POST", "customers:sensitive", EDITED.format(302), given=field, data={"value": "E12345678"}),
    Row("GET", "customers:mask", "302 200 404 200 404 404 200 200 404", given=field),
    Row("POST", "customers:reveal", "302 403*2 200 403*3 200 404", given=field),
    Row("GET", "customers:sensitive_rules", "302 403*6 200*2"),
    Row("POST", "customers:sensitive_rules", "302 403*6 302*2", data={"ask_reason": "on"}),
    Row("GET", "api:list_sensitive", "401 200 404 200 404 404 200 200 404", given=customer),
    Row("PUT", "api:set_sensitive", "401 200 404 200 404 404 403 200 404", given=field, data={"value": "E1234567"}),
    Row("POST", "api:reveal_sensitive", "401 403*2 200 403*3 200 404", given=field),
    Row("GET", "api:read_sensitive_rules", "401 403*6 200*2"),
    Row("PUT", "api:change_sensitive_rules", "401 403*6 200*2", data={"ask_reason": True}),
    Row("POST", "customers:mark_sensitive", "302 403*6 302 404", given=own),
    Row("POST", "customers:unmark_sensitive", "302 403*6 302 404", given=marked),
    Row("POST", "api:mark_sensitive", "401 403*6 202 404", given=own),
    Row("POST", "api:unmark_sensitive", "401 403*6 202 404", given=marked),
]  # fmt: skip
