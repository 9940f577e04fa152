"""Who may do what with relations. Both customers of the rows are 林岚's: 马超 is above her, 陈晨 beside her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import RelationRules
from zhiyin.customers.models import RelationType

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
SEEN = "302 200 404 200 404 404 200 200 404"
EDITABLE = "302 200 404 200 404 404 403 200 404"
CHANGED = "302 302 404 302 404 404 403 302 404"
SETTING = "302 403*6 200 404"


def parent() -> RelationType:
    return RelationType.objects.get(code="parent")


def customer(company: Company) -> Given:
    made = actions.create_customer(
        actor=company.lin.actor, name="颐和", kind="organisation", now=timezone.now()
    )
    return {"customer_id": made.pk}


def relation(company: Company) -> Given:
    below, above = customer(company), customer(company)
    made = actions.add_relation(
        actor=company.lin.actor,
        **below,
        other_id=above["customer_id"],
        type_id=parent().pk,
        now=timezone.now(),
    )
    return {**below, "relation_id": made.pk}


def group(company: Company) -> Given:
    return {**customer(company), "type_id": parent().pk, "way": "in"}


def own_type(company: Company) -> Given:
    made = actions.create_relation_type(
        actor=company.gao.actor, rules=RelationRules("股东", "被投资企业"), now=timezone.now()
    )
    return {"type_id": made.pk}


def form(company: Company, _given: Given) -> Given:
    return {"what": f"{parent().pk}:out", "other": str(customer(company)["customer_id"])}


def body(company: Company, _given: Given) -> Given:
    return {"type_id": str(parent().pk), "other_id": str(customer(company)["customer_id"])}


NAMES = {"name": "合伙人", "inverse": "合伙企业"}

ROWS = [
    Row("GET", "customers:add_relation", EDITABLE, given=customer),
    Row("POST", "customers:add_relation", CHANGED, given=customer, data=form),
    Row("GET", "customers:draft_relation", "302*6 403 302*2", given=customer),
    Row("POST", "customers:draft_relation", EDITABLE, given=customer, data={"who": "颐"}),
    Row("GET", "customers:graph", SEEN, given=customer),
    Row("GET", "customers:relation_rows", SEEN, given=group),
    Row("GET", "customers:relation", EDITABLE, given=relation),
    Row("POST", "customers:relation", CHANGED, given=relation, data={"since": "2024-01-01"}),
    Row("POST", "customers:remove_relation", CHANGED, given=relation),
    Row("GET", "customers:relation_types", "302 403*6 200*2"),
    Row("GET", "customers:create_relation_type", "302 403*6 200*2"),
    Row("POST", "customers:create_relation_type", "302 403*6 302*2", data=NAMES),
    Row("GET", "customers:relation_type", SETTING, given=own_type),
    Row("POST", "customers:relation_type", "302 403*6 302 404", given=own_type, data=NAMES),
    Row("POST", "customers:remove_relation_type", "302 403*6 302 404", given=own_type),
    Row("POST", "customers:restore_relation_type", "302 403*6 302 404", given=own_type),
    Row("GET", "api:list_relation_types", "401 200*8"),
    Row("POST", "api:create_relation_type", "401 403*6 201*2", data=NAMES),
    Row("PUT", "api:change_relation_type", "401 403*6 200 404", given=own_type, data=NAMES),
    Row("DELETE", "api:remove_relation_type", "401 403*6 204 404", given=own_type),
    Row("POST", "api:restore_relation_type", "401 403*6 200 404", given=own_type),
    Row("GET", "api:list_relations", "401 200 404 200 404 404 200 200 404", given=customer),
    Row("POST", "api:add_relation", "401 201 404 201 404 404 403 201 404", given=customer, data=body),
    Row("PUT", "api:change_relation", "401 200 404 200 404 404 403 200 404", given=relation),
    Row("DELETE", "api:remove_relation", "401 200 404 200 404 404 403 200 404", given=relation),
    Row("GET", "api:add_up_relations", "401 200 404 200 404 404 200 200 404", given=customer),
    Row("GET", "api:graph_relations", "401 200 404 200 404 404 200 200 404", given=customer),
]
