"""Who may do what with the company's own fields of customers."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules

Given = Mapping[str, Any]


def own(company: Company) -> Given:
    made = actions.create_field(
        actor=company.gao.actor, type="text", rules=FieldRules("毕业院校"), now=timezone.now()
    )
    return {"field_id": made.pk}


def section(company: Company) -> Given:
    own(company)
    return {}


def link(company: Company) -> Given:
    rules = FieldRules("上级", target="member")
    actions.create_field(actor=company.gao.actor, type="link", key="boss", rules=rules, now=timezone.now())
    return {"field": "x_boss"}


NEW = {"label": "籍贯", "type": "text"}
RULES = {"label": "籍贯"}

# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ROWS = [
    Row("GET", "customers:fields", "302 403*6 200*2"),
    Row("GET", "customers:create_field", "302 403*6 200*2"),
    Row("POST", "customers:create_field", "302 403*6 302*2", data=NEW),
    Row("GET", "customers:change_field", "302 403*6 200 404", given=own),
    Row("POST", "customers:change_field", "302 403*6 302 404", given=own, data=RULES),
    Row("POST", "customers:move_field", "302 403*6 302 404", given=own),
    Row("POST", "customers:archive_field", "302 403*6 302 404", given=own),
    Row("POST", "customers:restore_field", "302 403*6 302 404", given=own),
    Row("POST", "customers:add_ready_fields", "302 403*6 302*2", data={"code": "gender"}),
    Row(
        "POST", "customers:move_section", "302 403*6 302 404", data={"section": "", "up": "1"}, given=section
    ),
    Row("GET", "customers:preview_fields", "302 403*6 200*2"),
    Row("GET", "api:list_ready_fields", "401 403*6 200*2"),
    Row("POST", "api:add_ready_fields", "401 403*6 201*2", data={"codes": ["gender"]}),
    Row("POST", "api:move_section", "401 403*6 204 404", data={"section": "", "up": True}, given=section),
    Row("GET", "customers:link_options", "302 200*7 404", given=link),
    Row("GET", "api:list_known_fields", "401 200*8"),
    Row("GET", "api:list_fields", "401 403*6 200*2"),
    Row("POST", "api:create_field", "401 403*6 201*2", data=NEW),
    Row("PUT", "api:change_field", "401 403*6 200 404", given=own, data=RULES),
    Row("POST", "api:move_field", "401 403*6 200 404", given=own, data={"up": True}),
    Row("DELETE", "api:archive_field", "401 403*6 204 404", given=own),
    Row("POST", "api:restore_field", "401 403*6 200 404", given=own),
]
