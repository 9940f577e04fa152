"""Who notes and answers what people ask about their data. 林岚 noted it of her customer; 马超 is above her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.rows.consents import customer
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import RequestRules

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
LISTED = "302 403 403 200 403*3 200*2"
SEEN = "302 403 403 200 403*3 200 404"
DONE = "302 403 403 302 403*3 302 404"
API_SEEN = "401 403 403 200 403*3 200 404"
NOTED = {"kind": "access", "source": "phone", "note": "想要一份"}


def asked(company: Company) -> Given:
    made = actions.receive_subject_request(
        actor=company.lin.actor,
        customer_id=customer(company)["customer_id"],
        rules=RequestRules("access"),
        now=timezone.now(),
    )
    return {"request_id": made.pk}


def _today() -> str:
    return str(timezone.localdate())


def form(_company: Company, _given: Given) -> Given:
    return {**NOTED, "received_on": _today()}


def handling(_company: Company, _given: Given) -> Given:
    return {"handler": "", "due_on": _today(), "note": "加急"}


def sent(_company: Company, _given: Given) -> Given:
    return {"handler_id": None, "due_on": _today(), "note": "加急"}


def packed(company: Company) -> Given:
    """A copy made by 马超."""
    given, actor = asked(company), company.ma.actor
    actions.write_subject_package(actor=actor, request_id=given["request_id"], now=timezone.now())
    return given


ANSWER = {"state": "refused", "answer": "身份不明"}
ROWS = [
    Row("GET", "customers:subject_requests", LISTED),
    Row("GET", "customers:receive_subject_request", "302 200 404 200 404 404 403 200 404", customer),
    Row("POST", "customers:receive_subject_request", "302 302 404 302 404 404 403 302 404", customer, form),
    Row("GET", "customers:subject_request", SEEN, asked),
    Row("POST", "customers:change_subject_request", DONE, asked, handling),
    Row("POST", "customers:answer_subject_request", DONE, asked, ANSWER),
    Row("POST", "customers:reopen_subject_request", DONE, asked),
    Row("POST", "customers:pack_subject_request", DONE, asked),
    Row("GET", "customers:subject_package", SEEN, packed),
    Row("POST", "api:pack_subject_request", "401 403 403 202 403*3 202 404", asked),
    Row("GET", "api:get_subject_package", API_SEEN, packed),
    Row("GET", "api:list_subject_requests", "401 403 403 200 403*3 200*2"),
    Row("GET", "api:get_subject_request", API_SEEN, asked),
    Row("POST", "api:receive_subject_request", "401 201 404 201 404 404 403 201 404", customer, NOTED),
    Row("PUT", "api:change_subject_request", API_SEEN, asked, sent),
    Row("POST", "api:answer_subject_request", API_SEEN, asked, ANSWER),
    Row("POST", "api:reopen_subject_request", API_SEEN, asked),
]
