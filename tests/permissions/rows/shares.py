"""Who may share, and see with whom. The customer of the rows is 林岚's: 马超 is above her, 陈晨 beside her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers import actions
from zhiyin.customers.actions import Sharing
from zhiyin.customers.models import Share

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao; 吴桐 has a share to read
SEEN = "401 200 404 200 200 404 200 200 404"
SHARED = "302 302 404 302 403 404 403 302 404"


def shared(company: Company) -> Given:
    now = timezone.now()
    made = actions.create_customer(actor=company.lin.actor, name="王小明", now=now)
    sharing = Sharing(member_id=company.wu.member.pk)
    actions.share_customer(actor=company.lin.actor, customer_id=made.pk, sharing=sharing, now=now)
    return {"customer_id": made.pk}


def share(company: Company) -> Given:
    given = shared(company)
    return {**given, "share_id": Share.objects.get(customer=given["customer_id"]).pk}


def somebody(company: Company) -> Given:
    return {**shared(company), "member_id": company.wu.member.pk}


def form(company: Company, _given: Given) -> Given:
    return {"recipient": f"member:{company.chen.member.pk}", "may_write": "no"}


def body(company: Company, _given: Given) -> Given:
    return {"member_id": str(company.chen.member.pk)}


def all_of_them(company: Company, given: Given) -> Given:
    return {**body(company, given), "everything": True}


LEFT = "401 403 403 200 403*3 200*2"


def left(company: Company, _given: Given) -> Given:
    customer = shared(company)["customer_id"]
    return {"ids": [str(Share.objects.get(customer=customer).pk)]}


def left_by_api(company: Company, given: Given) -> Given:
    return {"share_ids": left(company, given)["ids"]}


def chosen(company: Company) -> Given:
    shared(company)
    return {}


EXPLAINED = "401 403 403 200 403 404 200 200 404"

ROWS = [
    Row("POST", "customers:share", SHARED, given=shared, data=form),
    Row("POST", "customers:end_share", SHARED, given=share),
    Row("GET", "customers:shares_left", "302 403 403 200 403*3 200*2"),
    Row("POST", "customers:end_left_shares", "302 403 403 302 403*3 302*2", data=left),
    Row("POST", "customers:take_over_shares", "302 403 403 302 403*3 302*2", data=left),
    Row("GET", "api:list_left_shares", LEFT),
    Row("POST", "api:end_left_shares", LEFT, data=left_by_api),
    Row("POST", "api:take_over_shares", LEFT, data=left_by_api),
    Row("POST", "api:end_shares", "401 200*5 403 200*2", given=chosen, data={"everything": True}),
    Row("GET", "customers:shared", "302 200*8", given=chosen),
    Row("GET", "api:list_shares", SEEN, given=shared),
    Row("POST", "api:share_customer", "401 200 404 200 403 404 403 200 404", given=shared, data=body),
    Row("POST", "api:share_customers", "401 200*5 403 200 400", given=chosen, data=all_of_them),
    Row("DELETE", "api:end_share", "401 200 404 200 403 404 403 200 404", given=share),
    Row("GET", "api:list_shared_with_me", "401 200*8", given=chosen),
    Row("GET", "api:explain_access", EXPLAINED, given=somebody),
]
