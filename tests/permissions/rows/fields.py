"""Who may do what with the company's own fields of customers."""

import io
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import ResentFile, Row
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


def file_field(company: Company) -> Given:
    actions.create_field(
        actor=company.gao.actor, type="file", key="pass", rules=FieldRules("护照"), now=timezone.now()
    )
    made = actions.create_customer(actor=company.lin.actor, name="王小明", now=timezone.now())
    return {"customer_id": made.pk}


def file(company: Company) -> Given:
    given = file_field(company)
    content = b"%PDF-1.4"
    actions.attach_file(
        actor=company.lin.actor, key="pass", stream=io.BytesIO(content), name="a.pdf", size=len(content),
        now=timezone.now(), **given,
    )  # fmt: skip
    return given


def page_field(company: Company) -> Given:
    return {**file_field(company), "field": "x_pass"}


def page_file(company: Company) -> Given:
    return {**file(company), "field": "x_pass"}


def api_field(company: Company) -> Given:
    return {**file_field(company), "key": "pass"}


def api_file(company: Company) -> Given:
    return {**file(company), "key": "pass"}


def typed(_company: Company, _given: Given) -> Given:
    return {"x_pass": ResentFile("a.pdf", b"%PDF-1.4 more")}


def sent(_company: Company, _given: Given) -> Given:
    return {"file": ResentFile("a.pdf", b"%PDF-1.4 more")}


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
    Row("GET", "customers:own_file", "302 200 404 200 404 404 200 200 404", given=page_file),
    Row("GET", "customers:change_own_file", "302 200 404 200 404 404 403 200 404", given=page_field),
    Row(
        "POST",
        "customers:change_own_file",
        "302 302 404 302 404 404 403 302 404",
        given=page_field,
        data=typed,
    ),
    Row("GET", "api:get_file", "401 200 404 200 404 404 200 200 404", given=api_file),
    Row("POST", "api:put_file", "401 201 404 201 404 404 403 201 404", given=api_field, data=sent),
    Row("GET", "api:list_known_fields", "401 200*8"),
    Row("GET", "api:list_fields", "401 403*6 200*2"),
    Row("POST", "api:create_field", "401 403*6 201*2", data=NEW),
    Row("PUT", "api:change_field", "401 403*6 200 404", given=own, data=RULES),
    Row("POST", "api:move_field", "401 403*6 200 404", given=own, data={"up": True}),
    Row("DELETE", "api:archive_field", "401 403*6 204 404", given=own),
    Row("POST", "api:restore_field", "401 403*6 200 404", given=own),
]
