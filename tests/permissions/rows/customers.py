"""Who may do what with customers. The customer of the rows is 林岚's: 马超 is above her, 陈晨 beside her."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ALL = "302 200*8"
EDITORS = "302 200*5 403 200 200"
EDITED = "302*6 403 302 302"
SEEN = "302 200 404 200 404 404 200 200 404"
EDITABLE = "302 200 404 200 404 404 403 200 404"
CHANGED = "302 302 404 302 404 404 403 302 404"
COMPANY_SEEN = "302 403*5 200*3"
FORM = {"name": "王", "kind": "person", "code": "P-1", "status": "potential"}


def customer(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="王小明", code="P-1", now=timezone.now())
    return {"customer_id": made.pk}


def binned(company: Company, _given: Given) -> dict[str, object]:
    made = customer(company)["customer_id"]
    actions.delete_customer(actor=company.gao.actor, customer_id=made, now=timezone.now())
    return {"ids": [str(made)]}


def contact(company: Company) -> Given:
    given = customer(company)
    point = actions.add_contact(
        actor=company.lin.actor, **given, kind="email", value="a@b.cn", now=timezone.now()
    )
    return {**given, "contact_id": point.pk}


def note(company: Company) -> Given:
    given = customer(company)
    made = actions.add_note(actor=company.lin.actor, **given, body="hello", now=timezone.now())
    return {**given, "note_id": made.pk}


def tag(company: Company) -> Given:
    return {"tag_id": actions.create_tag(actor=company.lin.actor, name="VIP", now=timezone.now()).pk}


def view(company: Company) -> Given:
    kept = actions.save_view(
        actor=company.lin.actor, page="customers", name="mine", query="", now=timezone.now()
    )
    return {"view_id": kept.pk}


def forgotten_view(company: Company) -> Given:
    kept = view(company)
    actions.delete_view(actor=company.lin.actor, **kept, now=timezone.now())
    return kept


def undo(company: Company) -> Given:
    tagged = api_tagging(company, {})
    selection = actions.Selection(ids=tuple(uuid.UUID(each) for each in tagged["ids"]))
    done = actions.tag_customers(
        actor=company.lin.actor, selection=selection, tag_id=uuid.UUID(tagged["tag"]), now=timezone.now()
    )
    return {"undo_id": done.undo_id}


def tagging(company: Company, _given: Given) -> Given:
    ids = [str(customer(company)["customer_id"])]
    return {"action": "tag", "ids": ids, "tag": str(tag(company)["tag_id"])}


def api_tagging(company: Company, _given: Given) -> Given:
    return {"ids": [str(customer(company)["customer_id"])], "tag": str(tag(company)["tag_id"])}


def printing(company: Company, _given: Given) -> Given:
    return {"ids": [str(customer(company)["customer_id"])]}


def api_printing(company: Company, given: Given) -> Given:
    return {**printing(company, given), "layout": {"what": "phones"}}


ROWS = [
    Row("GET", "customers:list", ALL),
    Row("GET", "customers:filters", ALL),
    Row("GET", "customers:bulk_options", ALL),
    Row("POST", "customers:columns", "302*9", data={"columns": ["city"]}),
    Row("POST", "customers:save_view", "302*9", data={"name": "x", "query": "q=x"}),
    Row("POST", "customers:save_view", EDITED, data={"name": "x", "shared": "1"}, note="shared"),
    Row("POST", "customers:delete_view", "302*2 404*7", given=view),
    Row("POST", "customers:change_view", "302*2 404*7", given=view, data={"name": "x"}),
    Row("POST", "customers:restore_view", "302*2 404*7", given=forgotten_view),
    Row("POST", "customers:bulk", "302*6 403 302 404", data=tagging),
    Row(
        "POST", "customers:bulk", "302 403*2 302 403*2 302*3",
        data={"action": "export", "all": "1", "style": "csv"}, note="export",
    ),
    Row("POST", "customers:print", "302 403*2 200 403*2 200*2 400", data=printing, note="form"),
    Row(
        "POST", "customers:print", "302 403*2 200 403*2 200*2 400", note="make",
        data=lambda company, given: {
            **printing(company, given), "what": "phones", "labels": "l7160", "envelopes": "dl", "order": "name", "make": "1",
        },
    ),
    Row("POST", "customers:undo", "302*2 404*4 403 302 404", given=undo),
    Row("GET", "customers:create", EDITORS),
    Row("POST", "customers:create", EDITED, data=FORM),
    Row("GET", "customers:tags", EDITORS),
    Row("POST", "customers:tags", EDITED, data={"name": "VIP", "colour": "red"}),
    Row("POST", "customers:tag", "302*6 403 302 404", given=tag, data={"name": "V", "colour": "red"}),
    Row("POST", "customers:delete_tag", "302*6 403 302 404", given=tag),
    Row("GET", "customers:record", SEEN, given=customer),
    Row("GET", "customers:trail", "302 403*6 200 404", given=customer),
    Row("GET", "api:read_trail", "401 403*6 200 404", given=customer),
    Row("GET", "customers:bin", "302 403*2 200 403*3 200*2"),
    Row("POST", "customers:restore", "302 403*2 302 403*3 302 404", data=binned),
    Row("POST", "customers:purge", "302 403*6 302 404", data=binned),
    Row("GET", "api:list_bin", "401 403*2 200 403*3 200*2"),
    Row("POST", "api:restore_customers", "401 403*2 200 403*3 200 404", data=binned),
    Row("POST", "api:purge_customers", "401 403*6 200 404", data=binned),
    Row("GET", "customers:flow", COMPANY_SEEN),
    Row("GET", "api:read_status_flow", COMPANY_SEEN.replace("302", "401", 1)),
    Row("GET", "api:read_relationship_measures", COMPANY_SEEN.replace("302", "401", 1)),
    Row("GET", "api:read_relationship", SEEN.replace("302", "401", 1), given=customer),
    Row("GET", "customers:history", SEEN, given=customer),
    Row(
        "POST", "customers:history", CHANGED, given=customer,
        data=lambda _company, _given: {"field": "city", "on": timezone.localdate().isoformat()},
    ),
    Row(
        "GET", "api:read_history", "401 200 404 200 404 404 200 200 404", given=customer,
        query="at=2126-01-01T00:00:00Z",
    ),
    Row(
        "POST", "api:set_back_customer", "401 200 404 200 404 404 403 200 404", given=customer,
        data={"fields": ["city"], "at": "2126-01-01T00:00:00Z"},
    ),
    Row("GET", "customers:timeline", SEEN, given=customer),
    Row("GET", "customers:edit", EDITABLE, given=customer),
    Row("POST", "customers:edit", CHANGED, given=customer, data=FORM),
    Row("GET", "customers:field", EDITABLE, given=lambda company: {**customer(company), "field": "city"}),
    Row(
        "POST", "customers:field", CHANGED, data={"city": "上海"},
        given=lambda company: {**customer(company), "field": "city"},
    ),
    Row("POST", "customers:delete", "302 403*2 302 403*3 302 404", given=customer),
    Row("GET", "customers:customer_tags", EDITABLE, given=customer),
    Row("POST", "customers:customer_tags", CHANGED, given=customer, data={"new_tag": "x"}),
    Row(
        "POST", "customers:add_contact", "302 302 404 302 404 404 403 302 404", given=customer,
        data={"kind": "email", "value": "a@b.cn"},
    ),
    Row("GET", "customers:contact", EDITABLE, given=contact),
    Row("POST", "customers:contact", CHANGED, given=contact, data={"value": "c@b.cn"}),
    Row("POST", "customers:remove_contact", CHANGED, given=contact),
    Row("POST", "customers:add_note", CHANGED, given=customer, data={"body": "x"}),
    Row("GET", "customers:note", EDITABLE, given=note),
    Row("POST", "customers:note", "302 302 404 403 404 404 403 403 404", given=note, data={"body": "x"}),
    Row("POST", "customers:pin_note", CHANGED, given=note, data={"pinned": "1"}),
    Row("POST", "customers:remove_note", "302 302 404 403 404 404 403 403 404", given=note),
    Row("GET", "api:list_customers", "401 200*8"),
    Row("GET", "api:count_customers", "401 200*8"),
    Row("GET", "api:list_filter_fields", "401 200*8"),
    Row("POST", "api:query_customers", "401 200*8", data={"filter": {"of": []}}),
    Row("POST", "api:count_query", "401 200*8", data={"filter": {"of": []}}),
    Row("POST", "api:create_customer", "401 201*5 403 201 201", data={"name": "王"}),
    Row("POST", "api:change_customers", "401 200*5 403 200 404", data=api_tagging),
    Row(
        "POST", "api:export_customers", "401 403*2 202 403*2 202*3", data={"everything": True, "style": "csv"}
    ),
    Row("POST", "api:print_customers", "401 403*2 202 403*2 202*2 400", data=api_printing),
    Row("POST", "api:undo_change", "401 200 404*4 403 200 404", given=undo),
    Row("GET", "api:read_customer", "401 200 404 200 404 404 200 200 404", given=customer),
    Row(
        "PATCH", "api:update_customer", "401 200 404 200 404 404 403 200 404", given=customer,
        data={"version": 1, "city": "上海"},
    ),
    Row("DELETE", "api:delete_customer", "401 403*2 204 403*3 204 404", given=customer),
    Row("GET", "api:read_timeline", "401 200 404 200 404 404 200 200 404", given=customer),
    Row(
        "POST", "api:add_contact", "401 201 404 201 404 404 403 201 404", given=customer,
        data={"kind": "email", "value": "a@b.cn"},
    ),
    Row(
        "PUT", "api:change_contact", "401 200 404 200 404 404 403 200 404", given=contact,
        data={"value": "c@b.cn"},
    ),
    Row("DELETE", "api:remove_contact", "401 200 404 200 404 404 403 200 404", given=contact),
    Row("GET", "api:list_contacts", SEEN.replace("302", "401"), given=customer),
    Row("GET", "api:list_notes", "401 200 404 200 404 404 200 200 404", given=customer),
    Row(
        "POST", "api:add_note", "401 201 404 201 404 404 403 201 404", given=customer, data={"body": "x"}
    ),
    Row(
        "PUT", "api:change_note", "401 200 404 403 404*2 403*2 404", given=note, data={"body": "x"}
    ),
    Row(
        "PUT", "api:pin_note", "401 200 404 200 404 404 403 200 404", given=note, data={"pinned": True}
    ),
    Row("DELETE", "api:remove_note", "401 200 404 403 404*2 403*2 404", given=note),
    Row("PUT", "api:set_tags", "401 200 404 200 404 404 403 200 404", given=customer, data={"tags": []}),
    Row("GET", "api:list_tags", "401 200*8"),
    Row("POST", "api:create_tag", "401 201*5 403 201 201", data={"name": "VIP"}),
    Row("PUT", "api:change_tag", "401 200*5 403 200 404", given=tag, data={"name": "V", "colour": "red"}),
    Row("DELETE", "api:delete_tag", "401 204*5 403 204 404", given=tag),
    Row("GET", "api:list_views", "401 200*8", query="page=customers"),
    Row("POST", "api:save_view", "401 201*8", data={"page": "customers", "name": "x", "query": "q=x"}),
    Row(
        "POST", "api:save_view", "401 201*5 403 201*2", note="shared",
        data={"page": "customers", "name": "x", "shared": True},
    ),
    Row("DELETE", "api:delete_view", "401 204 404*7", given=view),
    Row("PATCH", "api:change_view", "401 200 404*7", given=view, data={"name": "x"}),
    Row("POST", "api:restore_view", "401 200 404*7", given=forgotten_view),
]  # fmt: skip
