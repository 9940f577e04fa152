"""Who may do what with documents. The customer of the rows is 林岚's: 马超 is above her, 陈晨 beside her."""

import io
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import ResentFile, Row
from zhiyin.customers import actions

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
EDITABLE = "302 200 404 200 404 404 403 200 404"
CHANGED = "302 302 404 302 404 404 403 302 404"


def customer(company: Company) -> Given:
    made = actions.create_customer(actor=company.lin.actor, name="王小明", now=timezone.now())
    return {"customer_id": made.pk}


def document(company: Company) -> Given:
    given = customer(company)
    made = actions.add_document(
        actor=company.lin.actor,
        title="报价单",
        stream=io.BytesIO(b"%PDF-1.4"),
        name="offer.pdf",
        now=timezone.now(),
        **given,
    )
    return {**given, "document_id": made.pk}


def removed(company: Company) -> Given:
    given = document(company)
    actions.remove_document(actor=company.lin.actor, now=timezone.now(), **given)
    return given


def version(company: Company) -> Given:
    return {**document(company), "number": 1}


def given_link(company: Company) -> Given:
    given = document(company)
    made = actions.give_link(actor=company.lin.actor, recipient="王小明", now=timezone.now(), **given)
    return {**given, "link_id": made.link.pk}


def token(company: Company) -> Given:
    given = document(company)
    made = actions.give_link(actor=company.lin.actor, recipient="王小明", now=timezone.now(), **given)
    return {"token": made.token}


def file(_company: Company, _given: Given) -> Given:
    return {"file": ResentFile("offer.pdf", b"%PDF-1.4 more"), "title": "报价单"}


def only_file(_company: Company, _given: Given) -> Given:
    return {"file": ResentFile("offer.pdf", b"%PDF-1.4 more")}


TO = {"recipient": "王小明"}

ROWS = [
    Row("GET", "customers:add_document", EDITABLE, given=customer),
    Row("POST", "customers:add_document", CHANGED, given=customer, data=file),
    Row("GET", "customers:add_document_version", EDITABLE, given=document),
    Row("POST", "customers:add_document_version", CHANGED, given=document, data=only_file),
    Row("GET", "customers:document_file", "302 200 404 200 404 404 200 200 404", given=version),
    Row("POST", "customers:remove_document", CHANGED, given=document),
    Row("POST", "customers:restore_document", CHANGED, given=removed),
    Row("GET", "customers:give_link", EDITABLE, given=document),
    Row("POST", "customers:give_link", EDITABLE, given=document, data=TO),
    Row("POST", "customers:revoke_link", CHANGED, given=given_link),
    Row("GET", "customers:shown_document", "200*9", given=token, note="whoever has the link"),
    Row("POST", "customers:opened_document", "200*9", given=token, note="whoever has the link"),
    Row("GET", "api:list_documents", "401 200 404 200 404 404 200 200 404", given=customer),
    Row("POST", "api:add_document", "401 201 404 201 404 404 403 201 404", given=customer, data=file),
    Row(
        "POST", "api:add_document_version", "401 201 404 201 404 404 403 201 404", given=document,
        data=only_file,
    ),
    Row("GET", "api:get_document_file", "401 200 404 200 404 404 200 200 404", given=version),
    Row("DELETE", "api:remove_document", "401 204 404 204 404 404 403 204 404", given=document),
    Row("POST", "api:restore_document", "401 204 404 204 404 404 403 204 404", given=removed),
    Row("GET", "api:list_openings", "401 200 404 200 404 404 200 200 404", given=document),
    Row("POST", "api:give_link", "401 201 404 201 404 404 403 201 404", given=document, data=TO),
    Row("POST", "api:revoke_link", "401 200 404 200 404 404 403 200 404", given=given_link),
]  # fmt: skip
